using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>What autopilot makes of a cluster: its state, and the rules that it is made by.</summary>
internal static class StateAnswers
{
    private static readonly StablePromoter _policy = new();

    /// <summary>The whole state.</summary>
    public static string NextState(Given input, Utf8JsonWriter json)
    {
        WallTime now = input["Now"].Needed().Moment();
        Given first = input["FirstStateTime"];
        AutopilotInputs inputs = new()
        {
            Now = now,
            FirstStateTime = first.IsMissing ? now : first.Moment(),
            Config = GivenConfig.Over(GivenConfig.Of(input), input["Config"]),
            RaftServers = GivenServers.OfRaft(input["RaftConfig"]["Servers"]),
            KnownServers = GivenServers.Known(input["KnownServers"]),
            Leader = new(input["LeaderID"].Text()),
            IsLeader = input["IsLeader"].Flag(),
            LastIndex = new(input["LatestIndex"].Count()),
            LastTerm = new(input["LastTerm"].Count()),
            FetchedStats = GivenServers.Reports(input["FetchedStats"]),
        };
        AutopilotState? before = GivenServers.State(input["CurrentState"]);
        StateJson.Write(json, AutopilotEngine.ComputeState(inputs, before, _policy).State!);
        return "";
    }

    /// <summary>Healthy voters beyond the quorum, and the quorum.</summary>
    public static string FailureTolerance(Given input, Utf8JsonWriter json)
    {
        int voters = input["voters"].Needed().SmallCount();
        int healthy = input["healthy_voters"].Needed().SmallCount();
        json.WriteStartObject();
        json.WriteNumber("failure_tolerance", AutopilotEngine.FailureTolerance(voters, healthy));
        json.WriteNumber("quorum", AutopilotEngine.Quorum(voters));
        json.WriteEndObject();
        return "";
    }

    /// <summary>Servers, best first.</summary>
    public static string VoterOrder(Given input, Utf8JsonWriter json)
    {
        var servers = new List<AutopilotServerState>();
        foreach (Given server in input["servers"].Items())
        {
            servers.Add(new()
            {
                Server = new() { Id = GivenServers.NewId(server["id"], servers.Select(other => other.Server.Id)) },
                State = GivenServers.States.Read(server["state"]),
                Health = new(server["healthy"].Flag(), server["since"].Moment()),
            });
        }

        servers.Sort(AutopilotEngine.CompareVoters);
        json.WriteStartObject();
        json.WriteIds("order", servers.Select(server => server.Server.Id));
        json.WriteEndObject();
        return "";
    }

    /// <summary>One server's health.</summary>
    public static string IsHealthy(Given input, Utf8JsonWriter json)
    {
        NodeStatus status = GivenServers.Status(input["node_status"]);
        ServerStats stats = GivenServers.Stats(input["stats"]);
        bool healthy = AutopilotEngine.IsHealthy(
            status,
            in stats,
            new(input["leader_last_term"].Count()),
            new(input["leader_last_index"].Count()),
            GivenConfig.Over(GivenConfig.Of(input), input["config_override"]));
        json.WriteStartObject();
        json.WriteBoolean("healthy", healthy);
        json.WriteEndObject();
        return "";
    }
}
