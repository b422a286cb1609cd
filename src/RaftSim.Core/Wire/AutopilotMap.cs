using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Autopilot's settings and state to and from their generated classes.</summary>
internal static class AutopilotMap
{
    public static Proto.AutopilotConfig To(AutopilotConfig config) => new()
    {
        CleanupDeadServers = config.CleanupDeadServers,
        LastContactThreshold = config.LastContactThreshold.Nanos,
        MaxTrailingLogs = config.MaxTrailingLogs,
        MinQuorum = config.MinQuorum,
        ServerStabilizationTime = config.ServerStabilizationTime.Nanos,
        EnableRedundancyZones = config.EnableRedundancyZones,
        DisableUpgradeMigration = config.DisableUpgradeMigration,
        EnableCustomUpgrades = config.EnableCustomUpgrades,
    };

    public static AutopilotConfig From(Proto.AutopilotConfig? config) => config is null
        ? throw new WireFormatException("an autopilot configuration is missing")
        : new()
        {
            CleanupDeadServers = config.CleanupDeadServers,
            LastContactThreshold = new(config.LastContactThreshold),
            MaxTrailingLogs = config.MaxTrailingLogs,
            MinQuorum = config.MinQuorum,
            ServerStabilizationTime = new(config.ServerStabilizationTime),
            EnableRedundancyZones = config.EnableRedundancyZones,
            DisableUpgradeMigration = config.DisableUpgradeMigration,
            EnableCustomUpgrades = config.EnableCustomUpgrades,
        };

    public static Proto.StatsRequest To(StatsRequest request) => new() { Round = request.Round };

    public static StatsRequest From(Proto.StatsRequest request) => new(request.Round);

    public static Proto.StatsReply To(StatsReply reply) => new() { Round = reply.Round, Stats = To(reply.Stats) };

    public static StatsReply From(Proto.StatsReply reply) => new(reply.Round, From(reply.Stats));

    public static Proto.AutopilotState To(AutopilotState state)
    {
        Proto.AutopilotState result = new()
        {
            FirstStateTime = state.FirstStateTime.UnixNanos,
            Healthy = state.Healthy,
            FailureTolerance = state.FailureTolerance,
            Leader = state.Leader.ToString(),
            OptimisticFailureTolerance = state.OptimisticFailureTolerance,
            Upgrade = state.Upgrade is null ? null : UpgradeMap.To(state.Upgrade),
        };
        UpgradeMap.Add(result.ReadReplicas, state.ReadReplicas);
        result.RedundancyZones.AddRange(state.RedundancyZones.Select(UpgradeMap.To));
        foreach (ServerId voter in state.Voters)
        {
            result.Voters.Add(voter.ToString());
        }

        foreach (AutopilotServerState server in state.Servers)
        {
            result.Servers.Add(To(server));
        }

        return result;
    }

    public static AutopilotState From(Proto.AutopilotState state)
    {
        WireText.CheckCount(state.Voters.Count, "voters");
        WireText.CheckCount(state.Servers.Count, "servers");
        WireText.CheckCount(state.RedundancyZones.Count, "zones");
        return new()
        {
            OptimisticFailureTolerance = state.OptimisticFailureTolerance,
            ReadReplicas = UpgradeMap.Ids(state.ReadReplicas),
            RedundancyZones = [.. state.RedundancyZones.Select(UpgradeMap.From)],
            Upgrade = state.Upgrade is null ? null : UpgradeMap.From(state.Upgrade),
            FirstStateTime = new(state.FirstStateTime),
            Healthy = state.Healthy,
            FailureTolerance = state.FailureTolerance,
            Leader = WireText.Id(state.Leader),
            Voters = [.. state.Voters.Select(WireText.Id)],
            Servers = [.. state.Servers.Select(From)],
        };
    }

    private static Proto.ServerStats To(in ServerStats stats) => new()
    {
        LastContact = stats.LastContact.Nanos,
        LastTerm = stats.LastTerm.Value,
        LastIndex = stats.LastIndex.Value,
    };

    private static ServerStats From(Proto.ServerStats? stats) => stats is null
        ? throw new WireFormatException("the stats of a server are missing")
        : new(new(stats.LastContact), new(stats.LastTerm), new(stats.LastIndex));

    private static Proto.AutopilotServerState To(AutopilotServerState server) => new()
    {
        Server = To(server.Server),
        State = EnumMap.To(server.State),
        Stats = To(server.Stats),
        Healthy = server.Health.Healthy,
        StableSince = server.Health.StableSince.UnixNanos,
    };

    private static AutopilotServerState From(Proto.AutopilotServerState server) => new()
    {
        Server = From(server.Server),
        State = EnumMap.From(server.State),
        Stats = From(server.Stats),
        Health = new(server.Healthy, new(server.StableSince)),
    };

    private static Proto.AutopilotServer To(AutopilotServer server)
    {
        Proto.AutopilotServer result = new()
        {
            Id = server.Id.ToString(),
            Name = server.Name,
            Address = server.Address.ToString(),
            NodeStatus = EnumMap.To(server.NodeStatus),
            Version = server.Version,
            RaftVersion = server.RaftVersion,
            IsLeader = server.IsLeader,
            NodeType = EnumMap.To(server.NodeType),
        };
        WireText.AddTags(result.Meta, server.Meta);
        return result;
    }

    private static AutopilotServer From(Proto.AutopilotServer? server) => server is null
        ? throw new WireFormatException("a server of an autopilot state is missing")
        : new()
        {
            Id = WireText.Id(server.Id),
            Name = server.Name,
            Address = WireText.Address(server.Address),
            NodeStatus = EnumMap.From(server.NodeStatus),
            Version = server.Version,
            RaftVersion = server.RaftVersion,
            IsLeader = server.IsLeader,
            NodeType = EnumMap.From(server.NodeType),
            Meta = WireText.Tags(server.Meta),
        };
}
