using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Timing;

/// <summary>Measures <see cref="RunTimes"/> while a world runs. It judges nothing.</summary>
internal sealed class TimeKeeper(SimWorld world) : IChecker
{
    private readonly Duration[] _heardAt = new Duration[world.ServerCount];
    private Term _term;
    private Duration? _lostAt;
    private LogIndex _committed;
    private Duration? _waitingSince;
    private int _firstOpen;
    private bool _isOver;

    /// <inheritdoc/>
    public string Name => "times";

    /// <summary>What was measured so far.</summary>
    public RunTimes Times { get; } = new();

    /// <inheritdoc/>
    public void Received(int server, in Envelope envelope)
    {
        ref readonly RaftMessage message = ref envelope.Message.Raft;
        if (envelope.Message.Kind == ServerMessageKind.Raft
            && message.Kind is RaftMessageKind.Append or RaftMessageKind.Heartbeat
            && message.Term >= world.Servers[server].Status.Term)
        {
            _heardAt[server] = world.Now;
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server)
    {
        NoteStandstill();
        if (world.Servers[server].Status.Role == RaftRole.Leader)
        {
            _heardAt[server] = world.Now;
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (_isOver)
        {
            return;
        }

        if (observation is { Before.Role: RaftRole.Leader, Now.Role: not RaftRole.Leader })
        {
            _heardAt[observation.Server] = world.Now;
        }

        if (observation.BecameLeader && observation.Now.Term > _term)
        {
            // One that came to nothing is no end of the search.
            _lostAt = _term == Term.Zero ? null : _lostAt ?? LastMajority(observation);
            _term = observation.Now.Term;
        }

        if (world.Committed > _committed)
        {
            NoteStandstill();
            _committed = world.Committed;
            _waitingSince = FirstOpen() is null ? null : world.Now;
            NoteFailover(observation);
        }
    }

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (_isOver || request is not ProposeRequest)
        {
            return;
        }

        // If nobody else waits any more, another standstill begins.
        ServerRequest? first = FirstOpen();
        if (_waitingSince is null || first is null || ReferenceEquals(first, request))
        {
            _waitingSince = world.Now;
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        if (_isOver || observation.Request is not ProposeRequest)
        {
            return;
        }

        if (observation.Reply is CommandReply)
        {
            Times.Commands.Add(world.Now - observation.AskedAt);
        }
        else
        {
            NoteStandstill();
        }
    }

    /// <summary>What comes now does not count any more.</summary>
    public void End()
    {
        NoteStandstill();
        _isOver = true;
    }

    private void NoteFailover(in ServerObservation observation)
    {
        ref readonly RaftStatus now = ref observation.Now;
        if (_lostAt is { } lostAt && now.Term == _term && observation.Log.TermAt(now.Commit) == _term)
        {
            Times.Failovers.Add(world.Now - lostAt);
            _lostAt = null;
        }
    }

    private void NoteStandstill()
    {
        if (!_isOver && _waitingSince is { } since)
        {
            Times.StoodStill(world.Now - since);
        }
    }

    // The first command that somebody still waits for.
    private ServerRequest? FirstOpen()
    {
        IReadOnlyList<SimRequest> requests = world.Requests;
        while (_firstOpen < requests.Count
            && (requests[_firstOpen].IsOver || requests[_firstOpen].Request is not ProposeRequest))
        {
            _firstOpen++;
        }

        return _firstOpen < requests.Count ? requests[_firstOpen].Request : null;
    }

    // Since then fewer than a majority of the voters have heard from a leader.
    private Duration LastMajority(in ServerObservation elected)
    {
        List<Duration> heard = [];
        foreach (ConfiguredServer voter in elected.Now.Configuration.Servers)
        {
            if (voter.Suffrage == Suffrage.Voter)
            {
                heard.Add(HeardBy(voter.Id, elected.Server));
            }
        }

        heard.Sort();
        return heard.Count == 0 ? world.Now : heard[(heard.Count - 1) / 2];
    }

    private Duration HeardBy(ServerId id, int elected)
    {
        foreach (SimServer server in world.Servers)
        {
            if (server.Status.Self == id)
            {
                return server.Number != elected && IsLeading(server) ? world.Now : _heardAt[server.Number];
            }
        }

        return Duration.Zero;
    }

    private static bool IsLeading(SimServer server) => server.IsObserved && server.Status.Role == RaftRole.Leader;
}
