namespace RaftSim.Raft;

/// <summary>
/// What a leader knows of one other server, and what it does about it. All transitions between
/// <see cref="ProgressState.Probe"/> and <see cref="ProgressState.Replicate"/> are here. Source: dissertation §3.5
/// (nextIndex, matchIndex) and §10.2.1 (pipelining).
/// </summary>
internal sealed class Progress(in ConfiguredServer server, LogIndex lastIndex, int inflightAppendsMax, MonoTime now)
{
    private readonly Inflights _inflights = new(inflightAppendsMax);
    private LogIndex _matchAtHeartbeat = new(ulong.MaxValue);

    /// <summary>Whom.</summary>
    public ServerId Id { get; } = server.Id;

    /// <summary>Its place among all that this leader replicates to.</summary>
    public int Position { get; set; }

    /// <summary>Whether something may have to be sent to it for what it said, or for not being reached.</summary>
    public bool IsTouched { get; set; }

    /// <summary>The entry that added it: replies that name another one are from another life of it.</summary>
    public LogIndex AddedAt { get; } = server.AddedAt;

    /// <summary>Whether it counts for commits and for the quorum check.</summary>
    public bool IsVoter { get; set; } = server.Suffrage == Suffrage.Voter;

    /// <summary>How it is replicated to.</summary>
    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>The last index known to be durable there and to match this log.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The next index to send.</summary>
    public LogIndex Next { get; private set; } = lastIndex.Next;

    /// <summary>When it last answered; before its first answer, when this record was made.</summary>
    public MonoTime LastContact { get; private set; } = now;

    /// <summary>Whether it has answered in this term.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>The latest round of heartbeats that it has answered.</summary>
    public ulong HeardRound { get; private set; }

    /// <summary>While probing: one Append is out and not answered.</summary>
    public bool IsProbeOut { get; private set; }

    /// <summary>An empty Append is due, to learn whether something was lost.</summary>
    public bool IsPingDue { get; private set; }

    /// <summary>How far the Appends sent so far have told it that the log is committed.</summary>
    public LogIndex CommitSent { get; private set; }

    /// <summary>Whether the next entries may be sent now.</summary>
    public bool MaySend => State switch
    {
        ProgressState.Probe => !IsProbeOut,
        ProgressState.Replicate => !_inflights.IsFull,
        _ => false,
    };

    /// <summary>It answered in this term.</summary>
    public void Heard(MonoTime at)
    {
        LastContact = at;
        HasAnswered = true;
    }

    /// <summary>An Append with <paramref name="count"/> entries from <see cref="Next"/> on was sent.</summary>
    public void Sent(int count, LogIndex commit)
    {
        IsPingDue = false;
        LogIndex last = Next.Previous + (ulong)count;
        CommitSent = LogIndex.Max(CommitSent, LogIndex.Min(commit, last));
        if (State == ProgressState.Probe)
        {
            IsProbeOut = true;
        }
        else if (count > 0)
        {
            _inflights.Add(last);
            Next = last.Next;
        }
    }

    /// <summary>It reports that its log matches up to <paramref name="index"/>. Whether that is news.</summary>
    public bool Accepted(LogIndex index)
    {
        if (index < Match)
        {
            return false;
        }

        bool isNews = index > Match;
        Match = index;
        Next = LogIndex.Max(Next, index.Next);
        _inflights.FreeThrough(index);
        if (State == ProgressState.Probe || (State == ProgressState.Snapshot && isNews))
        {
            State = ProgressState.Replicate;
            Next = index.Next;
            IsProbeOut = false;
        }

        return isNews;
    }

    /// <summary>
    /// Whether a refusal of an Append behind <paramref name="index"/> tells something new: not when a later answer has
    /// overtaken it, or when it answers an earlier probe.
    /// </summary>
    public bool IsFreshRejection(LogIndex index) => State switch
    {
        ProgressState.Replicate => index > Match && index < Next,
        ProgressState.Probe => index == Next.Previous,
        _ => false,
    };

    /// <summary>
    /// It refused: probe next right behind <paramref name="meeting"/>, but never behind what is known to match.
    /// </summary>
    public void Rejected(LogIndex meeting)
    {
        Probe(State == ProgressState.Replicate ? Match : LogIndex.Max(meeting, Match));
        IsProbeOut = false;
    }

    /// <summary>
    /// It could not be reached: what is in flight is taken for lost. The next probe waits for a sign of life, so that a
    /// dead server costs a heartbeat now and then and no more.
    /// </summary>
    public void Unreachable()
    {
        if (State == ProgressState.Replicate)
        {
            Probe(Match);
        }

        IsProbeOut = true;
    }

    /// <summary>It was told to fetch a snapshot. §5.3.</summary>
    public void SnapshotOffered()
    {
        State = ProgressState.Snapshot;
        IsPingDue = false;
        IsProbeOut = false;
        CommitSent = LogIndex.Zero;
        _inflights.Clear();
    }

    /// <summary>
    /// It answered a heartbeat. When it lags and nothing has moved since the heartbeat before, an Append or its answer may
    /// be lost: an empty Append finds out, and is cheap when nothing is.
    /// </summary>
    public void HeartbeatAnswered(ulong round, LogIndex lastIndex)
    {
        HeardRound = Math.Max(HeardRound, round);
        bool isStill = Match == _matchAtHeartbeat && Match < lastIndex;
        _matchAtHeartbeat = Match;

        // A snapshot is offered again with every sign of life: the offer may be lost, and what is offered may be gone by now.
        IsPingDue |= State switch
        {
            ProgressState.Probe => IsProbeOut,
            ProgressState.Replicate => isStill,
            _ => true,
        };
    }

    private void Probe(LogIndex meeting)
    {
        State = ProgressState.Probe;
        Next = meeting.Next;
        CommitSent = LogIndex.Zero;
        _inflights.Clear();
    }
}
