using RaftSim.Raft;

namespace RaftSim.Runtime;

/// <summary>
/// When a leader's loop took the entries that are not committed yet. Entries of one round share one record, and Raft
/// bounds how many entries wait, so this is bounded, too. For the loop's thread alone.
/// </summary>
internal sealed class CommitTimes
{
    private readonly Queue<(LogIndex Through, long TakenAt)> _taken = new();
    private Term? _term;
    private LogIndex _noted;
    private LogIndex _committed;
    private bool _isWatching;

    /// <summary>Looks at the server behind a round that began at <paramref name="startedAt"/>.</summary>
    public void Note(RaftNode raft, in RaftStatus status, long startedAt)
    {
        bool wasWatching = _isWatching;
        _isWatching = true;
        if (status.Role != RaftRole.Leader)
        {
            // Whether what it took is ever committed, and when, is now for others to know.
            _taken.Clear();
            _term = null;
            return;
        }

        if (_term != status.Term)
        {
            // Of a log that was not watched as it grew, nobody knows when its entries were taken.
            _taken.Clear();
            _term = status.Term;
            _noted = wasWatching ? EndOfEarlierTerms(raft, status) : status.LastIndex;
            _committed = _noted;
        }

        if (status.LastIndex > _noted)
        {
            _noted = status.LastIndex;
            _taken.Enqueue((_noted, startedAt));
        }
    }

    /// <summary>Whether there is something to take.</summary>
    public bool HasCommitted(LogIndex commit) => _taken.Count > 0 && _committed < commit;

    /// <summary>When the oldest entry was taken whose commit was not told yet.</summary>
    public bool TryTakeCommitted(LogIndex commit, out long takenAt)
    {
        takenAt = 0;
        if (!HasCommitted(commit))
        {
            return false;
        }

        (LogIndex through, takenAt) = _taken.Peek();
        _committed = _committed.Next;
        if (_committed >= through)
        {
            _taken.Dequeue();
        }

        return true;
    }

    /// <summary>Nobody listens: the next <see cref="Note"/> begins anew.</summary>
    public void Forget()
    {
        if (_isWatching)
        {
            _isWatching = false;
            _taken.Clear();
            _term = null;
        }
    }

    // A leader appends entries of its own term only: all of them came in the round that made it the leader.
    private static LogIndex EndOfEarlierTerms(RaftNode raft, in RaftStatus status)
    {
        LogIndex last = status.LastIndex;
        while (last > status.LogStart.Index && raft.TermAt(last) == status.Term)
        {
            last = last.Previous;
        }

        return last;
    }
}
