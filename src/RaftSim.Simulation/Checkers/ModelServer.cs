using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// The reference model's view of one server: how it last stood, what the servers have told it since, and what it may say.
/// All of it follows from messages and from what was seen; the server itself is not asked.
/// </summary>
internal sealed class ModelServer(int number)
{
    private const int FewMax = 16;

    private readonly Lookup<ServerId, LogIndex> _matches = new();
    private readonly List<ServerId> _willing = [];
    private readonly List<LogPosition> _asked = [];
    private readonly List<LogPosition> _offers = [];
    private RaftStatus _status = SimWorld.Unknown;
    private Configuration _askedIn = Configuration.Empty;
    private bool _isAskedIncomplete;
    private bool _areOffersIncomplete;
    private Term _ackedIn;
    private LogIndex _acked;

    public int Number { get; } = number;

    public DiskId Disk { get; private set; }

    public int Incarnation { get; private set; }

    /// <summary>Whether it runs and was seen in this life.</summary>
    public bool IsLive { get; private set; }

    /// <summary>How it stood when it was last seen.</summary>
    public ref readonly RaftStatus Status => ref _status;

    public ReplicaLog Log { get; private set; } = new();

    public Heard Heard { get; } = new();

    /// <summary>What it has said in the step under way and is to be held against how it stands behind it.</summary>
    public Owed Owed { get; } = new();

    /// <summary>Whether it has sent something since it was last seen, or last received something.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>The newest term that its disk may know: what it had, or had heard of when it was last up.</summary>
    public Term Newest { get; private set; }

    /// <summary>How far its log is known to be that of the leader of its term, by what that leader has sent.</summary>
    public LogIndex Matched { get; private set; }

    /// <summary>Whether the leader before called it to campaign; none: it did not campaign, or had asked, too.</summary>
    public bool? IsCalled { get; private set; }

    /// <summary>It was seen for the first time in this life.</summary>
    public void Begin(in ServerObservation seen)
    {
        if (seen.Disk != Disk)
        {
            // A server with another disk is another server.
            (_ackedIn, _acked, Disk) = (Term.Zero, LogIndex.Zero, seen.Disk);
        }

        Incarnation = seen.Incarnation;
        IsLive = true;
        EnterTerm();
        Stand(seen.Log, seen.Now);

        // What came while it started may have been taken in this very step: a call, too, of which nothing is known then.
        LogIndex told = _ackedIn == _status.Term ? _acked : LogIndex.Zero;
        Matched = LogIndex.Min(Heard.IsIncomplete ? _status.LastIndex : told, _status.LastIndex);
        Match();
        Matched = LogIndex.Max(Matched, OfferedAndThere(Log));
        _isAskedIncomplete = _status.Role != RaftRole.Follower || _status.Vote == _status.Self;
        IsCalled = null;
        Heard.Clear();
        Owed.Clear();
        HasSpoken = false;
    }

    /// <summary>Its step is explained: from here on it stands as it was seen.</summary>
    public void Advance(in ServerObservation seen, in RaftStatus now)
    {
        LogPosition before = new(_status.LastIndex, _status.LastTerm);
        bool hasCampaigned = now.Term > _status.Term && now.Vote == now.Self;

        // A newer term ends what was asked in the one before; whoever asks in both has asked anew.
        bool asks = now.Role == RaftRole.PreCandidate
            && (_status.Role != RaftRole.PreCandidate || now.Term != _status.Term);
        bool hasMoved = before.Index != now.LastIndex || before.Term != now.LastTerm;
        if (now.Term != _status.Term)
        {
            EnterTerm();
        }

        Stand(seen.Log, now);
        if (hasCampaigned || asks)
        {
            // What it asked with: the end of its log at some moment of this step.
            Ask(before);
            _isAskedIncomplete |= hasMoved && Heard.Appends.Count > 0;
            _askedIn = now.Configuration;
        }

        if (hasCampaigned || asks || (now.Role == RaftRole.PreCandidate && hasMoved))
        {
            Ask(new(now.LastIndex, now.LastTerm));
        }

        Match();
        Matched = LogIndex.Max(Matched, OfferedAndThere(Log));
        Heard.Clear();
        HasSpoken = false;
    }

    /// <summary>
    /// The step in which it last spoke is over, and it was not seen since: so all that it had received is taken, and has
    /// changed nothing.
    /// </summary>
    public void Rest()
    {
        Match();
        Heard.Clear();
        HasSpoken = false;
    }

