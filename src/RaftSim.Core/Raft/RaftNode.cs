namespace RaftSim.Raft;

/// <summary>
/// One server's Raft state. Not thread-safe, never blocks, performs no I/O. Source: Raft dissertation, chapters 3, 4 and
/// 9.6; docs/RAFT.md says which file holds which section and where this departs from it.
/// </summary>
public sealed partial class RaftNode
{
    // No honest term or index comes near; a larger one in a message would only make us overflow.
    private const ulong NumberMax = 1UL << 62;

    private readonly RaftOptions _options;
    private readonly Prng _prng;
    private readonly RaftLog _log = new();
    private readonly ConfigurationHistory _configurations = new();
    private readonly VoteTally _votes = new();
    private readonly List<Progress> _progress = [];
    private readonly Outbox _outbox = new();
    private readonly Durability _durability;

    private MonoTime _now;
    private RaftRole _role;
    private Term _term;
    private ServerId _vote;
    private ServerId _leader;
    private MonoTime? _leaderContact;
    private LogIndex _commit;
    private LogIndex _applied;
    private RaftChanges _changes;

    /// <summary>Starts as a follower from what was recovered; throws <see cref="ArgumentException"/> for bad options.</summary>
    public RaftNode(RaftOptions options, RecoveredState recovered, Prng prng, MonoTime now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(recovered);
        ArgumentNullException.ThrowIfNull(prng);
        options.Validate();
        _options = options;
        _leaseSpan = options.LeaseSpan;
        _prng = prng;
        _now = now;
        _term = recovered.HardState.Term;
        _vote = recovered.HardState.Vote;
        _durability = new Durability(recovered.LogStart.Index + (ulong)recovered.Entries.Count);
        Recover(recovered);
        if (_term < _log.LastTerm)
        {
            // The first configuration is written before any election was held: its term was never voted in.
            _term = _log.LastTerm;
            _vote = default;
            _durability.HardStateChanged();
        }

        _changes = RaftChanges.None;
        ResetElectionTimer();
        BarVotes();
    }

    /// <summary>When to call <see cref="Tick"/> at the latest.</summary>
    public MonoTime NextDeadline
    {
        get
        {
            if (_role == RaftRole.Leader)
            {
                return MonoTime.Min(
                    MonoTime.Min(_heartbeatDeadline, _quorumDeadline), MonoTime.Min(_ownDiskDeadline, _transferDeadline));
            }

            return !_leader.IsNone || MayCampaign ? _electionDeadline : MonoTime.Never;
        }
    }

    /// <summary>What changed since <see cref="TakeChanges"/> was last called.</summary>
    public RaftChanges TakeChanges()
    {
        RaftChanges changes = _changes;
        _changes = RaftChanges.None;
        return changes;
    }

    /// <summary>
    /// The term at an index; throws <see cref="ArgumentOutOfRangeException"/> before the log's start and beyond its end.
    /// </summary>
    public Term TermAt(LogIndex index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(index, _log.Start.Index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, _log.LastIndex);
        return _log.TermAt(index);
    }

    /// <summary>
    /// The entry at an index behind the log's start; throws <see cref="ArgumentOutOfRangeException"/> for others.
    /// </summary>
    public LogEntry EntryAt(LogIndex index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(index, _log.Start.Index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, _log.LastIndex);
        return _log[index];
    }

    /// <summary>Lets time pass. Early calls are harmless.</summary>
    public void Tick(MonoTime now)
    {
        SetNow(now);
        if (_role == RaftRole.Leader)
        {
            TickLeader();
        }
        else if (_now >= _electionDeadline)
        {
            LoseLeader();
        }
    }

    /// <summary>Takes a message. One that no correct server would send is dropped.</summary>
    public void Step(in RaftMessage message, MonoTime now)
    {
        SetNow(now);
        if (!IsPlausible(message) || IsDisturbance(message))
        {
            return;
        }

        // Dissertation §3.3: a newer term is adopted, an older one is refused. A pre-vote speaks of a term that may never be.
        if (message.Term > _term && !IsHypothetical(message))
        {
            BecomeFollower(message.Term);
        }
        else if (message.Term < _term)
        {
            AnswerOldTerm(message);
            return;
        }

        switch (message.Kind)
        {
            case RaftMessageKind.PreVote:
                HandlePreVote(message);
                break;
            case RaftMessageKind.PreVoteReply:
                HandlePreVoteReply(message);
                break;
            case RaftMessageKind.Vote:
                HandleVote(message);
                break;
            case RaftMessageKind.VoteReply:
                HandleVoteReply(message);
                break;
            case RaftMessageKind.Append:
                HandleAppend(message);
                break;
            case RaftMessageKind.AppendReply:
                HandleAppendReply(message);
                break;
            case RaftMessageKind.Heartbeat:
                HandleHeartbeat(message);
                break;
            case RaftMessageKind.HeartbeatReply:
                HandleHeartbeatReply(message);
                break;
            case RaftMessageKind.TimeoutNow:
                HandleTimeoutNow(message);
                break;
            case RaftMessageKind.Snapshot:
                HandleSnapshot(message);
                break;
        }
    }

