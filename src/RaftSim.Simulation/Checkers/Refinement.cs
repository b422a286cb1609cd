using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Every step of every server is one that Raft allows: given how it stood, what it has received since and how it stands now,
/// some actions of the specification explain the difference, and what it sends is what they would send (dissertation,
/// figure 3.1 and appendix B; §3.10, §4.2.3 and §9.6 for transfers and pre-votes). Other checkers hold servers against each
/// other; this one holds each against a model of itself, and so sees a wrong step before it does harm.
/// </summary>
/// <remarks>
/// A server takes all that waits for it in one step, so what is asked is whether some order of it explains the step. Where
/// that is not known, nothing is objected to. Left to others: timers and the promises of leases, for which this one has no
/// clock (elections-begin, lease-promises); votes of a majority (elected-by-majority); what must outlast a crash
/// (promises-kept); that a leader appends only (leader-append-only), that its commits are on a majority
/// (committed-on-quorum), and that nothing committed changes (committed-never-changes).
/// </remarks>
public sealed partial class Refinement : IChecker
{
    private readonly PerServer<ModelServer> _servers = new(number => new ModelServer(number));

    /// <inheritdoc/>
    public string Name => "refinement";

    /// <inheritdoc/>
    public void Stopped(int server) => _servers[server].Stop();

