namespace RaftSim;

/// <summary>What was read back from durable storage, or <see cref="Empty"/> at a first start.</summary>
public sealed record RecoveredState
{
    /// <summary>The state of a server that has never written anything.</summary>
    public static RecoveredState Empty { get; } = new();

    /// <summary>The cluster the server belongs to; none before it has joined one.</summary>
    public ClusterId Cluster { get; init; }

    /// <summary>Term and vote.</summary>
    public HardState HardState { get; init; }

    /// <summary>The whole log, from index 1 without a gap.</summary>
    public IReadOnlyList<LogEntry> Entries { get; init; } = [];
}
