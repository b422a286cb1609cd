using System.Text.Json;

namespace RaftSim.Tests.Autopilot;

/// <summary>The published cases of one table: facts taken from the originals' own tests.</summary>
internal static class VectorTable
{
    /// <summary>The names of the cases to run: those for the given revision and those for all.</summary>
    public static TheoryData<string> Names(string table, string revision = "") => [.. NameList(table, revision)];

    public static IReadOnlyList<string> NameList(string table, string revision = "")
    {
        var names = new List<string>();
        using JsonDocument document = Open(table);
        foreach (JsonElement one in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (!one.TryGetProperty("engine", out JsonElement engine)
                || string.Equals(engine.GetString(), revision, StringComparison.Ordinal))
            {
                names.Add(one.GetProperty("name").GetString()!);
            }
        }

        return names;
    }

    public static Case Load(string table, string name)
    {
        using JsonDocument document = Open(table);
        JsonElement root = document.RootElement;
        JsonElement config = root.TryGetProperty("config", out JsonElement found) ? found.Clone() : default;
        foreach (JsonElement one in root.GetProperty("cases").EnumerateArray())
        {
            if (one.GetProperty("name").ValueEquals(name))
            {
                return new(config, one.GetProperty("input").Clone(), one.GetProperty("expected").Clone());
            }
        }

        throw new ArgumentException($"no case {name} in {table}", nameof(name));
    }

    private static JsonDocument Open(string table) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", $"{table}.json")));

    internal sealed record Case(JsonElement Config, JsonElement Input, JsonElement Expected);
}
