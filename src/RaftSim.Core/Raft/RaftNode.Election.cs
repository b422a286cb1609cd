namespace RaftSim.Raft;

// Leader election: dissertation §3.4, §4.2.3 (disruptive servers), §6.2 (check-quorum) and §9.6 (pre-vote).
public sealed partial class RaftNode
{
    private MonoTime _electionDeadline;
    private MonoTime _quorumDeadline;
    private MonoTime _ownDiskDeadline = MonoTime.Never;
    private LogIndex _ownDiskMark;

    // The most that another voter has written of this leader's log.
    private LogIndex _mostWritten;
    private MonoTime[] _contacts = new MonoTime[8];

    /// <summary>
    /// Whether this server starts elections: when it votes in the latest configuration, committed or not (§4.1), or when
    /// a change that is not known to be committed took its vote. Without the latter a server that was the only one to
    /// store its own removal could neither win nor let another win (§4.2.2 and figure 4.6).
    /// </summary>
    private bool MayCampaign => _configurations.Latest.IsVoter(_options.Self)
        || (_configurations.LatestIndex > _commit && _configurations.Previous.IsVoter(_options.Self));

    // §4.2.3: while a leader lives, a request for votes comes from a server that is cut off or was removed. Heeding it
    // would depose a working leader. A request of that very leader says that it leads no more.
    private bool IsDisturbance(in RaftMessage message)
    {
        if (message.Kind is not (RaftMessageKind.PreVote or RaftMessageKind.Vote) || message.Term <= _term)
        {
            return false;
        }

        if (message.From == _leader)
        {
            SetLeader(default);
            _votesBarredUntil = null;
        }

        // Unless that leader itself has asked for the election: it wants to go.
        return !message.IsTransfer && (_role == RaftRole.Leader || AreVotesBarred
            || (!_leader.IsNone && _leaderContact is { } contact && _now - contact < _options.ElectionTimeout));
    }

    private void ResetElectionTimer()
    {
        // §3.4: drawn anew from [T, 2T) each time, so that split votes are rare and soon over.
        Duration timeout = _options.ElectionTimeout;
        _electionDeadline = _now + _prng.Between(timeout, timeout * 2);
    }

    // The leader was silent for an election timeout. Who may not campaign only forgets it: a server that was removed
    // behind its back must not call on a leader long gone.
    private void LoseLeader()
    {
        if (MayCampaign)
        {
            BecomePreCandidate();
        }
        else
        {
            SetLeader(default);
        }
    }

    // §9.6: ask first whether an election could be won. Changes neither term nor vote.
    private void BecomePreCandidate()
    {
        SetRole(RaftRole.PreCandidate);
        SetLeader(default);
        ResetElectionTimer();
        _votes.Begin(_configurations.Latest);
        _votes.Grant(_options.Self);
        if (_votes.IsWon)
        {
            BecomeCandidate();
            return;
        }

        RequestVotes(RaftMessageKind.PreVote, _term.Next);
    }

    // §3.4: a new term, a vote for itself, and requests to all other voters, once term and vote are durable.
    private void BecomeCandidate(bool isTransfer = false)
    {
        // Its own vote is one like any other: the timer sees to it that none is given too early.
        Invariant.Require(isTransfer || !AreVotesBarred, "who has promised not to vote does not campaign");
        SetRole(RaftRole.Candidate);
        SetTerm(_term.Next, _options.Self);

        // Who asked for this election led the term before. The new one has no leader yet, and whoever wins it must be
        // followed.
        SetLeader(default);
        ResetElectionTimer();
        _votes.Begin(_configurations.Latest);
        RequestVotes(RaftMessageKind.Vote, _term, isTransfer);
    }

    private void RequestVotes(RaftMessageKind kind, Term term, bool isTransfer = false)
    {
        foreach (ref readonly ConfiguredServer server in _configurations.Latest.Servers)
        {
            if (server.Suffrage == Suffrage.Voter && server.Id != _options.Self)
            {
                Post(new()
                {
                    Kind = kind, From = _options.Self, To = server.Id, Term = term,
                    Index = _log.LastIndex, LogTerm = _log.LastTerm, IsTransfer = isTransfer,
                });
            }
        }
    }

    // §3.4: the own vote is a vote like any other: it counts when it is durable.
    private void CountOwnVote()
    {
        if (_durability.HardStateIsDurable)
        {
            _votes.Grant(_options.Self);
        }

        BecomeLeaderIfWon();
    }

    private void HandlePreVote(in RaftMessage message)
    {
        bool grant = message.Term > _term && IsUpToDate(message);
        Post(new()
        {
            Kind = RaftMessageKind.PreVoteReply, From = _options.Self, To = message.From, Disk = message.Disk,
            Term = grant ? message.Term : _term, Reject = !grant,
        });
    }

    private void HandlePreVoteReply(in RaftMessage message)
    {
        if (_role != RaftRole.PreCandidate || message.Reject || message.Term != _term.Next)
        {
            return;
        }

        _votes.Grant(message.From);
        if (_votes.IsWon)
        {
            BecomeCandidate();
        }
    }

