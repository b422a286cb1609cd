namespace RaftSim.Raft;

/// <summary>
/// Messages on their way out: those that may leave, and those that wait until a batch is durable because they rest on
/// it. Source: dissertation §3.4 and figure 3.1 (persistent state is updated before a server responds).
/// </summary>
internal sealed class Outbox
{
    private RaftMessage[] _free = new RaftMessage[16];
    private RaftMessage[] _taken = new RaftMessage[16];
    private Held[] _held = new Held[16];
    private int _freeCount;
    private int _heldCount;

    /// <summary>Whether no message may leave now.</summary>
    public bool IsEmpty => _freeCount == 0;

    /// <summary>
    /// Queues a message that must not leave before batch <paramref name="after"/> is durable, given that all up to
    /// <paramref name="durable"/> are.
    /// </summary>
    public void Post(in RaftMessage message, ulong after, ulong durable)
    {
        if (after <= durable)
        {
            Free(message);
        }
        else if (!TryMerge(message, after))
        {
            if (_heldCount == _held.Length)
            {
                Array.Resize(ref _held, _heldCount * 2);
            }

            _held[_heldCount++] = new Held { Message = message, After = after };
        }
    }

    /// <summary>All batches up to <paramref name="durable"/> are durable: what waited for them may leave, in order.</summary>
    public void Release(ulong durable)
    {
        int kept = 0;
        for (int i = 0; i < _heldCount; i++)
        {
            if (_held[i].After <= durable)
            {
                Free(_held[i].Message);
            }
            else
            {
                _held[kept++] = _held[i];
            }
        }

        _heldCount = kept;
    }

    /// <summary>
    /// Drops what waits. Called when the term moves on: a reply of the old term may speak of entries that the new leader
    /// makes us drop before they were ever written, and any message may be lost anyway.
    /// </summary>
    public void DropHeld() => _heldCount = 0;

    /// <summary>
    /// Batch <paramref name="sequence"/> ends at <paramref name="last"/>: replies for later entries wait for the next
    /// one.
    /// </summary>
    public void Postpone(ulong sequence, LogIndex last)
    {
        for (int i = 0; i < _heldCount; i++)
        {
            ref Held held = ref _held[i];
            if (held.After == sequence && IsMatch(held.Message) && held.Message.Index > last)
            {
                held.After = sequence + 1;
            }
        }
    }

    /// <summary>Takes the messages that may leave. Valid until they are taken again.</summary>
    public ReadOnlySpan<RaftMessage> Take()
    {
        (_free, _taken) = (_taken, _free);
        int count = _freeCount;
        _freeCount = 0;
        return _taken.AsSpan(0, count);
    }

    private static bool IsMatch(in RaftMessage message) => message is { Kind: RaftMessageKind.AppendReply, Reject: false };

    // Acknowledgements that wait for the same batch say no more than the highest of them.
    private bool TryMerge(in RaftMessage message, ulong after)
    {
        if (_heldCount == 0 || !IsMatch(message))
        {
            return false;
        }

        ref Held last = ref _held[_heldCount - 1];
        if (last.After != after || !IsMatch(last.Message) || last.Message.To != message.To
            || last.Message.Term != message.Term || last.Message.AddedAt != message.AddedAt)
        {
            return false;
        }

        if (message.Index > last.Message.Index)
        {
            last.Message = message;
        }

        return true;
    }

    private void Free(in RaftMessage message)
    {
        if (_freeCount == _free.Length)
        {
            Array.Resize(ref _free, _freeCount * 2);
        }

        _free[_freeCount++] = message;
    }

    private struct Held
    {
        public RaftMessage Message;
        public ulong After;
    }
}
