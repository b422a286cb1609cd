using System.Runtime.InteropServices;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What autopilot says of the health of servers is true: each report was so on that server when it was made, under this
/// leader; who counts as alive was heard; and what follows from it is worked out right, by the documented rules. Callers
/// are told a state that some leader had between question and answer. Source: docs/AUTOPILOT.md.
/// </summary>
internal sealed class HealthTruth(SettingsHistory settings, Contacts contacts) : IChecker
{
    private readonly PerServer<Run?> _runs = new(_ => null);

    // By server and report: when it was last so, in steps of the world.
    private readonly Lookup<(ServerId Server, ServerStats Stats), long> _reports = new();
    private readonly PerServer<Reign?> _leading = new(_ => null);
    private readonly Lookup<ulong, Held> _states = new();
    private readonly Lookup<ServerRequest, long> _calls = new(ReferenceEqualityComparer.Instance);
    private readonly List<ReplyObservation> _answers = [];
    private long _steps;

    /// <inheritdoc/>
    public string Name => "health-truth";

    /// <summary>Since when a server is healthy in the states that a leader has computed; null when it is not.</summary>
    public MonoTime? HealthySince(int leader, ServerId server) =>
        _runs[leader] is { } run && run.HealthySince.TryGetValue(server, out MonoTime since) ? since : null;

    /// <summary>When a leader computed its first state; null when it has not.</summary>
    public MonoTime? FirstState(int leader) => _runs[leader]?.First;

