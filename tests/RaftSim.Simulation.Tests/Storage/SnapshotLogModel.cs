using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>
/// The oracle of a log with snapshots in front: the whole log after each batch, which of them were called durable, and which
/// snapshots were begun and finished.
/// </summary>
internal sealed class SnapshotLogModel(Prng prng)
{
    private readonly List<State> _states = [new(0, default, default, default, [])];
    private readonly List<StoredSnapshot> _begun = [];
    private LogIndex _committed;
    private int _durable;
    private ulong _sequence;

    /// <summary>The snapshot that must be there, or a newer one; none before the first.</summary>
    internal StoredSnapshot? Finished { get; private set; }

    /// <summary>Recovered logs whose beginning was gone.</summary>
    internal int Shortened { get; private set; }

    /// <summary>Recovered snapshots that nobody had been told were finished.</summary>
    internal int Untold { get; private set; }

    internal State Last => _states[^1];

    /// <summary>A batch that follows those before; nothing that a snapshot holds is cut.</summary>
    internal LogBatch Draw()
    {
        State last = Last;
        ClusterId? cluster = last.Cluster.IsNone ? new(prng.NextUInt64(), 1) : null;
        HardState? hard = prng.Chance(1, 3)
            ? new(new(last.HardState.Term.Value + prng.Below(3)), new(prng.Chance(1, 4) ? "" : $"s{prng.Below(5)}"))
            : null;
        ulong loose = last.End - LogIndex.Max(_committed, last.Start.Index);
        LogIndex? from = loose > 0 && prng.Chance(1, 4) ? new(last.End.Value + 1 - prng.Below(loose + 1)) : null;
        int keep = (int)((from?.Previous ?? last.End) - last.Start.Index);
        int count = (int)prng.Below(4);
        count = count == 0 && cluster is null && hard is null && from is null ? 1 : count;
        LogEntry[] added = Entries(last.Start.Index + (ulong)keep, last.HardState.Term, count);
        Add(cluster, hard, last.Start, [.. last.Entries.Take(keep), .. added]);
        return new(_sequence, cluster, hard, from, new ReadOnlyMemory<LogEntry>[] { added });
    }

    /// <summary>The batch that restarts the log behind an installed snapshot.</summary>
    internal LogBatch Restart(LogPosition at)
    {
        LogEntry[] added = Entries(at.Index, at.Term, (int)prng.Below(2));
        HardState? hard = Last.HardState.Term < at.Term ? new(at.Term, default) : null;
        Add(null, hard, at, added);
        return new(_sequence, null, hard, null, new ReadOnlyMemory<LogEntry>[] { added }) { RestartAt = at };
    }

    /// <summary>A snapshot of an entry that is durable and stays; null when there is none behind the last one's.</summary>
    internal StoredSnapshot? OwnSnapshot()
    {
        LogEntry[] may = [.. Last.Entries.Intersect(_states[_durable].Entries).Where(entry => entry.Index > _committed)];
        return may.Length == 0 ? null : Begun(PositionOf(may[(int)prng.Below((ulong)may.Length)]));
    }

    /// <summary>A snapshot of another server's, far behind the end of the log.</summary>
    internal StoredSnapshot FetchedSnapshot() =>
        Begun(new(Last.End + (100 + prng.Below(10)), Last.HardState.Term.Next));

    internal void Finish(in StoredSnapshot snapshot) => Finished = snapshot;

    internal void Durable(ulong sequence)
    {
        int durable = _states.FindIndex(state => state.Sequence == sequence);
        Assert.True(durable > _durable, $"batch {sequence} was called durable behind {_states[_durable].Sequence}");
        _durable = durable;
    }

    /// <summary>What was recovered is the state after a batch at or behind the last durable one, but for its beginning.</summary>
    internal void Recovered(RecoveredState found, string hint)
    {
        int kept = _states.FindLastIndex(state => state.Is(found));
        Assert.True(kept >= _durable, kept < 0
            ? $"{hint}: no prefix of the batches ends with {Render(found)}; the durable one: {_states[_durable]}"
            : $"{hint}: {_states[_durable]} was durable, but what came back is {_states[kept]}");
        _states.RemoveRange(kept + 1, _states.Count - kept - 1);
        _durable = kept;
        Shortened += found.LogStart.Index > Last.Start.Index ? 1 : 0;
    }

    /// <summary>The snapshot found is at least as new as the last one finished, and holds what the log does not.</summary>
    internal void Found(StoredSnapshot? snapshot, LogIndex logStart, string hint)
    {
        LogIndex index = snapshot?.Last.Index ?? LogIndex.Zero;
        Assert.True(snapshot is null || _begun.Contains(snapshot.Value), $"{hint}: nobody began {snapshot}");
        Assert.True(index >= (Finished?.Last.Index ?? LogIndex.Zero), $"{hint}: {Finished} was finished, {snapshot} found");
        Assert.True(logStart <= index, $"{hint}: the log begins behind {logStart}, the snapshot ends at {index}");
        Untold += snapshot != Finished ? 1 : 0;
        Finished = snapshot;
    }

    private static string Render(RecoveredState found) =>
        $"{found.HardState}, {found.LogStart}, {found.Entries.Count} entries";

    private static LogPosition PositionOf(in LogEntry entry) => new(entry.Index, entry.Term);

    private StoredSnapshot Begun(LogPosition last)
    {
        _committed = LogIndex.Max(_committed, Last.Entries.Any(entry => PositionOf(entry) == last) ? last.Index : default);
        _begun.Add(new(new((ulong)_begun.Count, prng.NextUInt64()), Last.Cluster, last, SnapshotFormat.ChunkBytesMin));
        return _begun[^1];
    }

    private void Add(ClusterId? cluster, HardState? hard, LogPosition start, LogEntry[] entries) => _states.Add(
        new(++_sequence, cluster ?? Last.Cluster, hard ?? Last.HardState, start, entries));

    private LogEntry[] Entries(LogIndex behind, Term term, int count)
    {
        LogEntry[] added = new LogEntry[count];
        for (int i = 0; i < count; i++)
        {
            byte[] payload = new byte[prng.Chance(1, 3) ? 20_000 : prng.Below(600)];
            payload.AsSpan().Fill((byte)prng.Below(256));
            added[i] = new(behind + (ulong)(i + 1), term.Next, (EntryKind)prng.Below(3), payload);
        }

        return added;
    }

    internal sealed record State(
        ulong Sequence, ClusterId Cluster, HardState HardState, LogPosition Start, LogEntry[] Entries)
    {
        internal LogIndex End => Start.Index + (ulong)Entries.Length;

        /// <summary>Whether this was found, but for entries at the beginning.</summary>
        internal bool Is(RecoveredState found)
        {
            LogPosition start = found.LogStart;
            if (Cluster != found.Cluster || HardState != found.HardState || start.Index < Start.Index
                || End != start.Index + (ulong)found.Entries.Count)
            {
                return false;
            }

            int gone = (int)(start.Index - Start.Index);
            Term term = gone == 0 ? Start.Term : Entries[gone - 1].Term;
            return (start.Term == term || found.Entries.Count == 0) && found.Entries.Index().All(each => Same(
                Entries[gone + each.Index], each.Item));
        }

        private static bool Same(in LogEntry left, in LogEntry right) => left.Index == right.Index
            && left.Term == right.Term && left.Kind == right.Kind && left.Payload.Span.SequenceEqual(right.Payload.Span);
    }
}
