using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// With leases, a server that follows a leader gives no vote, nor campaigns, for an election timeout of its own clock from
/// when it last heard that leader, and from its start (dissertation §6.4.1; docs/RAFT.md, "Leases"). The leader's own requests
/// are free, and elections that it has called for. One broken promise does no harm, and so is hard to see by stale reads.
/// </summary>
/// <param name="clock">A server's clock, by its number.</param>
/// <param name="promiseOf">For how long a server promises; <see langword="null"/> without leases.</param>
public sealed class LeasePromises(Func<int, MonoTime> clock, Func<int, Duration?> promiseOf) : IChecker
{
    private readonly PerServer<Promise> _promises = new(_ => new Promise());

    /// <inheritdoc/>
    public string Name => "lease-promises";

    /// <inheritdoc/>
    public void Stopped(int server) => _promises[server].Stop();

    /// <inheritdoc/>
    public void Received(int server, in Envelope envelope)
    {
        if (envelope.Message.Kind != ServerMessageKind.Raft || promiseOf(server) is null)
        {
            return;
        }

        Promise promise = _promises[server];
        ref readonly RaftMessage message = ref envelope.Message.Raft;
        if (!promise.IsLive || (!envelope.ToDisk.IsNone && envelope.ToDisk != promise.Disk))
        {
            return;
        }

        MonoTime at = clock(server);
        promise.Settle(at);
        switch (message.Kind)
        {
            case RaftMessageKind.Heartbeat or RaftMessageKind.Append or RaftMessageKind.Snapshot:
                promise.Hear(message.Term, message.From, at);
                break;
            case RaftMessageKind.PreVote or RaftMessageKind.Vote when promise.IsTo(message.From):
                promise.Release();
                break;
            case RaftMessageKind.Vote when message.IsTransfer:
                promise.Allow(message.Term, message.From);
                break;
            case RaftMessageKind.TimeoutNow:
                promise.Allow(message.Term.Next, message.To);
                break;
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (promiseOf(observation.Server) is not { } span)
        {
            return;
        }

        Promise promise = _promises[observation.Server];
        MonoTime at = clock(observation.Server);
        if (promise.Incarnation == observation.Incarnation)
        {
            promise.Settle(at);
            RequireUnbound(promise, observation, at, span);
        }
        else
        {
            promise.Start(observation, at);
        }

        promise.Stand(observation.Now);
    }

    private void RequireUnbound(Promise promise, in ServerObservation seen, MonoTime at, Duration span)
    {
        ref readonly RaftStatus before = ref seen.Before;
        ref readonly RaftStatus now = ref seen.Now;
        bool hasVoted = !now.Vote.IsNone && (now.Term > before.Term || now.Vote != before.Vote);
        if (hasVoted && promise.Since is { } since && at < since + span && !promise.IsAllowed(now.Term, now.Vote))
        {
            throw new ViolationException(Name, $"server {seen.Server} "
                + (now.Vote == now.Self ? "campaigns" : $"votes for {now.Vote}") + $" in term {now.Term}, but "
                + (promise.Leader.IsNone ? "started" : $"heard its leader {promise.Leader}")
                + $" {at - since} ago, by its clock, and has promised not to for {span}");
        }
    }

    private sealed class Promise
    {
        private Term _term;
        private ServerId _follows;

        // Heard in the step under way, or in one before that did not show: it counts once the server is known to have taken it.
        private (Term Term, ServerId From, MonoTime At)? _heard;

        // Called for by a leader, which holds no lease any more. There may be several in one step, late copies among them.
        private readonly List<(Term Term, ServerId Candidate)> _allowed = [];

        public int Incarnation { get; private set; }

        public bool IsLive { get; private set; }

        public DiskId Disk { get; private set; }

        /// <summary>When it last heard a leader, in a step that is over; none: it is free.</summary>
        public MonoTime? Since { get; private set; }

        /// <summary>Whom it heard; none: it was the start.</summary>
        public ServerId Leader { get; private set; }

        public void Start(in ServerObservation seen, MonoTime at)
        {
            (Incarnation, Disk, IsLive) = (seen.Incarnation, seen.Disk, true);
            (Since, Leader, _heard) = (at, default, null);
            _allowed.Clear();
        }

        public void Stop() => IsLive = false;

        public void Stand(in RaftStatus status) => (_term, _follows) = (status.Term, status.Leader);

        public void Hear(Term term, ServerId from, MonoTime at) => _heard = (term, from, at);

        /// <summary>
        /// Time has passed since something was heard: that step is over, and it was taken if it came from whom it follows.
        /// </summary>
        public void Settle(MonoTime at)
        {
            if (_heard is { } heard && heard.At < at)
            {
                if (heard.Term == _term && heard.From == _follows)
                {
                    (Since, Leader) = (heard.At, heard.From);
                    _allowed.Clear();
                }

                _heard = null;
            }
        }

        public bool IsTo(ServerId candidate) => candidate == Leader || candidate == _follows || candidate == _heard?.From;

        /// <summary>Its leader asks for a vote, and so leads no more.</summary>
        public void Release() => (Since, _heard) = (null, null);

        public void Allow(Term term, ServerId candidate) => _allowed.Add((term, candidate));

        public bool IsAllowed(Term term, ServerId candidate) => _allowed.Contains((term, candidate));
    }
}
