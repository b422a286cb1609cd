using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What a server has told others outlasts a crash: its term, its one vote in that term, and the entries that it has
/// acknowledged (dissertation §3.4, §3.5: persistent state is updated before responding to requests). It looks at what leaves
/// a server and at what comes back after each start, so that no second crash or candidate is needed to see the harm.
/// </summary>
public sealed class PromisesKept : IChecker
{
    private readonly PerServer<Promise> _promises = new(_ => new Promise());

    /// <inheritdoc/>
    public string Name => "promises-kept";

    /// <inheritdoc/>
    public void Sent(int server, in Envelope envelope)
    {
        if (envelope.Message.Kind != ServerMessageKind.Raft)
        {
            return;
        }

        ref readonly RaftMessage message = ref envelope.Message.Raft;
        Promise promise = Of(server, envelope.FromDisk);
        switch (message.Kind)
        {
            case RaftMessageKind.PreVote or RaftMessageKind.PreVoteReply:
                // They speak of a term that may never be.
                return;
            case RaftMessageKind.Vote:
                Vote(promise, server, message.Term, message.From);
                break;
            case RaftMessageKind.VoteReply when !message.Reject:
                Vote(promise, server, message.Term, message.To);
                break;
            case RaftMessageKind.AppendReply when !message.Reject:
                promise.Acknowledge(message.Term, message.Index);
                break;
        }

        promise.Term = message.Term > promise.Term ? message.Term : promise.Term;
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        Promise promise = Of(observation.Server, observation.Disk);
        if (promise.Incarnation == observation.Incarnation)
        {
            return;
        }

        promise.Incarnation = observation.Incarnation;
        ref readonly RaftStatus now = ref observation.Now;
        if (now.Term < promise.Term)
        {
            throw Broken(observation.Server, $"starts in term {now.Term}, but had spoken in term {promise.Term}");
        }

        if (now.Term == promise.VotedIn && now.Vote != promise.Vote)
        {
            throw Broken(observation.Server, $"starts in term {now.Term} with a vote for "
                + $"{(now.Vote.IsNone ? "nobody" : now.Vote)}, but had told its vote for {promise.Vote}");
        }

        if (now.Term == promise.AcknowledgedIn && now.LastIndex < promise.Acknowledged)
        {
            throw Broken(observation.Server, $"starts in term {now.Term} with a log up to {now.LastIndex}, but had acknowledged "
                + $"everything up to {promise.Acknowledged} to the leader of that term");
        }
    }

    private void Vote(Promise promise, int server, Term term, ServerId candidate)
    {
        if (promise.VotedIn == term && promise.Vote != candidate)
        {
            throw Broken(server, $"votes for {candidate} in term {term}, but had voted for {promise.Vote}");
        }

        if (term > promise.VotedIn)
        {
            (promise.VotedIn, promise.Vote) = (term, candidate);
        }
    }

    // A server with another disk is another server.
    private Promise Of(int server, DiskId disk)
    {
        if (_promises[server].Disk != disk)
        {
            _promises[server] = new Promise { Disk = disk };
        }

        return _promises[server];
    }

    private ViolationException Broken(int server, string what) => new(Name, $"server {server} {what}");

    private sealed class Promise
    {
        public DiskId Disk { get; init; }

        public int Incarnation { get; set; }

        public Term Term { get; set; }

        public Term VotedIn { get; set; }

        public ServerId Vote { get; set; }

        public Term AcknowledgedIn { get; private set; }

        public LogIndex Acknowledged { get; private set; }

        // Within a term a log only grows: a leader of a later one may have had it cut off.
        public void Acknowledge(Term term, LogIndex index)
        {
            if (term > AcknowledgedIn)
            {
                (AcknowledgedIn, Acknowledged) = (term, index);
            }
            else if (term == AcknowledgedIn)
            {
                Acknowledged = LogIndex.Max(Acknowledged, index);
            }
        }
    }
}
