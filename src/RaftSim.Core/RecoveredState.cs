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

    /// <summary>The latest snapshot; <see langword="null"/> for none.</summary>
    public SnapshotHandle? Snapshot { get; init; }

    /// <summary>The place before the first entry; at most that of the snapshot. (0, 0) when the whole log is there.</summary>
    public LogPosition LogStart { get; init; }

    /// <summary>What to say of a log whose beginning no snapshot holds.</summary>
    internal static string MissingBefore(LogIndex start, LogIndex snapshot) => snapshot == LogIndex.Zero
        ? $"the log begins behind index {start}, but there is no snapshot"
        : $"the log begins behind index {start}, but the snapshot ends at index {snapshot}";

    /// <summary>The log behind <see cref="LogStart"/>, without a gap.</summary>
    public IReadOnlyList<LogEntry> Entries { get; init; } = [];
}
