using System.Text.Json;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>Lists of ids as JSON.</summary>
internal static class JsonLists
{
    /// <summary>Writes a member that is an array of ids.</summary>
    public static void WriteIds(this Utf8JsonWriter json, string name, IEnumerable<ServerId> ids)
    {
        json.WriteStartArray(name);
        foreach (ServerId id in ids)
        {
            json.WriteStringValue(id.ToString());
        }

        json.WriteEndArray();
    }
}