    /// <summary>It campaigns, and why is known: whether it was called, or has asked.</summary>
    public void Campaigns(bool isCalled, bool hasAsked) => IsCalled = isCalled == hasAsked ? null : isCalled;

    /// <summary>It stopped.</summary>
    public void Stop()
    {
        Newest = _status.Term > Heard.Newest ? _status.Term : Heard.Newest;
        IsLive = false;
        _offers.Clear();
        _areOffersIncomplete = false;
        Heard.Clear();
        Owed.Clear();
        HasSpoken = false;
    }

    /// <summary>A message came before it was seen in this life: in the step of its start it may take it.</summary>
    public void HearEarly(in RaftMessage message)
    {
        Newest = message.Term > Newest ? message.Term : Newest;
        switch (message.Kind)
        {
            case RaftMessageKind.Vote:
                Heard.AddBallot(message.Term, message.From, new(message.Index, message.LogTerm), IsUpToDate(message));
                break;
            case RaftMessageKind.Append:
                Heard.AddAppend(ToldEntries.Of(message, Log));
                break;
            case RaftMessageKind.Snapshot:
                HearOffer(new(message.Index, message.LogTerm));
                break;
        }
    }

    /// <summary>It sends something: what comes from here on it takes in a later step.</summary>
    public void Speak() => HasSpoken = true;

    /// <summary>Whether its log has an entry of a term at an index.</summary>
    public bool Has(in LogPosition position) =>
        position.Index <= Log.LastIndex && Log.TermAt(position.Index) == position.Term;

    /// <summary>Whether a leader has offered it the snapshot that ends at a place, in this life.</summary>
    public bool IsOffered(in LogPosition last) => _areOffersIncomplete || _offers.Contains(last);

    /// <summary>The last place offered that a log has; 0 for none.</summary>
    public LogIndex OfferedAndThere(ReplicaLog log)
    {
        LogIndex last = LogIndex.Zero;
        foreach (LogPosition offer in _offers)
        {
            bool isThere = offer.Index <= log.LastIndex && log.TermAt(offer.Index) == offer.Term;
            last = isThere ? LogIndex.Max(last, offer.Index) : last;
        }

        return last;
    }

    /// <summary>Whether a request for votes or pre-votes may say that its log ends at a place.</summary>
    public bool HasAskedWith(in LogPosition last) => _isAskedIncomplete || _asked.Contains(last);

    /// <summary>Whether a majority of the voters of a configuration would vote for it, by what it has received.</summary>
    public bool IsWantedBy(Configuration configuration)
    {
        int votes = configuration.IsVoter(_status.Self) ? 1 : 0;
        foreach (ServerId server in _willing)
        {
            votes += configuration.IsVoter(server) ? 1 : 0;
        }

        return configuration.VoterCount > 0 && votes >= configuration.Quorum;
    }

    /// <summary>The same of the configuration in which it began to ask.</summary>
    public bool IsWanted => IsWantedBy(_askedIn);

    /// <summary>How far another server has told it, as the leader of this term, that their logs match.</summary>
    public LogIndex MatchOf(ServerId server) => _matches.TryFind(server, out LogIndex index) ? index : LogIndex.Zero;

    /// <summary>It has told the leader of a term how far their logs match; that outlasts a crash.</summary>
    public void Acknowledges(Term term, LogIndex index) =>
        (_ackedIn, _acked) = (term, term == _ackedIn ? LogIndex.Max(_acked, index) : index);

    /// <summary>A message came that is for it.</summary>
    public void Hear(in RaftMessage message, DiskId from)
    {
        Term term = message.Term;
        if (message.Kind == RaftMessageKind.PreVote)
        {
            return;
        }

        if (message is { Kind: RaftMessageKind.PreVoteReply, Reject: false })
        {
            HearWilling(message, from);
            return;
        }

        if (term < _status.Term)
        {
            return;
        }

        if (term > _status.Term)
        {
            Heard.AddTerm(term);
        }

        switch (message.Kind)
        {
            case RaftMessageKind.Vote:
                Heard.AddBallot(term, message.From, new(message.Index, message.LogTerm), IsUpToDate(message));
                break;
            case RaftMessageKind.Append:
                HearLeader(message);
                HearAppend(message);
                break;
            case RaftMessageKind.Heartbeat:
                HearLeader(message);
                Heard.AddCommit(LogIndex.Min(message.Commit, MatchedIn(term)));
                break;
            case RaftMessageKind.Snapshot:
                HearLeader(message);
                HearOffer(new(message.Index, message.LogTerm));
                break;
            case RaftMessageKind.TimeoutNow:
                Heard.AddCall(term, message.From);
                break;
            case RaftMessageKind.AppendReply when !message.Reject && term == _status.Term && IsOfItsDisk(message.From, from):
                HearMatch(message.From, message.Index);
                break;
        }
    }

