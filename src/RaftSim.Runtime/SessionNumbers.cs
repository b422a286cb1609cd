namespace RaftSim.Runtime;

/// <summary>
/// The numbers of a session's commands: which are open, and who waits until one more fits into the window, first come, first
/// served. Thread-safe.
/// </summary>
internal sealed class SessionNumbers
{
    private readonly Lock _lock = new();
    private readonly SortedSet<ulong> _open = [];
    private readonly Queue<TaskCompletionSource<ulong>> _waiting = new();
    private ulong _last;

    /// <summary>The oldest number that is open; the next one when none is.</summary>
    public ulong OldestOpen
    {
        get
        {
            lock (_lock)
            {
                return _open.Count == 0 ? _last + 1 : _open.Min;
            }
        }
    }

    /// <summary>Takes the next number, as soon as it fits.</summary>
    public async Task<ulong> TakeAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<ulong> turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_waiting.Count == 0 && IsRoom)
            {
                return Open();
            }

            _waiting.Enqueue(turn);
        }

        CancellationTokenRegistration giveUp =
            cancellationToken.UnsafeRegister(_ => turn.TrySetCanceled(cancellationToken), null);
        await using (giveUp.ConfigureAwait(false))
        {
            return await turn.Task.ConfigureAwait(false);
        }
    }

    /// <summary>A number is answered or given up.</summary>
    public void End(ulong number)
    {
        lock (_lock)
        {
            _open.Remove(number);
            while (IsRoom && _waiting.TryDequeue(out TaskCompletionSource<ulong>? turn))
            {
                ulong next = Open();
                if (!turn.TrySetResult(next))
                {
                    // Whoever waited has given up. A number that is never used does no harm.
                    _open.Remove(next);
                }
            }
        }
    }

    private bool IsRoom => _open.Count == 0 || _last + 1 - _open.Min < Limits.SessionWindow;

    private ulong Open()
    {
        _open.Add(++_last);
        return _last;
    }
}
