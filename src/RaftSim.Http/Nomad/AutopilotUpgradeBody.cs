using RaftSim.Autopilot;

namespace RaftSim.Http.Nomad;

/// <summary>
/// What the health of a cluster with zones, read replicas or an upgrade has besides. Source: Nomad HTTP API, "Read Health", the
/// part about Enterprise; names and order as of Nomad's api/operator_autopilot.go.
/// </summary>
internal static class AutopilotUpgradeBody
{
    /// <summary>
    /// Whether any of it is in use. Elsewhere the body is that of the community edition, letter for letter.
    /// </summary>
    public static bool IsInUse(AutopilotState state) => state.RedundancyZones.Count > 0
        || state.ReadReplicas.Count > 0
        || state.Upgrade is { Status: not (UpgradeStatus.Idle or UpgradeStatus.Disabled) };

    /// <summary>Zones by name; nothing when there are none.</summary>
    public static void EncodeZones(NomadJson json, IReadOnlyList<RedundancyZone> zones)
    {
        if (zones.Count == 0)
        {
            return;
        }

        json.Name("RedundancyZones");
        json.BeginObject();
        foreach (RedundancyZone zone in zones)
        {
            json.Name(zone.Name);
            json.BeginObject();
            json.Number("FailureTolerance", zone.FailureTolerance);
            EncodeIds(json, "Servers", zone.Servers);
            EncodeIds(json, "Voters", zone.Voters);
            json.EndObject();
        }

        json.EndObject();
    }

    /// <summary>The upgrade. Nomad leaves nothing out in it, Consul what is empty.</summary>
    public static void EncodeUpgrade(NomadJson json, UpgradeInfo upgrade, bool omitsEmpty)
    {
        json.Name("Upgrade");
        json.BeginObject();
        EncodeIds(json, "OtherVersionNonVoters", upgrade.Other.NonVoters, omitsEmpty);
        EncodeIds(json, "OtherVersionReadReplicas", upgrade.Other.ReadReplicas, omitsEmpty);
        EncodeIds(json, "OtherVersionVoters", upgrade.Other.Voters, omitsEmpty);
        if (!omitsEmpty || upgrade.Zones.Count > 0)
        {
            EncodeUpgradeZones(json, upgrade.Zones, omitsEmpty);
        }

        json.Text("Status", StatusOf(upgrade.Status));
        json.Text("TargetVersion", upgrade.TargetVersion);
        EncodeIds(json, "TargetVersionNonVoters", upgrade.Target.NonVoters, omitsEmpty);
        EncodeIds(json, "TargetVersionReadReplicas", upgrade.Target.ReadReplicas, omitsEmpty);
        EncodeIds(json, "TargetVersionVoters", upgrade.Target.Voters, omitsEmpty);
        json.EndObject();
    }

    /// <summary>A list of ids; <c>null</c> for none, as Go has it, or nothing.</summary>
    public static void EncodeIds(NomadJson json, string name, IReadOnlyList<ServerId> servers, bool omitsEmpty = false)
    {
        if (omitsEmpty && servers.Count == 0)
        {
            return;
        }

        json.Name(name);
        if (servers.Count == 0)
        {
            json.Null();
            return;
        }

        json.BeginArray();
        foreach (ServerId server in servers)
        {
            json.Element();
            json.Text(server.ToString());
        }

        json.EndArray();
    }

    private static void EncodeUpgradeZones(NomadJson json, IReadOnlyList<UpgradeZone> zones, bool omitsEmpty)
    {
        json.Name("RedundancyZones");
        json.BeginObject();
        foreach (UpgradeZone zone in zones)
        {
            json.Name(zone.Name);
            json.BeginObject();
            EncodeIds(json, "OtherVersionNonVoters", zone.Other.NonVoters, omitsEmpty);
            EncodeIds(json, "OtherVersionVoters", zone.Other.Voters, omitsEmpty);
            EncodeIds(json, "TargetVersionNonVoters", zone.Target.NonVoters, omitsEmpty);
            EncodeIds(json, "TargetVersionVoters", zone.Target.Voters, omitsEmpty);
            json.EndObject();
        }

        json.EndObject();
    }

    // The words of the documentation; a sample of Consul's has "awaiting-new-servers", its types do not.
    private static string StatusOf(UpgradeStatus status) => status switch
    {
        UpgradeStatus.Idle => "idle",
        UpgradeStatus.AwaitNewVoters => "await-new-voters",
        UpgradeStatus.Promoting => "promoting",
        UpgradeStatus.Demoting => "demoting",
        UpgradeStatus.LeaderTransfer => "leader-transfer",
        UpgradeStatus.AwaitNewServers => "await-new-servers",
        UpgradeStatus.AwaitServerRemoval => "await-server-removal",
        _ => "disabled",
    };
}
