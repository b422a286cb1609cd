using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A copy of a server's log that checkers read, with a hash over every prefix: two prefixes are the same exactly when
/// their hashes are.
/// </summary>
public sealed class ReplicaLog
{
    private readonly Pages<Record> _records = new();

    /// <summary>The last index.</summary>
    public LogIndex LastIndex => new((ulong)_records.Count);

    /// <summary>The term at an index from 0 to the last.</summary>
    public Term TermAt(LogIndex index) => index == LogIndex.Zero ? Term.Zero : At(index).Entry.Term;

    /// <summary>The entry at an index from 1 to the last.</summary>
    public LogEntry EntryAt(LogIndex index) => At(index).Entry;

    /// <summary>The hash of everything up to and including an index from 0 to the last.</summary>
    public ulong HashAt(LogIndex index) => index == LogIndex.Zero ? 0 : At(index).Prefix;

    /// <summary>Appends an entry, whose index must be the next.</summary>
    public void Append(in LogEntry entry)
    {
        Invariant.Require(entry.Index == LastIndex.Next);
        ulong hash = Prng.Hash(HashAt(LastIndex), entry.Term.Value);
        _records.Add(new Record(entry, TraceHash.Of(entry.Payload.Span, Prng.Hash(hash, (ulong)entry.Kind))));
    }

    /// <summary>Drops an index and everything behind it.</summary>
    public void TruncateFrom(LogIndex index)
    {
        _records.Keep(checked((int)index.Previous.Value));
    }

    /// <summary>
    /// Copies what changed in a server's log; returns the first index that did. What stands in front of the log is in a
    /// snapshot: it is taken for what was committed there, and the state machine's answers show whether it is. Logs change at
    /// the end, so it looks for the last entry that is still the same; <see cref="Audit"/> does not rely on that.
    /// </summary>
    internal LogIndex Follow(RaftNode node, in RaftStatus now, CommitHistory history)
    {
        LogPosition start = now.LogStart;
        LogIndex same = LogIndex.Min(now.LastIndex, LastIndex);
        while (same > start.Index && !IsSame(node.EntryAt(same), At(same).Entry))
        {
            same = same.Previous;
        }

        if (same <= start.Index && start.Index > LogIndex.Zero)
        {
            history.RequireCommitted(now.Self, start);
            same = LogIndex.Min(same, start.Index);
            while (same > LogIndex.Zero && HashAt(same) != history.HashAt(same))
            {
                same = same.Previous;
            }
        }

        TruncateFrom(same.Next);
        for (LogIndex index = same.Next; index <= now.LastIndex; index = index.Next)
        {
            Append(index <= start.Index ? history.EntryAt(index) : node.EntryAt(index));
        }

        return same.Next;
    }

    /// <summary>Compares every entry; returns the first index that differs, or the one behind the end.</summary>
    internal LogIndex Audit(RaftNode node, in RaftStatus now)
    {
        LogIndex index = now.LogStart.Index;
        if (index > LastIndex || TermAt(index) != now.LogStart.Term)
        {
            return index;
        }

        index = index.Next;
        while (index <= now.LastIndex && index <= LastIndex && IsSame(node.EntryAt(index), At(index).Entry))
        {
            index = index.Next;
        }

        return index;
    }

    private static bool IsSame(in LogEntry left, in LogEntry right) => left.Index == right.Index
        && left.Term == right.Term
        && left.Kind == right.Kind
        && (left.Payload.Equals(right.Payload) || left.Payload.Span.SequenceEqual(right.Payload.Span));

    private ref readonly Record At(LogIndex index) => ref _records[checked((int)index.Value - 1)];

    private readonly record struct Record(LogEntry Entry, ulong Prefix);
}
