using Google.Protobuf.Collections;
using RaftSim.Autopilot;

namespace RaftSim.Wire;

// Zones and upgrades as messages.
internal static class UpgradeMap
{
    public static Proto.RedundancyZone To(RedundancyZone zone)
    {
        Proto.RedundancyZone result = new() { Name = zone.Name, FailureTolerance = zone.FailureTolerance };
        Add(result.Servers, zone.Servers);
        Add(result.Voters, zone.Voters);
        return result;
    }

    public static RedundancyZone From(Proto.RedundancyZone zone) =>
        new(zone.Name, Ids(zone.Servers), Ids(zone.Voters), zone.FailureTolerance);

    public static Proto.Upgrade To(UpgradeInfo upgrade)
    {
        Proto.Upgrade result = new()
        {
            Status = EnumMap.To(upgrade.Status),
            TargetVersion = upgrade.TargetVersion,
            Target = To(upgrade.Target),
            Other = To(upgrade.Other),
        };
        foreach (UpgradeZone zone in upgrade.Zones)
        {
            result.Zones.Add(new Proto.UpgradeZone { Name = zone.Name, Target = To(zone.Target), Other = To(zone.Other) });
        }

        return result;
    }

    public static UpgradeInfo From(Proto.Upgrade upgrade)
    {
        WireText.CheckCount(upgrade.Zones.Count, "zones");
        return new()
        {
            Status = EnumMap.From(upgrade.Status),
            TargetVersion = upgrade.TargetVersion,
            Target = From(upgrade.Target),
            Other = From(upgrade.Other),
            Zones = [.. upgrade.Zones.Select(static zone => new UpgradeZone(zone.Name, From(zone.Target), From(zone.Other)))],
        };
    }

    public static void Add(RepeatedField<string> target, IReadOnlyList<ServerId> servers)
    {
        foreach (ServerId server in servers)
        {
            target.Add(server.ToString());
        }
    }

    public static IReadOnlyList<ServerId> Ids(RepeatedField<string> servers)
    {
        WireText.CheckCount(servers.Count, "servers");
        return [.. servers.Select(WireText.Id)];
    }

    private static Proto.UpgradeSide To(UpgradeSide side)
    {
        Proto.UpgradeSide result = new();
        Add(result.Voters, side.Voters);
        Add(result.NonVoters, side.NonVoters);
        Add(result.ReadReplicas, side.ReadReplicas);
        return result;
    }

    private static UpgradeSide From(Proto.UpgradeSide? side) => side is null
        ? throw new WireFormatException("a side of an upgrade is missing")
        : new(Ids(side.Voters), Ids(side.NonVoters), Ids(side.ReadReplicas));
}
