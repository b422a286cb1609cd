using System.Text.Json;
using RaftSim.Autopilot;
using RaftSim.Http.Go;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>A state as raft-autopilot's own types are written: Go's names, durations in nanoseconds, no lists left out.</summary>
internal static class StateJson
{
    /// <summary>Writes one.</summary>
    public static void Write(Utf8JsonWriter json, AutopilotState state)
    {
        json.WriteStartObject();
        json.WriteBoolean("Healthy", state.Healthy);
        json.WriteNumber("FailureTolerance", state.FailureTolerance);
        json.WriteStartObject("Servers");
        foreach (AutopilotServerState server in state.Servers)
        {
            json.WritePropertyName(server.Server.Id.ToString());
            WriteServerState(json, server);
        }

        json.WriteEndObject();
        json.WriteString("Leader", state.Leader.ToString());
        json.WriteIds("Voters", state.Voters);
        json.WriteNull("Ext");
        json.WriteEndObject();
    }

    private static void WriteServerState(Utf8JsonWriter json, AutopilotServerState state)
    {
        json.WriteStartObject();
        WriteServer(json, state.Server);
        json.WriteString("State", GivenServers.States.Of(state.State));
        json.WriteStartObject("Stats");
        json.WriteNumber("LastContact", state.Stats.LastContact.Nanos);
        json.WriteNumber("LastTerm", state.Stats.LastTerm.Value);
        json.WriteNumber("LastIndex", state.Stats.LastIndex.Value);
        json.WriteEndObject();
        json.WriteStartObject("Health");
        json.WriteBoolean("Healthy", state.Health.Healthy);
        json.WriteString("StableSince", GoTime.Exact(state.Health.StableSince));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteServer(Utf8JsonWriter json, AutopilotServer server)
    {
        json.WriteStartObject("Server");
        json.WriteString("ID", server.Id.ToString());
        json.WriteString("Name", server.Name);
        json.WriteString("Address", server.Address.ToString());
        json.WriteString("NodeStatus", GivenServers.Statuses.Of(server.NodeStatus));
        json.WriteString("Version", server.Version);
        WriteTags(json, server.Meta);
        json.WriteNumber("RaftVersion", server.RaftVersion);
        json.WriteBoolean("IsLeader", server.IsLeader);
        json.WriteString("NodeType", GivenServers.Types.Of(server.NodeType));
        json.WriteNull("Ext");
        json.WriteEndObject();
    }

    private static void WriteTags(Utf8JsonWriter json, IReadOnlyDictionary<string, string> tags)
    {
        if (ReferenceEquals(tags, SortedTags.Empty))
        {
            json.WriteNull("Meta");
            return;
        }

        json.WriteStartObject("Meta");
        foreach ((string name, string value) in tags)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }
}
