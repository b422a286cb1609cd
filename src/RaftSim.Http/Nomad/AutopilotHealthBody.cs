using RaftSim.Autopilot;
using RaftSim.Http.Go;

namespace RaftSim.Http.Nomad;

/// <summary>The body of <c>GET …/autopilot/health</c>. Source: Nomad HTTP API, "Read Health".</summary>
internal static class AutopilotHealthBody
{
    /// <summary>
    /// Before the leader has computed a state there is nothing to judge: not healthy, and nothing listed.
    /// </summary>
    internal static readonly AutopilotState Unknown = new();

    /// <summary>Top-level keys in alphabetical order, servers by id, voters in the order of the state.</summary>
    public static byte[] Encode(AutopilotState? known, bool pretty)
    {
        AutopilotState state = known ?? Unknown;
        return NomadJson.Reply(pretty, json =>
        {
            json.BeginObject();
            json.Number("FailureTolerance", state.FailureTolerance);
            json.Bool("Healthy", state.Healthy);
            json.Text("Leader", state.Leader.ToString());
            bool isExtended = AutopilotUpgradeBody.IsInUse(state);
            if (isExtended)
            {
                EncodeZonesAndReplicas(json, state);
            }

            json.Name("Servers");
            EncodeServers(json, state.Servers);
            if (isExtended && state.Upgrade is { } upgrade)
            {
                AutopilotUpgradeBody.EncodeUpgrade(json, upgrade, omitsEmpty: false);
            }

            json.Name("Voters");
            json.BeginArray();
            foreach (ServerId voter in state.Voters)
            {
                json.Element();
                json.Text(voter.ToString());
            }

            json.EndArray();
            json.EndObject();
        });
    }

    private static void EncodeZonesAndReplicas(NomadJson json, AutopilotState state)
    {
        if (state.OptimisticFailureTolerance != 0)
        {
            json.Number("OptimisticFailureTolerance", state.OptimisticFailureTolerance);
        }

        AutopilotUpgradeBody.EncodeIds(json, "ReadReplicas", state.ReadReplicas, omitsEmpty: true);
        AutopilotUpgradeBody.EncodeZones(json, state.RedundancyZones);
    }

    // Deviation: Nomad lists them in the random order of a Go map; by id, two equal states have equal bodies.
    private static void EncodeServers(NomadJson json, IReadOnlyList<AutopilotServerState> servers)
    {
        if (servers.Count == 0)
        {
            json.Null();
            return;
        }

        json.BeginArray();
        foreach (AutopilotServerState server in servers.OrderBy(server => server.Server.Id))
        {
            json.Element();
            json.Pasted(NomadJson.Compact(inner => EncodeServer(inner, server)));
        }

        json.EndArray();
    }

    private static void EncodeServer(NomadJson json, AutopilotServerState state)
    {
        json.BeginObject();
        json.Text("LastContact", LastContact(state.Stats.LastContact));
        json.Text("ID", state.Server.Id.ToString());
        json.Text("Name", state.Server.Name);
        json.Text("Address", state.Server.Address.ToString());
        json.Text("SerfStatus", SerfStatus(state.Server.NodeStatus));
        json.Text("Version", state.Server.Version);
        json.Bool("Leader", state.State == RaftState.Leader);
        json.Number("LastTerm", state.Stats.LastTerm.Value);
        json.Number("LastIndex", state.Stats.LastIndex.Value);
        json.Bool("Healthy", state.Health.Healthy);
        json.Bool("Voter", state.HasVotingRights);
        json.Text("StableSince", GoTime.Rounded(state.Health.StableSince));
        json.EndObject();
    }

    // Deviation: "never heard from a leader" is negative, and shown as -1ns. Nomad shows 0s, as if it had just been
    // heard; text such as "never" would not parse as a duration in its clients.
    internal static string LastContact(Duration age) => (age < Duration.Zero ? new Duration(-1) : age).ToString();

    internal static string SerfStatus(NodeStatus status) => status switch
    {
        NodeStatus.Alive => "alive",
        NodeStatus.Failed => "failed",
        NodeStatus.Left => "left",
        _ => "none",
    };
}
