using RaftSim.Autopilot;
using RaftSim.Http.Go;

namespace RaftSim.Http.Nomad;

/// <summary>
/// The body of <c>GET …/autopilot/state</c>, which Nomad does not have: in the shape of Consul's endpoint of that path.
/// What is empty is left out, as Consul's types have it. Source: Consul api/operator_autopilot.go, AutopilotState.
/// </summary>
internal static class AutopilotStateBody
{
    /// <summary>Keys in alphabetical order, servers by id.</summary>
    public static byte[] Encode(AutopilotState? known, bool pretty)
    {
        AutopilotState state = known ?? AutopilotHealthBody.Unknown;
        return NomadJson.Reply(pretty, json =>
        {
            json.BeginObject();
            json.Number("FailureTolerance", state.FailureTolerance);
            json.Bool("Healthy", state.Healthy);
            json.Text("Leader", state.Leader.ToString());
            json.Number("OptimisticFailureTolerance", state.OptimisticFailureTolerance);
            AutopilotUpgradeBody.EncodeIds(json, "ReadReplicas", state.ReadReplicas, omitsEmpty: true);
            AutopilotUpgradeBody.EncodeZones(json, state.RedundancyZones);
            json.Name("Servers");
            json.BeginObject();
            foreach (AutopilotServerState server in state.Servers.OrderBy(server => server.Server.Id))
            {
                json.Name(server.Server.Id.ToString());
                Encode(json, server, state);
            }

            json.EndObject();
            if (state.Upgrade is { } upgrade)
            {
                AutopilotUpgradeBody.EncodeUpgrade(json, upgrade, omitsEmpty: true);
            }

            AutopilotUpgradeBody.EncodeIds(json, "Voters", state.Voters);
            json.EndObject();
        });
    }

    private static void Encode(NomadJson json, AutopilotServerState server, AutopilotState state)
    {
        AutopilotServer member = server.Server;
        json.BeginObject();
        json.Text("Address", member.Address.ToString());
        json.Bool("Healthy", server.Health.Healthy);
        json.Text("ID", member.Id.ToString());
        json.Text("LastContact", AutopilotHealthBody.LastContact(server.Stats.LastContact));
        json.Number("LastIndex", server.Stats.LastIndex.Value);
        json.Number("LastTerm", server.Stats.LastTerm.Value);
        json.Name("Meta");
        json.BeginObject();
        foreach ((string key, string value) in member.Meta)
        {
            json.Text(key, value);
        }

        json.EndObject();
        json.Text("Name", member.Name);
        json.Text("NodeStatus", AutopilotHealthBody.SerfStatus(member.NodeStatus));
        json.Text("NodeType", TypeOf(member.NodeType));
        json.Bool("ReadReplica", ServerTraits.IsReadReplica(member));
        if (state.RedundancyZones.FirstOrDefault(zone => zone.Servers.Contains(member.Id)) is { } zone)
        {
            json.Text("RedundancyZone", zone.Name);
        }

        json.Text("StableSince", GoTime.Rounded(server.Health.StableSince));
        json.Text("Status", AutopilotExplanationBody.StateText(server.State));
        if (ServerTraits.CustomVersionOf(member) is { } version)
        {
            json.Text("UpgradeVersion", version);
        }

        json.Text("Version", member.Version);
        json.EndObject();
    }

    private static string TypeOf(NodeType type) => type switch
    {
        NodeType.ReadReplica => "read-replica",
        NodeType.ZoneVoter => "zone-voter",
        NodeType.ZoneStandby => "zone-standby",
        NodeType.ZoneExtraVoter => "zone-extra-voter",
        _ => "voter",
    };
}
