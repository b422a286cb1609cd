using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>Reads autopilot's settings.</summary>
internal static class GivenConfig
{
    /// <summary>The settings under <c>config</c>; those left out have Nomad's defaults.</summary>
    public static AutopilotConfig Of(Given input) => Over(AutopilotConfig.Default, input["config"]);

    /// <summary>Settings with changes; those left out stay.</summary>
    public static AutopilotConfig Over(AutopilotConfig config, Given changes) => config with
    {
        CleanupDeadServers = changes["CleanupDeadServers"].Flag(config.CleanupDeadServers),
        LastContactThreshold = changes["LastContactThreshold"].Length(config.LastContactThreshold),
        MaxTrailingLogs = changes["MaxTrailingLogs"].Count(config.MaxTrailingLogs),
        MinQuorum = changes["MinQuorum"].Count(config.MinQuorum),
        ServerStabilizationTime = changes["ServerStabilizationTime"].Length(config.ServerStabilizationTime),
        EnableRedundancyZones = changes["EnableRedundancyZones"].Flag(config.EnableRedundancyZones),
        DisableUpgradeMigration = changes["DisableUpgradeMigration"].Flag(config.DisableUpgradeMigration),
        EnableCustomUpgrades = changes["EnableCustomUpgrades"].Flag(config.EnableCustomUpgrades),
    };

    /// <summary>Inputs of a decision for which only settings count.</summary>
    public static AutopilotInputs Inputs(AutopilotConfig config, Given input) => new()
    {
        Now = default,
        FirstStateTime = default,
        Config = config,
        RaftServers = [],
        KnownServers = [],
        Leader = default,
        IsLeader = true,
        LastIndex = default,
        LastTerm = default,
        ReconciliationEnabled = input["reconciliation_enabled"].Flag(byDefault: true),
    };
}