    // §4.2.1, §4.2.2: neither this server's suffrage nor the candidate's matters: configurations may be on their way.
    private void HandleVote(in RaftMessage message)
    {
        // A vote that was given stays given, whatever was promised since.
        bool isBarred = AreVotesBarred && !message.IsTransfer;
        bool isFree = _vote == message.From || (_vote.IsNone && _leader.IsNone && !isBarred);
        bool grant = isFree && IsUpToDate(message);
        if (grant)
        {
            if (_vote.IsNone)
            {
                SetTerm(_term, message.From);
            }

            ResetElectionTimer();
        }

        Post(new()
        {
            Kind = RaftMessageKind.VoteReply, From = _options.Self, To = message.From, Disk = message.Disk, Term = _term,
            Reject = !grant,
        });
    }

    private void HandleVoteReply(in RaftMessage message)
    {
        if (_role == RaftRole.Candidate && !message.Reject)
        {
            _votes.Grant(message.From);
            BecomeLeaderIfWon();
        }
    }

    // §3.6.1: the later last term is more up to date, and of equal terms the longer log.
    private bool IsUpToDate(in RaftMessage message) => message.LogTerm > _log.LastTerm
        || (message.LogTerm == _log.LastTerm && message.Index >= _log.LastIndex);

    private void BecomeLeaderIfWon()
    {
        if (_votes.IsWon && _durability.HardStateIsDurable)
        {
            BecomeLeader();
        }
    }

    private void BecomeLeader()
    {
        Invariant.Require(_role == RaftRole.Candidate, "only a candidate is elected");
        Invariant.Require(_durability.HardStateIsDurable, "a leader's term is durable, so its messages need not wait");
        SetRole(RaftRole.Leader);
        SetLeader(_options.Self);
        _progress.Clear();
        SyncProgress();
        _heartbeatDeadline = _now + _options.HeartbeatInterval;
        _quorumDeadline = _now + _options.ElectionTimeout;
        _ownDiskDeadline = MonoTime.Never;
        _mostWritten = LogIndex.Zero;
        _isLeaseForfeited = false;

        // §3.6.2, §6.4: entries of earlier terms commit with the first one of this term, so it is made at once.
        _termStart = _log.LastIndex.Next;
        AppendToLog(new LogEntry(_termStart, _term, EntryKind.Noop, default));
    }

    private void BecomeFollower(Term term)
    {
        bool hasLed = _role == RaftRole.Leader;
        SetRole(RaftRole.Follower);
        SetLeader(default);
        if (term > _term)
        {
            SetTerm(term, default);
        }

        if (hasLed)
        {
            EndTransfer();
            DropReads();
            DropLease();
            _progress.Clear();
            ResetElectionTimer();
        }
    }

    private void TickLeader()
    {
        if (_now >= _quorumDeadline)
        {
            CheckQuorum();
        }

        if (_role == RaftRole.Leader && _now >= _ownDiskDeadline)
        {
            HandOver();
            BecomeFollower(_term);
        }

        if (_now >= _transferDeadline)
        {
            // §3.10: the target did not manage in time, so this leader goes on.
            EndTransfer();
        }

        if (_role == RaftRole.Leader && _now >= _heartbeatDeadline)
        {
            SendHeartbeats();
        }
    }

    // §6.2: a leader that has not heard from a quorum for an election timeout steps down. Its followers refuse to vote
    // as long as they hear from it, so without this a leader whom few can reach would never be replaced.
    private void CheckQuorum()
    {
        MonoTime deadline = QuorumContact() + _options.ElectionTimeout;
        if (deadline <= _now)
        {
            BecomeFollower(_term);
            return;
        }

        _quorumDeadline = deadline;
    }

    // When a quorum, this server included if it votes, was last in contact.
    private MonoTime QuorumContact() => ReachedByMajority(ref _contacts, _now, static p => p.LastContact);

    private void HandleWritten(LogIndex match)
    {
        _mostWritten = LogIndex.Max(_mostWritten, match);
        if (match > _commit)
        {
            AdvanceCommit();
        }

        WatchOwnDisk();
    }

    // Deviation: the paper has no rule for a leader whose disk hangs while it still sends heartbeats. When another voter
    // has written more and its own log is not durable up to there for an election timeout, it makes way for a faster one:
    // what is needed next may be a snapshot, which it cannot read either.
    private void WatchOwnDisk()
    {
        if (_role != RaftRole.Leader || (_ownDiskDeadline != MonoTime.Never && _durability.DurableIndex < _ownDiskMark))
        {
            return;
        }

        bool lags = _durability.DurableIndex < _mostWritten;
        _ownDiskMark = _mostWritten;
        _ownDiskDeadline = lags ? _now + _options.ElectionTimeout : MonoTime.Never;
    }

    private void SetRole(RaftRole role)
    {
        if (_role != role)
        {
            _role = role;
            _changes |= RaftChanges.Role;
        }
    }

    private void SetLeader(ServerId leader)
    {
        if (_leader != leader)
        {
            _leader = leader;
            _changes |= RaftChanges.Leader;
        }
    }

    private void SetTerm(Term term, ServerId vote)
    {
        Invariant.Require(term > _term || (term == _term && _vote.IsNone), "one vote for each term, and no way back");
        if (term > _term)
        {
            _outbox.DropHeld();
            _changes |= RaftChanges.Term;
        }

        _changes |= RaftChanges.Vote;
        _term = term;
        _vote = vote;
        _durability.HardStateChanged();
    }
}