    /// <inheritdoc/>
    public void Received(int server, in Envelope envelope)
    {
        if (envelope.Message.Kind != ServerMessageKind.Raft)
        {
            return;
        }

        ModelServer model = _servers[server];
        ref readonly RaftMessage message = ref envelope.Message.Raft;
        if (!model.IsLive)
        {
            model.HearEarly(message);
            return;
        }

        // A message to its former self, with another disk, is not for it.
        if (envelope.ToDisk.IsNone || envelope.ToDisk == model.Disk)
        {
            if (model.HasSpoken)
            {
                model.Rest();
                Settle(model, model.Status.Term);
            }

            model.Hear(message, envelope.FromDisk);
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        ModelServer model = _servers[observation.Server];
        ref readonly RaftStatus now = ref observation.Now;
        if (!model.IsLive || model.Incarnation != observation.Incarnation)
        {
            RequireStored(model, observation, now);
            model.Begin(observation);
        }
        else if (now.Term >= model.Status.Term)
        {
            bool isInstalled = IsInstalled(model, now);
            RequireTerm(model, now);
            RequireVote(model, now, isInstalled);
            RequireRole(model, now);
            RequireLog(model, observation, now, isInstalled);
            RequireCommit(model, observation.Log, now, isInstalled);
            Term before = model.Status.Term;
            model.Advance(observation, now);
            Settle(model, before);
        }
    }

    // ---- After a start ----

    // §3.4, figure 3.1: term and vote are stored. A server may have written, in the step in which it stopped, what nobody has
    // seen; so it may be ahead by what it had heard, and by an election of its own.
    private void RequireStored(ModelServer model, in ServerObservation seen, in RaftStatus now)
    {
        if (model.Incarnation == 0 || seen.Disk != model.Disk)
        {
            return;
        }

        ref readonly RaftStatus last = ref model.Status;
        Term newest = model.Newest > last.Term ? model.Newest : last.Term;
        if (now.Term > newest.Next)
        {
            throw Broken(model, $"starts in term {now.Term}, but has stopped in {last.Term} and heard of none after {newest}");
        }

        // One that was not durable may be lost, and another be given at once.
        bool isOther = now.Term == last.Term && !now.Vote.IsNone && !last.Vote.IsNone && now.Vote != last.Vote;
        if (isOther && !model.Heard.IsIncomplete && model.Heard.FindBallot(now.Term, now.Vote) is null)
        {
            throw Broken(
                model, $"starts in term {now.Term} with a vote for {now.Vote}, but has stopped with one for {last.Vote}");
        }
    }

    // ---- Term ----

    // §3.3, §3.4: a term comes with a message, or is begun with an election of one's own.
    private void RequireTerm(ModelServer model, in RaftStatus now)
    {
        ref readonly RaftStatus before = ref model.Status;
        if (now.Term == before.Term)
        {
            return;
        }

        if (now.Vote == now.Self)
        {
            RequireCandidacy(model, now);
        }
        else if (!model.Heard.HasTerm(now.Term) && !IsForming(before, now.Term))
        {
            throw Broken(model, $"went from term {before.Term} to {now.Term}, but has received no message of that term, nor "
                + "voted for itself in it");
        }
    }

    // Decision 2: the first configuration is written outside of Raft, as the only entry of a term that nobody voted in.
    // Who writes it goes on to campaign in the same step.
    private static bool IsForming(in RaftStatus before, Term first) =>
        before.Term == Term.Zero && before.LastIndex == LogIndex.Zero && first.Value == 1;

    // §9.6: a majority has said that it would vote; §3.10: or the leader has said that it is time. A server that alone has a
    // vote asks nobody.
    private void RequireCandidacy(ModelServer model, in RaftStatus now)
    {
        ref readonly RaftStatus before = ref model.Status;
        Term last = new(now.Term.Value - 1);
        bool isNext = last == before.Term;
        bool isAlone = (IsAlone(before) || IsAlone(now)) && (isNext || model.Heard.HasTerm(last) || IsForming(before, last));
        bool hasAsked = isAlone || (isNext && before.Role == RaftRole.PreCandidate
            && (model.IsWanted || model.IsWantedBy(before.Configuration) || model.IsWantedBy(now.Configuration)));
        bool hasLed = isNext && before.Role == RaftRole.Leader;
        bool isCalled = !hasLed && model.Heard.HasCall(last, isNext ? before.Leader : default);
        if (!isCalled && !hasAsked)
        {
            throw Broken(model, $"was {before.Role} in term {before.Term} and campaigns in {now.Term}, but no majority has said "
                + "that it would vote for it, and no leader of the term before that it is time");
        }

        RequireRight(model, now);
        model.Campaigns(isCalled || model.Heard.IsIncomplete, hasAsked || model.Heard.IsIncomplete);
    }

    private static bool IsAlone(in RaftStatus status) =>
        status.Configuration.VoterCount == 1 && status.Configuration.IsVoter(status.Self);

    // §4.2.2 and docs/RAFT.md (3): who votes, or voted before a change that is not known to be committed.
    private void RequireRight(ModelServer model, in RaftStatus now)
    {
        ref readonly RaftStatus before = ref model.Status;
        bool mayCampaign = before.Configuration.IsVoter(now.Self) || now.Configuration.IsVoter(now.Self)
            || before.ConfigurationIndex > before.Commit || now.ConfigurationIndex > now.Commit;
        if (!mayCampaign)
        {
            throw Broken(model, $"campaigns in term {now.Term} without a vote in configuration {now.ConfigurationIndex}, which "
                + "is committed");
        }
    }

    // ---- Vote ----

    // §3.4: one vote a term, for whoever asked in that term; §3.6.1: whose log is at least as new.
    private void RequireVote(ModelServer model, in RaftStatus now, bool isInstalled)
    {
        ref readonly RaftStatus before = ref model.Status;
        bool isNewTerm = now.Term > before.Term;
        if (isNewTerm ? now.Vote.IsNone || now.Vote == now.Self : now.Vote == before.Vote)
        {
            return;
        }

        if (!isNewTerm && (!before.Vote.IsNone || now.Vote == now.Self))
        {
            throw Broken(model, $"has a vote for {Named(now.Vote)} in term {now.Term}, where it had one for {Named(before.Vote)} "
                + "and began no election");
        }

        if (model.Heard.FindBallot(now.Term, now.Vote) is not { } ballot)
        {
            if (!model.Heard.IsIncomplete)
            {
                throw Broken(model, $"voted for {now.Vote} in term {now.Term}, which has not asked for its vote");
            }

            return;
        }

        // Its log may have changed before or behind the vote; what it was between two changes is not known.
        bool isUpToDate = ballot.IsUpToDate || isInstalled || model.Heard.Appends.Count > 1
            || IsUpToDate(ballot.Last, now);
        if (!isUpToDate)
        {
            throw Broken(model, $"voted for {now.Vote} in term {now.Term}, whose log ends at {ballot.Last.Index} with term "
                + $"{ballot.Last.Term}, but its own at {before.LastIndex} with term {before.LastTerm}");
        }
    }

    private static bool IsUpToDate(in LogPosition last, in RaftStatus now) => last.Term > now.LastTerm
        || (last.Term == now.LastTerm && last.Index >= now.LastIndex);

    // ---- Role and leader ----

    // §3.4, figure 3.3, with a pre-candidate between follower and candidate (§9.6).
    private void RequireRole(ModelServer model, in RaftStatus now)
    {
        ref readonly RaftStatus before = ref model.Status;
        bool isSameTerm = now.Term == before.Term;
        switch (now.Role)
        {
            case RaftRole.Leader when before.Role is not (RaftRole.Leader or RaftRole.Candidate) || !isSameTerm:
                throw Broken(model, $"leads term {now.Term}, but was {before.Role} in term {before.Term}, and a term must be "
                    + "durable before it is led");
            case RaftRole.Candidate when now.Vote != now.Self || (isSameTerm && before.Role != RaftRole.Candidate):
                throw Broken(model, $"is a candidate in term {now.Term}, but was {before.Role} in term {before.Term} and has a "
                    + $"vote for {Named(now.Vote)}");
            case RaftRole.PreCandidate when before.Role == RaftRole.Leader:
                throw Broken(model, $"led term {before.Term} and asks for pre-votes in {now.Term} at once");
            case RaftRole.PreCandidate when before.Role != RaftRole.PreCandidate:
                RequireRight(model, now);
                break;
            case RaftRole.Follower when isSameTerm && !model.Heard.HasLeader(now.Term)
                && before.Role is RaftRole.Candidate or RaftRole.PreCandidate:
                throw Broken(model, $"was {before.Role} in term {now.Term} and follows, but no leader of that term has spoken");
        }

        RequireLeader(model, now, isSameTerm);
    }

    // §3.5: who leads a term is learnt from the leader itself.
    private void RequireLeader(ModelServer model, in RaftStatus now, bool isSameTerm)
    {
        ref readonly RaftStatus before = ref model.Status;
        if (now.Leader.IsNone || (isSameTerm && now.Leader == before.Leader))
        {
            return;
        }

        bool isKnown = now.Role == RaftRole.Leader ? now.Leader == now.Self : model.Heard.HasLeader(now.Term, now.Leader);
        if (!isKnown)
        {
            throw Broken(model, $"follows {now.Leader} in term {now.Term}, which has not spoken as its leader");
        }
    }

    private static string Named(ServerId server) => server.IsNone ? "nobody" : server.Value;

    private ViolationException Broken(ModelServer model, string what) => new(Name, $"server {model.Number} {what}");
}
