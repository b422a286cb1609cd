namespace RaftSim.Storage;

/// <summary>
/// What a log says up to some frame, its entries left out. It stands in the head of each segment, so that the segments
/// before can go once a snapshot holds their entries.
/// </summary>
/// <param name="Cluster">The cluster joined; none before.</param>
/// <param name="HardState">Term and vote.</param>
/// <param name="Last">
/// The end of the log. Its term is 0 when it is not known: after entries were cut off and none came in their place.
/// </param>
internal readonly record struct LogCheckpoint(ClusterId Cluster, HardState HardState, LogPosition Last)
{
    /// <summary>
    /// What a snapshot must hold at least for the log to begin here. Where the term is not known, also the entry that came in
    /// place of the first one cut: the log then begins with that.
    /// </summary>
    internal LogIndex HeldThrough =>
        Last.Index > LogIndex.Zero && Last.Term == Term.Zero ? Last.Index.Next : Last.Index;

    /// <summary>The same behind a further batch. Throws <see cref="InvariantException"/> when it does not follow.</summary>
    internal LogCheckpoint With(in LogBatch batch)
    {
        if (batch.HardState is { } hard)
        {
            Invariant.Require(hard.Term >= HardState.Term, "the stored term must not fall");
        }

        return new(batch.Cluster ?? Cluster, batch.HardState ?? HardState, EndWith(batch));
    }

    private LogPosition EndWith(in LogBatch batch)
    {
        LogPosition last = batch.RestartAt ?? Last;
        if (batch.TruncateFrom is { } from)
        {
            Invariant.Require(from > LogIndex.Zero && from <= last.Index.Next, "a log is cut inside itself");
            last = from > last.Index ? last : new(from.Previous, Term.Zero);
        }

        foreach (ReadOnlyMemory<LogEntry> slice in batch.Entries.Span)
        {
            foreach (ref readonly LogEntry entry in slice.Span)
            {
                Invariant.Require(entry.Index == last.Index.Next, "entries follow each other without a gap");
                last = new(entry.Index, entry.Term);
            }
        }

        return last;
    }
}
