namespace RaftSim;

/// <summary>
/// One unit of durability: everything in it becomes durable together, or none of it. Written as one checksummed frame.
/// A batch with nothing but a sequence is never made.
/// </summary>
/// <param name="Sequence">The number by which its durability is reported: strictly increasing.</param>
/// <param name="Cluster">The cluster joined, if this batch records that.</param>
/// <param name="HardState">Term and vote, if they changed.</param>
/// <param name="TruncateFrom">The first index to drop before the entries are appended; none: nothing is dropped.</param>
/// <param name="Entries">
/// Entries to append, consecutive, the first right behind what is left of the log. May be empty. Read before the call
/// that took the batch returns.
/// </param>
public readonly record struct LogBatch(
    ulong Sequence,
    ClusterId? Cluster,
    HardState? HardState,
    LogIndex? TruncateFrom,
    ReadOnlyMemory<ReadOnlyMemory<LogEntry>> Entries)
{
    /// <summary>The whole log is dropped first, and the entries begin behind this place; none: it stays.</summary>
    public LogPosition? RestartAt { get; init; }
}