    /// <summary>Whether a log that ends there is at least as new as its own (dissertation §3.6.1).</summary>
    public bool IsUpToDate(in LogPosition last) => last.Term > _status.LastTerm
        || (last.Term == _status.LastTerm && last.Index >= _status.LastIndex);

    private bool IsUpToDate(in RaftMessage vote) => IsUpToDate(new LogPosition(vote.Index, vote.LogTerm));

    // What the leader knows to match may have been told in a life before.
    private LogIndex MatchedIn(Term term)
    {
        LogIndex told = term == _ackedIn ? _acked : LogIndex.Zero;
        return term == _status.Term ? LogIndex.Max(Matched, told) : told;
    }

    // Who is followed already explains nothing more by speaking again.
    private void HearLeader(in RaftMessage message)
    {
        if (message.Term != _status.Term || message.From != _status.Leader || _status.Role != RaftRole.Follower)
        {
            Heard.AddLeader(message.Term, message.From);
        }
    }

    // By Log Matching a log that has the last of the entries has all of them: nothing changes, and nothing is kept.
    private void HearAppend(in RaftMessage append)
    {
        LogPosition end = ToldEntries.EndOf(append);
        if (append.Term == _status.Term && Heard.Appends.Count == 0 && Has(end))
        {
            Matched = LogIndex.Max(Matched, end.Index);
            Heard.AddCommit(LogIndex.Min(append.Commit, end.Index));
            return;
        }

        Heard.AddAppend(ToldEntries.Of(append, Log));
    }

    private void HearOffer(in LogPosition last)
    {
        if (Has(last))
        {
            Matched = LogIndex.Max(Matched, last.Index);
            Heard.AddCommit(last.Index);
        }

        if (!_offers.Contains(last))
        {
            if (_offers.Count == FewMax)
            {
                _areOffersIncomplete = true;
                _offers.RemoveAt(0);
            }

            _offers.Add(last);
        }
    }

    private void HearWilling(in RaftMessage reply, DiskId from)
    {
        if (reply.Term == _status.Term.Next && IsOfItsDisk(reply.From, from) && !_willing.Contains(reply.From))
        {
            _willing.Add(reply.From);
        }
    }

    // §3.5, and docs/RAFT.md (5): the word of a server whose disk is not the one that was added does not count.
    private bool IsOfItsDisk(ServerId server, DiskId disk) =>
        !_status.Configuration.TryFind(server, out ConfiguredServer known) || known.Disk == disk;

    private void HearMatch(ServerId server, LogIndex index)
    {
        if (!_matches.TryFind(server, out LogIndex known) || index > known)
        {
            _matches[server] = index;
        }
    }

    // What a leader of this term has sent and the log has, in whatever order it came; what had no room may have been all of it.
    private void Match()
    {
        Matched = Heard.IsIncomplete ? _status.LastIndex : Matched;
        foreach (ToldEntries told in Heard.Appends)
        {
            if (told.Term == _status.Term && Has(told.End))
            {
                Matched = LogIndex.Max(Matched, told.End.Index);
            }
        }
    }

    private void Ask(in LogPosition last)
    {
        if (_asked.Contains(last))
        {
            return;
        }

        _isAskedIncomplete |= _asked.Count == FewMax;
        if (!_isAskedIncomplete)
        {
            _asked.Add(last);
        }
    }

    // What was known of others, and said by itself, was of the term before.
    private void EnterTerm()
    {
        Matched = LogIndex.Zero;
        _matches.Clear();
        _willing.Clear();
        _asked.Clear();
        _isAskedIncomplete = false;
    }

    private void Stand(ReplicaLog log, in RaftStatus now)
    {
        _status = now;
        Log = log;
    }
}