    /// <summary>Appends commands to the leader's log. Throws <see cref="ArgumentException"/> when there are none.</summary>
    public ProposeOutcome Propose(ReadOnlySpan<Proposal> batch, MonoTime now)
    {
        SetNow(now);
        if (batch.IsEmpty)
        {
            throw new ArgumentException("nothing is proposed", nameof(batch));
        }

        if (_role != RaftRole.Leader)
        {
            return Refused(ProposeResult.NotLeader, _leader);
        }

        // §3.10, step 1: what is taken now would only keep the target from catching up.
        if (!_transferTarget.IsNone)
        {
            return Refused(ProposeResult.TransferInProgress, _transferTarget);
        }

        // What waits for the own disk counts too: it is kept in memory until it is written.
        LogIndex settled = LogIndex.Min(_commit, _durability.DurableIndex);
        if (_log.LastIndex - settled + (ulong)batch.Length > (ulong)_options.UncommittedEntriesMax)
        {
            return Refused(ProposeResult.Busy, _options.Self);
        }

        LogIndex first = _log.LastIndex.Next;
        for (int i = 0; i < batch.Length; i++)
        {
            AppendToLog(new LogEntry(_log.LastIndex.Next, _term, EntryKind.Command, batch[i].Payload));
        }

        return new ProposeOutcome(ProposeResult.Accepted, first, _term, default);
    }

    /// <summary>Everything committed up to <paramref name="through"/> has been applied.</summary>
    public void Applied(LogIndex through, MonoTime now)
    {
        SetNow(now);
        Invariant.Require(through <= _handedOut, "only what was handed out can be applied");
        _applied = LogIndex.Max(_applied, through);
        _configurations.ForgetBefore(_applied);
    }

    /// <summary>Every batch up to <paramref name="sequence"/> is durable.</summary>
    public void WriteCompleted(ulong sequence, MonoTime now)
    {
        SetNow(now);
        if (!_durability.Complete(sequence))
        {
            return;
        }

        _outbox.Release(sequence);
        if (_role == RaftRole.Candidate)
        {
            CountOwnVote();
        }
        else if (_role == RaftRole.Leader)
        {
            AdvanceCommit();
            WatchOwnDisk();
        }
    }

    /// <summary>The transport could not deliver to a server: replicate to it by probing again.</summary>
    public void ReportUnreachable(ServerId server, MonoTime now)
    {
        SetNow(now);
        if (_role == RaftRole.Leader && FindProgress(server) is { } p)
        {
            p.Unreachable();
            Touch(p);
        }
    }

    /// <summary>
    /// Asks for an election at once instead of when the election timeout is over, pre-vote first (§9.6). For a server that knows
    /// that nobody leads, such as the one that has just written the first configuration. Nothing happens when it follows
    /// somebody or is asking already, may not campaign, or has promised not to vote (§6.4.1): then its timer decides.
    /// </summary>
    /// <param name="now">The time.</param>
    public void Campaign(MonoTime now)
    {
        SetNow(now);
        if (_role == RaftRole.Follower && _leader.IsNone && MayCampaign && !AreVotesBarred)
        {
            BecomePreCandidate();
        }
    }

    // Time never runs backwards here, whatever the shell says.
    private void SetNow(MonoTime now) => _now = MonoTime.Max(_now, now);

    private bool IsPlausible(in RaftMessage message)
    {
        if (message.To != _options.Self || message.From.IsNone || message.From == _options.Self
            || message.Term.Value is 0 or > NumberMax || message.Index.Value > NumberMax)
        {
            return false;
        }

        // Replies come from servers this one has asked; those of servers it has removed must not move its term.
        return message.Kind is RaftMessageKind.PreVote or RaftMessageKind.Vote or RaftMessageKind.Append
            or RaftMessageKind.Heartbeat or RaftMessageKind.TimeoutNow or RaftMessageKind.Snapshot
            || _configurations.Latest.Contains(message.From);
    }

    private static bool IsHypothetical(in RaftMessage message) => message.Kind == RaftMessageKind.PreVote
        || message is { Kind: RaftMessageKind.PreVoteReply, Reject: false };

    // Dissertation §3.3: a stale leader or candidate learns the newer term from the reply. With pre-vote and leader
    // stickiness this is also the only way back for a server whose term ran ahead of the cluster's.
    private void AnswerOldTerm(in RaftMessage message)
    {
        switch (message.Kind)
        {
            case RaftMessageKind.PreVote:
                Post(new()
                {
                    Kind = RaftMessageKind.PreVoteReply, From = _options.Self, To = message.From, Disk = message.Disk,
                    Term = _term, Reject = true,
                });
                break;
            case RaftMessageKind.Vote:
                Post(new()
                {
                    Kind = RaftMessageKind.VoteReply, From = _options.Self, To = message.From, Disk = message.Disk,
                    Term = _term, Reject = true,
                });
                break;
            case RaftMessageKind.Append or RaftMessageKind.Snapshot:
                Post(new()
                {
                    Kind = RaftMessageKind.AppendReply, From = _options.Self, To = message.From, Disk = message.Disk,
                    Term = _term, Reject = true, Index = message.Index, AddedAt = message.AddedAt,
                });
                break;
            case RaftMessageKind.Heartbeat:
                Post(new()
                {
                    Kind = RaftMessageKind.HeartbeatReply, From = _options.Self, To = message.From, Disk = message.Disk,
                    Term = _term, AddedAt = message.AddedAt,
                });
                break;
        }
    }

    // What a majority of the voters has reached. A leader counts itself only while it votes (§4.2.2). The buffer is kept, so
    // that nothing is allocated on the way of every answer.
    private T ReachedByMajority<T>(ref T[] buffer, T own, Func<Progress, T> reached)
        where T : struct, IComparable<T>
    {
        if (buffer.Length < _progress.Count + 1)
        {
            buffer = new T[_progress.Count + 1];
        }

        int count = 0;
        if (_configurations.Latest.IsVoter(_options.Self))
        {
            buffer[count++] = own;
        }

        foreach (Progress p in _progress)
        {
            if (p.IsVoter)
            {
                buffer[count++] = reached(p);
            }
        }

        return Quorum.Reached(buffer.AsSpan(0, count));
    }

    private ProposeOutcome Refused(ProposeResult result, ServerId server) => new(result, LogIndex.Zero, _term, server);
}
