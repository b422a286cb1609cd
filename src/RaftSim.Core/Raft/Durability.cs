namespace RaftSim.Raft;

/// <summary>
/// What of this server's state is on disk, what is under way to it, and what has still to be handed out. Batches are
/// numbered from 1 and become durable in order.
/// </summary>
internal sealed class Durability(LogIndex recoveredLast)
{
    private Batch[] _underWay = new Batch[8];
    private int _start;
    private int _count;
    private bool _hardStateIsDirty;
    private ulong _hardStateSequence;

    /// <summary>The last index that is durable and still in the log.</summary>
    public LogIndex DurableIndex { get; private set; } = recoveredLast;

    /// <summary>The first index that is in no batch yet.</summary>
    public LogIndex FirstUnwritten { get; private set; } = recoveredLast.Next;

    /// <summary>Where the written log is to be cut before the next batch is appended; none: nowhere.</summary>
    public LogIndex? TruncateFrom { get; private set; }

    /// <summary>Where the written log is to begin anew before the next batch is appended; none: it stays.</summary>
    public LogPosition? RestartAt { get; private set; }

    /// <summary>The last batch handed out.</summary>
    public ulong Issued { get; private set; }

    /// <summary>The last batch that is durable.</summary>
    public ulong Durable { get; private set; }

    /// <summary>Whether the next batch holds term and vote.</summary>
    public bool HardStateIsDirty => _hardStateIsDirty;

    /// <summary>The batch that a message with the current term and vote in it rests on.</summary>
    public ulong AfterHardState => _hardStateIsDirty ? Issued + 1 : _hardStateSequence;

    /// <summary>Whether the current term and vote are durable.</summary>
    public bool HardStateIsDurable => AfterHardState <= Durable;

    /// <summary>Whether there is anything to write, given the last index of the log.</summary>
    public bool HasWork(LogIndex last) => _hardStateIsDirty || TruncateFrom is not null || RestartAt is not null
        || FirstUnwritten <= last;

    /// <summary>The batch that an acknowledgement of the entries up to <paramref name="match"/> rests on.</summary>
    public ulong AfterEntries(LogIndex match)
    {
        if (match <= DurableIndex)
        {
            return AfterHardState;
        }

        return match < FirstUnwritten ? Math.Max(Issued, AfterHardState) : Issued + 1;
    }

    /// <summary>Term or vote changed.</summary>
    public void HardStateChanged() => _hardStateIsDirty = true;

    /// <summary>
    /// Entries from <paramref name="from"/> on were dropped. From now on the batches under way vouch for what is before
    /// them only: their completion must never be taken for that of the entries that come in their place.
    /// </summary>
    public void Truncated(LogIndex from)
    {
        if (from >= FirstUnwritten)
        {
            return;
        }

        FirstUnwritten = from;
        TruncateFrom = from;
        DurableIndex = LogIndex.Min(DurableIndex, from.Previous);
        for (int i = 0; i < _count; i++)
        {
            ref Batch batch = ref _underWay[(_start + i) % _underWay.Length];
            batch.Last = LogIndex.Min(batch.Last, from.Previous);
        }
    }

    /// <summary>
    /// The log was replaced by a durable snapshot that ends at <paramref name="start"/>. What that stands for needs no further
    /// write: after a crash the snapshot alone says as much. Batches under way vouch for nothing beyond it.
    /// </summary>
    public void Restarted(in LogPosition start)
    {
        RestartAt = start;
        TruncateFrom = null;
        FirstUnwritten = start.Index.Next;
        DurableIndex = start.Index;
        for (int i = 0; i < _count; i++)
        {
            _underWay[(_start + i) % _underWay.Length].Last = start.Index;
        }
    }

    /// <summary>A batch with everything up to <paramref name="last"/> is handed out; returns its number.</summary>
    public ulong Issue(LogIndex last)
    {
        if (_count == _underWay.Length)
        {
            Grow();
        }

        Issued++;
        _underWay[(_start + _count++) % _underWay.Length] = new Batch { Sequence = Issued, Last = last };
        FirstUnwritten = last.Next;
        TruncateFrom = null;
        RestartAt = null;
        if (_hardStateIsDirty)
        {
            _hardStateIsDirty = false;
            _hardStateSequence = Issued;
        }

        return Issued;
    }

    /// <summary>Every batch up to <paramref name="sequence"/> is durable. Whether that is news.</summary>
    public bool Complete(ulong sequence)
    {
        Invariant.Require(sequence <= Issued, "only a batch that was handed out can become durable");
        if (sequence <= Durable)
        {
            return false;
        }

        while (_count > 0 && _underWay[_start].Sequence <= sequence)
        {
            LogIndex last = _underWay[_start].Last;
            Invariant.Require(last >= DurableIndex, "what is durable stays durable");
            DurableIndex = last;
            _start = (_start + 1) % _underWay.Length;
            _count--;
        }

        Durable = sequence;
        return true;
    }

    private void Grow()
    {
        var larger = new Batch[_underWay.Length * 2];
        for (int i = 0; i < _count; i++)
        {
            larger[i] = _underWay[(_start + i) % _underWay.Length];
        }

        _underWay = larger;
        _start = 0;
    }

    private struct Batch
    {
        public ulong Sequence;
        public LogIndex Last;
    }
}