    /// <summary>A server makes a report of itself, and this is how it stands.</summary>
    public void Reported(ServerId server, in ServerStats stats) => _reports[(server, stats)] = _steps;

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is GetAutopilotHealthRequest)
        {
            _calls.Add(request, _steps);
        }
    }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        if (observation.Reply is AutopilotHealthReply { State: not null })
        {
            _answers.Add(observation);
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (observation.BecameLeader)
        {
            contacts.Leads(observation.Server, observation.Now.Term);
            _leading[observation.Server] = new Reign(_steps) { Status = observation.Before };
        }

        Look(observation.Server, observation.Now, observation.Log);
        if (observation.Now.Role == RaftRole.Leader)
        {
            _leading[observation.Server]!.Status = observation.Now;
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => End(server);

    /// <summary>A server has made a step. How it stands is news only where it is observed, too.</summary>
    public void Look(int server, in RaftStatus status, ReplicaLog log)
    {
        NoteDepartures(server, status);
        if (status.Role == RaftRole.Leader && contacts.Look(server).State is { } state)
        {
            Take(server, state, status, log);

            // Who left in the step of a leader's first state, behind it: there was nothing to note it in before.
            NoteDepartures(server, status);
        }
        else
        {
            End(server);
        }

        _steps++;
        foreach (ReplyObservation answer in _answers)
        {
            Judge(answer);
        }

        _answers.Clear();
    }

    private void NoteDepartures(int server, in RaftStatus status)
    {
        if (_leading[server] is not { } leading
            || leading.Status.ConfigurationIndex == status.ConfigurationIndex
            || _runs[server] is not { } run)
        {
            return;
        }

        foreach (ConfiguredServer one in leading.Status.Configuration.Servers)
        {
            if (!status.Configuration.TryFind(one.Id, out ConfiguredServer still) || still.AddedAt != one.AddedAt)
            {
                run.Departed.Add(one.Id);
            }
        }
    }

    private void End(int server)
    {
        if (_runs[server] is { } run)
        {
            run.Held.Until = _steps;
            _runs[server] = null;
        }
    }

    private void Take(int server, AutopilotState state, in RaftStatus status, ReplicaLog log)
    {
        Run? run = _runs[server];
        bool isKnown = run is not null && run.State.FirstStateTime == state.FirstStateTime;
        if (!isKnown)
        {
            End(server);
            run = new Run(contacts.Look(server).Now);
            _runs[server] = run;
        }

        if (ReferenceEquals(run!.State, state))
        {
            return;
        }

        // A departure in the very step may have come before or after the state.
        WallTime wall = contacts.Look(server).Wall;
        AutopilotState? before = isKnown ? run.State : null;
        if (!HealthArithmetic.IsRight(state, before, wall) && !HealthArithmetic.IsRight(state, run.Remembered, wall))
        {
            throw Wrong(server, "does not add up");
        }

        Require(server, state, status, log);
        run.Held.Until = _steps;
        run.Note(state, status.Configuration, contacts.Look(server).Now);
        ulong gist = Gist(state);
        run.Held = _states.TryFind(gist, out Held held) ? held : new Held();
        run.Held.Until = long.MaxValue;
        _states[gist] = run.Held;
    }

    private void Require(int server, AutopilotState state, in RaftStatus status, ReplicaLog log)
    {
        Reign reign = _leading[server]!;
        RaftStatus before = reign.Status;

        // The state was computed somewhere within the step.
        if (!Lists(server, state, status.Configuration, status.Self)
            && !Lists(server, state, before.Configuration, status.Self))
        {
            throw Wrong(server, "lists other servers than the configuration, or with another standing");
        }

        foreach (AutopilotServerState one in state.Servers)
        {
            ServerStats stats = one.Stats;
            bool isTrue = one.Server.Id == status.Self
                ? stats.LastContact == Duration.Zero && stats.LastIndex <= log.LastIndex
                    && log.TermAt(stats.LastIndex) == stats.LastTerm
                : stats == default || (_reports.TryFind((one.Server.Id, stats), out long at) && at >= reign.Since);
            if (!isTrue)
            {
                throw Wrong(server, $"says of {one.Server.Id} what it has not reported under this leader: {stats}");
            }
        }

        if (!settings.Between(before.Commit, status.Commit).Any(config => HealthArithmetic.Follows(state, config)))
        {
            throw Wrong(server, "does not follow from the reports and the settings that this leader knew");
        }
    }

    private bool Lists(int server, AutopilotState state, Configuration configuration, ServerId self)
    {
        if (state.Servers.Count != configuration.Servers.Length)
        {
            return false;
        }

        foreach (ConfiguredServer one in configuration.Servers)
        {
            RaftState standing = one.Suffrage == Suffrage.Voter ? RaftState.Voter : RaftState.NonVoter;
            NodeStatus node = contacts.IsAlive(server, self, one) ? NodeStatus.Alive : NodeStatus.Failed;
            if (state.Find(one.Id) is not { } listed || listed.Server.Address != one.Address || listed.Server.NodeStatus != node
                || listed.State != (one.Id == self ? RaftState.Leader : standing))
            {
                return false;
            }
        }

        // A leader on its way out is in no list any more (dissertation §4.2.2).
        return state.Leader == (configuration.Contains(self) ? self : default);
    }

    private void Judge(in ReplyObservation answer)
    {
        AutopilotState state = ((AutopilotHealthReply)answer.Reply).State!;
        if (!_states.TryFind(Gist(state), out Held held) || held.Until < _calls[answer.Request])
        {
            throw Wrong(answer.Server, "was answered, but no leader had it between question and answer");
        }
    }

    private ViolationException Wrong(int server, string what) => new(Name, $"a state of the autopilot of server {server} {what}");

    // What callers are shown of the health of all and of each. What upgrades and zones make of it is left to other checkers.
    private static ulong Gist(AutopilotState state)
    {
        ulong gist = Mix(0, state.FirstStateTime.UnixNanos, state.FailureTolerance, state.Healthy ? 1 : 0);
        gist = Mix(gist, state.Leader.Value);
        foreach (ServerId voter in state.Voters)
        {
            gist = Mix(gist, voter.Value);
        }

        foreach (AutopilotServerState one in state.Servers)
        {
            gist = Mix(Mix(gist, one.Server.Id.Value), one.Server.Address.Value);
            gist = Mix(gist, (long)one.Server.NodeStatus, (long)one.State, one.Health.Healthy ? 1 : 0);
            gist = Mix(gist, one.Stats.LastContact.Nanos, one.Health.StableSince.UnixNanos, 0);
            gist = Prng.Hash(Prng.Hash(gist, one.Stats.LastTerm.Value), one.Stats.LastIndex.Value);
        }

        return gist;
    }

    private static ulong Mix(ulong gist, long first, long second, long third) =>
        unchecked(Prng.Hash(Prng.Hash(Prng.Hash(gist, (ulong)first), (ulong)second), (ulong)third));

    private static ulong Mix(ulong gist, string? text) => TraceHash.Of(MemoryMarshal.AsBytes(text.AsSpan()), gist);

    // Since when a server leads, in steps of the world, and how it stood when it was last observed.
    private sealed class Reign(long since)
    {
        public long Since { get; } = since;

        public RaftStatus Status { get; set; }
    }

    // From the first state of a leader to its last.
    private sealed class Run(MonoTime first)
    {
        public MonoTime First { get; } = first;

        public AutopilotState State { get; private set; } = new();

        public Held Held { get; set; } = new();

        public SortedDictionary<ServerId, MonoTime> HealthySince { get; } = [];

        // Who has left the configuration since that state.
        public SortedSet<ServerId> Departed { get; } = [];

        public AutopilotState Remembered =>
            State with { Servers = [.. State.Servers.Where(one => !Departed.Contains(one.Server.Id))] };

        public void Note(AutopilotState state, Configuration configuration, MonoTime now)
        {
            State = state;
            foreach (ServerId gone in HealthySince.Keys
                .Where(id => Departed.Contains(id) || state.Find(id) is not { Health.Healthy: true }).ToArray())
            {
                HealthySince.Remove(gone);
            }

            // Who is not back has left behind the state, perhaps in the same step, and is first seen when it comes.
            Departed.RemoveWhere(configuration.Contains);
            foreach (AutopilotServerState one in state.Servers.Where(one => one.Health.Healthy))
            {
                HealthySince.TryAdd(one.Server.Id, now);
            }
        }
    }

    // How long a leader had a state.
    private sealed class Held
    {
        public long Until { get; set; }
    }
}
