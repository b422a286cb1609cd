namespace RaftSim.Autopilot;

/// <summary>
/// The autopilot's settings, replicated by Raft. Source: Nomad api/operator_autopilot.go, AutopilotConfiguration.
/// </summary>
public sealed record AutopilotConfig
{
    /// <summary>The settings a first leader writes when nothing else was configured (Nomad's defaults).</summary>
    public static AutopilotConfig Default { get; } = new()
    {
        CleanupDeadServers = true,
        LastContactThreshold = Duration.Milliseconds(200),
        MaxTrailingLogs = 250,
        ServerStabilizationTime = Duration.Seconds(10),
    };

    /// <summary>Whether dead servers are removed. Nomad's default: true.</summary>
    public bool CleanupDeadServers { get; init; }

    /// <summary>
    /// Longest silence from the leader before a server is unhealthy. Any value is stored; Nomad's default: 200 ms.
    /// </summary>
    public Duration LastContactThreshold { get; init; }

    /// <summary>Most entries a server may trail the leader by before it is unhealthy. Nomad's default: 250.</summary>
    public ulong MaxTrailingLogs { get; init; }

    /// <summary>Pruning never leaves fewer voters than this. Nomad's default: 0.</summary>
    public ulong MinQuorum { get; init; }

    /// <summary>
    /// How long a server must be healthy before it is promoted. Any value is stored; Nomad's default: 10 s.
    /// </summary>
    public Duration ServerStabilizationTime { get; init; }

    /// <summary>Whether one voter per redundancy zone is kept. Default: false.</summary>
    public bool EnableRedundancyZones { get; init; }

    /// <summary>Whether the upgrade migration is switched off. Default: false.</summary>
    public bool DisableUpgradeMigration { get; init; }

    /// <summary>Whether servers' custom upgrade versions are used. Default: false.</summary>
    public bool EnableCustomUpgrades { get; init; }
}
