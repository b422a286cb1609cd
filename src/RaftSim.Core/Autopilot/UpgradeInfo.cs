namespace RaftSim.Autopilot;

/// <summary>How far an upgrade migration is. Source: Consul api/operator_autopilot.go, AutopilotUpgradeStatus.</summary>
public enum UpgradeStatus : byte
{
    /// <summary>Every server runs one version.</summary>
    Idle,

    /// <summary>Newer servers are there, but too few to take over.</summary>
    AwaitNewVoters,

    /// <summary>The newer ones are given votes.</summary>
    Promoting,

    /// <summary>The older ones lose theirs.</summary>
    Demoting,

    /// <summary>Leadership moves to a newer one.</summary>
    LeaderTransfer,

    /// <summary>Only newer ones vote, but they are fewer than the older ones were.</summary>
    AwaitNewServers,

    /// <summary>It is done: the older ones may be removed.</summary>
    AwaitServerRemoval,

    /// <summary>Switched off.</summary>
    Disabled,
}

/// <summary>An upgrade migration: who runs the newest version, and who does not. Lists in the order of voters, best first.</summary>
public sealed record UpgradeInfo
{
    /// <summary>How far it is.</summary>
    public UpgradeStatus Status { get; init; }

    /// <summary>The newest version of any server, as that server writes it; empty for none.</summary>
    public string TargetVersion { get; init; } = "";

    /// <summary>Who runs it, by votes.</summary>
    public UpgradeSide Target { get; init; } = UpgradeSide.Empty;

    /// <summary>Who runs another one, by votes.</summary>
    public UpgradeSide Other { get; init; } = UpgradeSide.Empty;

    /// <summary>The same zone by zone, without replicas, in ordinal order of the zones; empty without zones.</summary>
    public IReadOnlyList<UpgradeZone> Zones { get; init; } = [];
}

/// <summary>Servers of one side of a migration.</summary>
/// <param name="Voters">With a vote.</param>
/// <param name="NonVoters">Without.</param>
/// <param name="ReadReplicas">Read replicas, whether they have a vote or not.</param>
public sealed record UpgradeSide(
    IReadOnlyList<ServerId> Voters, IReadOnlyList<ServerId> NonVoters, IReadOnlyList<ServerId> ReadReplicas)
{
    /// <summary>Nobody.</summary>
    public static UpgradeSide Empty { get; } = new([], [], []);
}

/// <summary>Both sides in one zone.</summary>
/// <param name="Name">The zone.</param>
/// <param name="Target">Who runs the newest version.</param>
/// <param name="Other">Who does not.</param>
public sealed record UpgradeZone(string Name, UpgradeSide Target, UpgradeSide Other);

/// <summary>A redundancy zone.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Servers">All of its servers but read replicas, in the order of voters, best first.</param>
/// <param name="Voters">Those that vote.</param>
/// <param name="FailureTolerance">How many healthy ones may fail before none is left: one less than there are.</param>
public sealed record RedundancyZone(
    string Name, IReadOnlyList<ServerId> Servers, IReadOnlyList<ServerId> Voters, int FailureTolerance);
