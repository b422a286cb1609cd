namespace RaftSim.Raft;

// What leaves: messages that rest on nothing that could still be lost, one batch to write, and what was committed.
public sealed partial class RaftNode
{
    // A batch is written as one frame of the log; half of its limit leaves room for everything but the payloads.
    private const long BatchBytesMax = Limits.LogFrameBytesMax / 2;
    private const int EntryOverheadBytes = 64;

    private ReadOnlyMemory<LogEntry>[] _writeSlices = new ReadOnlyMemory<LogEntry>[4];
    private ReadOnlyMemory<LogEntry>[] _committedSlices = new ReadOnlyMemory<LogEntry>[4];
    private LogIndex _handedOut;

    /// <summary>What to carry out, if anything.</summary>
    public bool TryTakeReady(out Ready ready)
    {
        if (_role == RaftRole.Leader)
        {
            BeginReadRoundIfDue();
            SendAppends();
        }

        bool hasWrite = _durability.HasWork(_log.LastIndex);

        // What rests on the word of a leader rests on its term: a snapshot of it that outlived the term would meet, after a
        // crash, an earlier leader that has yet to hear that it is deposed.
        bool isTermDurable = _durability.HardStateIsDurable;
        bool hasCommitted = isTermDurable && _handedOut < _commit;
        bool hasOffer = isTermDurable && _offer is not null;
        if (!hasWrite && !hasCommitted && _outbox.IsEmpty && _readsReadyCount == 0 && !hasOffer)
        {
            ready = default;
            return false;
        }

        ready = new Ready
        {
            Write = hasWrite ? TakeBatch() : null,
            Committed = hasCommitted ? TakeCommitted() : default,
            Messages = _outbox.Take(),
            Reads = TakeReads(),
            Install = hasOffer ? TakeOffer() : null,
        };
        return true;
    }

    // Whatever carries the term rests on it. A leader's term was durable before it led, so its messages never wait.
    private void Post(in RaftMessage message) => _outbox.Post(message, _durability.AfterHardState, _durability.Durable);

    // Everything since the last batch in one: this is the group commit.
    private LogBatch TakeBatch()
    {
        HardState? hardState = _durability.HardStateIsDirty ? new HardState(_term, _vote) : null;
        LogIndex? truncateFrom = _durability.TruncateFrom;
        LogPosition? restartAt = _durability.RestartAt;
        LogIndex last = _durability.FirstUnwritten.Previous;
        long bytesLeft = BatchBytesMax;
        int count = 0;
        while (last < _log.LastIndex)
        {
            ReadOnlyMemory<LogEntry> slice = _log.Slice(last.Next, _log.LastIndex);
            int fitting = TakeWithin(slice.Span, ref bytesLeft, isFirst: count == 0);
            if (fitting == 0)
            {
                break;
            }

            Add(ref _writeSlices, count++, slice[..fitting]);
            last += (ulong)fitting;
        }

        ulong sequence = _durability.Issue(last);
        if (last < _log.LastIndex)
        {
            _outbox.Postpone(sequence, last);
        }

        return new LogBatch(sequence, Cluster: null, hardState, truncateFrom, _writeSlices.AsMemory(0, count))
        {
            RestartAt = restartAt,
        };
    }

    private static int TakeWithin(ReadOnlySpan<LogEntry> entries, ref long bytesLeft, bool isFirst)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            int bytes = entries[i].Payload.Length + EntryOverheadBytes;
            if (bytes > bytesLeft && (i > 0 || !isFirst))
            {
                return i;
            }

            bytesLeft -= bytes;
        }

        return entries.Length;
    }

    // §10.2.1: committed means durable on a quorum, whether this server's own disk is among it or not.
    private ReadOnlySpan<ReadOnlyMemory<LogEntry>> TakeCommitted()
    {
        int count = 0;
        while (_handedOut < _commit)
        {
            ReadOnlyMemory<LogEntry> slice = _log.Slice(_handedOut.Next, _commit);
            Add(ref _committedSlices, count++, slice);
            _handedOut += (ulong)slice.Length;
        }

        return _committedSlices.AsSpan(0, count);
    }

    private static void Add(ref ReadOnlyMemory<LogEntry>[] slices, int position, ReadOnlyMemory<LogEntry> slice)
    {
        if (position == slices.Length)
        {
            Array.Resize(ref slices, position * 2);
        }

        slices[position] = slice;
    }
}
