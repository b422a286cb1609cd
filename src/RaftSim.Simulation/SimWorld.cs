using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Recording;
using RaftSim.Simulation.States;
using RaftSim.Simulation.Timing;
using RaftSim.Wire;

namespace RaftSim.Simulation;

/// <summary>
/// A whole cluster in virtual time: real servers over a simulated network, disks and clocks, with checkers that watch
/// every step. Everything follows from the seed. Drive it by hand with <see cref="RunFor"/> and the verbs, or let
/// <see cref="Run"/> throw faults and work at it. A broken promise ends it with <see cref="SimulationFailedException"/>.
/// </summary>
public sealed partial class SimWorld
{
    // 2024-01-01T00:00:00Z: any moment would do, but entries are stamped with it, so it must be the same in every run.
    private const long WallClockStart = 1_704_067_200_000_000_000;

    // Origins of clocks: up to about 116 days, more than any run takes.
    private const ulong ClockOriginMax = 10_000_000_000_000_000;

    private readonly SimServer[] _servers;
    private readonly FaultCounts _faults = new();
    private readonly CommitHistory _history = new();
    private readonly ElectionSafety _elections = new();
    private readonly Linearizability _linearizability;
    private readonly SettingsHistory _settings;
    private readonly Contacts _contacts;
    private readonly HealthTruth _health;
    private readonly TimeKeeper _times;
    private readonly Census _census;
    private readonly StateWatch _states;
    private readonly IChecker[] _checkers;
    private readonly Listeners _listeners;
    private readonly List<SimRequest> _requests = [];
    private readonly SortedSet<string> _sometimes = new(StringComparer.Ordinal);
    private TraceHash _hash;
    private long _events;
    private int _answered;
    private int _acknowledged;
    private Violation? _violation;

    /// <summary>Most servers of a world: 1000, as of a configuration.</summary>
    public const int ServersMax = Limits.ConfigurationServersMax;

    /// <summary>The longest time that a run may be asked to last: 8760 h.</summary>
    public static readonly Duration DurationMax = Duration.Seconds(86_400 * 365);

    /// <summary>Makes a world and starts all of its servers, with empty disks.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="servers">How many servers: 1 to <see cref="ServersMax"/>; default 3.</param>
    /// <param name="options">What it is made of. Default: a calm world.</param>
    public SimWorld(ulong seed, int servers = 3, SimOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(servers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(servers, ServersMax);
        Seed = seed;
        Options = options ?? new SimOptions();
        Options.Validate();
        Rule.Require(Options.Newcomers < servers, nameof(Options.Newcomers), Options.Newcomers, $"must be 0 to {servers - 1}");
        Timeline = new Timeline(new EventHeap());
        ListedPeer[] peers = new ListedPeer[servers];
        ServerAddress[] addresses = new ServerAddress[servers];
        for (int i = 0; i < servers; i++)
        {
            addresses[i] = AddressOf(i);
            peers[i] = new ListedPeer($"s{i}", addresses[i]);
        }

        Network = new SimNetwork(Timeline, seed, addresses, _faults)
        {
            Options = Options.Network,
            EncodesMessages = Options.EncodesMessages,
            Watched = Observe,
            Decided = Befalls,
            Reporting = from => NoteReport(_servers![from]),
            Hears = number => _servers![number].IsUp,
        };
        _servers = new SimServer[servers];
        Shown shown = new();
        _linearizability = new Linearizability(_history, shown);
        _settings = new SettingsHistory(_history, shown);
        _contacts = new Contacts(
            number => Sight(_servers![number]),
            number => _servers![number].Node?.AutopilotStateAt(_servers[number].Clock.At(Timeline.Now)));
        _health = new HealthTruth(_settings, _contacts);
        _states = new StateWatch(servers, () => Now, _contacts.Look);
        _census = new Census(WhatIs);
        _times = new TimeKeeper(this);
        _checkers =
        [
            _census, _history, _elections, new LogMatching(), new LeaderCompleteness(_history), new LeaderAppendOnly(),
            new CommittedOnQuorum(), new ConfigurationSafety(WireCodec.Configurations.Decode),
            new StateMachineSafety(_history),
            new ExactlyOnce(), new Checkers.Durability(_history), _linearizability, _settings,
            _health, new AutopilotSafety(_settings, _contacts, _health, _census, () => IsUpgraded || Options.Newcomers > 0),
            new QuorumKept(_contacts, _census), new ToleranceKept(_settings, _contacts), new VotesGiven(_settings, _contacts),
            new PromisesKept(), new ReadsSeeCommits(_history), new ElectedByMajority(), new OperatorAnswers(_history, shown),
            new Refinement(), new LeasePromises(ClockOf, PromiseOf),
            new ElectionsBegin(ClockOf, number => _servers![number].Options.ElectionTimeout),
            .. Options.Checkers.Select(checker => new Blamed(checker)), _states, _times,
        ];
        _listeners = new Listeners(_checkers);
        int founders = servers - Options.Newcomers;
        for (int i = 0; i < servers; i++)
        {
            _servers[i] = NewServer(i, i < founders ? peers[..founders] : peers);
            _servers[i].Presence = i < founders ? Presence.Here : Presence.Coming;
        }

        _peers = peers;
        _fewestVoters = CountFewestVoters();

        Watched(() =>
        {
            foreach (SimServer server in _servers.AsSpan(0, founders))
            {
                Start(server);
            }
        });
    }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>What the world is made of.</summary>
    public SimOptions Options { get; }

    /// <summary>The network.</summary>
    public SimNetwork Network { get; }

    /// <summary>How many servers there are, up or down. They are numbered from 0.</summary>
    public int ServerCount => _servers.Length;

    /// <summary>Virtual time since the start of the world.</summary>
    public Duration Now => new(Timeline.Now);

    /// <summary>How many events have taken place.</summary>
    public long Events => _events;

    /// <summary>How often each kind of fault has happened.</summary>
    public FaultCounts Faults => _faults;

    /// <summary>
    /// Where to write what happens, line by line: what servers do, what arrives, and what becomes of messages that do not, or
    /// come twice. Default: nowhere.
    /// </summary>
    public TextWriter? Trace
    {
        get;
        set
        {
            field = value;
            HearFates();
        }
    }

    /// <summary>The highest index that was committed, by anybody.</summary>
    public LogIndex Committed => _history.Last;

    /// <summary>All requests made so far.</summary>
    public IReadOnlyList<SimRequest> Requests => _requests;

    /// <summary>Whether servers have run several versions.</summary>
    internal bool IsUpgraded { get; set; }

    /// <summary>Whether leaders answer reads by lease.</summary>
    internal bool HasLeases => _servers[0].Options.ReadLease;

    /// <summary>The server that leads the highest term; <see langword="null"/> when none that is up leads.</summary>
    public int? Leader
    {
        get
        {
            SimServer? leader = null;
            foreach (SimServer server in _servers)
            {
                if (server.IsUp
                    && server.Status.Role == RaftRole.Leader
                    && server.IsObserved
                    && (leader is null || server.Status.Term > leader.Status.Term))
                {
                    leader = server;
                }
            }

            return leader?.Number;
        }
    }

    /// <summary>What a server says of itself before it has said anything.</summary>
    internal static readonly RaftStatus Unknown = new()
    {
        Self = default,
        Role = RaftRole.Follower,
        Term = Term.Zero,
        Vote = default,
        Leader = default,
        LastIndex = LogIndex.Zero,
        LastTerm = Term.Zero,
        DurableIndex = LogIndex.Zero,
        Commit = LogIndex.Zero,
        Applied = LogIndex.Zero,
        HasCommittedThisTerm = false,
        Configuration = Configuration.Empty,
        ConfigurationIndex = LogIndex.Zero,
        LeaderContact = null,
    };

    internal Timeline Timeline { get; }

    internal ReadOnlySpan<SimServer> Servers => _servers;

    /// <summary>All that watch every step.</summary>
    internal IReadOnlyList<IChecker> Checkers => _checkers;

    /// <summary>Whether a server is up.</summary>
    public bool IsUp(int server) => ServerOf(server).IsUp;

    /// <summary>A running server, for reading only; throws <see cref="InvalidOperationException"/> when it is down.</summary>
    public ServerNode Node(int server) =>
        ServerOf(server).Node ?? throw new InvalidOperationException($"server {server} is down");

    /// <summary>A server's own view of Raft; what it last said while it is down.</summary>
    public RaftStatus Status(int server) => ServerOf(server).Status;

    /// <summary>The state machine of a running server; throws <see cref="InvalidOperationException"/> when it is down.</summary>
    public IStateMachine StateMachine(int server) =>
        ServerOf(server).Apply?.Machine ?? throw new InvalidOperationException($"server {server} is down");

    /// <summary>The identity of a server's data folder as last seen; none after a wipe, until the server has started.</summary>
    public DiskId DiskOf(int server) => ServerOf(server).DiskId;

    /// <summary>What became of the world so far.</summary>
    public SimulationResult Result => new()
    {
        Seed = Seed,
        Servers = ServerCount,
        TraceHash = _hash.Value,
        Elapsed = Now,
        Events = _events,
        MessagesSent = Network.Sent,
        MessagesDelivered = Network.Delivered,
        Elections = _elections.TermsLed,
        Committed = _history.Last,
        Requests = _requests.Count,
        Times = _times.Times,
        Answered = _answered,
        Acknowledged = _acknowledged,
        Faults = _faults,
        IsRecoverable = _isRecoverable,
        Asked = AskedKinds,
        Traits = DescribeTraits(),
        Reached = _states.Reached,
        Sometimes = [.. _sometimes],
        Violation = _violation,
        ReplayCommand = ReplayCommand,
    };

    private SimServer ServerOf(int server, string name = "server")
    {
        Rule.RequireServer(server, _servers.Length, name);
        return _servers[server];
    }

    private SimServer NewServer(int number, ListedPeer[] peers)
    {
        ServerOptions options = Options.Configure(number, new ServerOptions
        {
            Name = $"s{number}",
            Address = AddressOf(number),
            Peers = peers,
            WallClockOrigin = new WallTime(WallClockStart),
            SegmentBytes = 64 << 10,
        });
        Prng draws = Draw.Of(Seed, Concern.Disk).At(number).Stream();
        SimDisk disk = new(draws, Options.Disk, (wake, delay) => ScheduleDisk(_servers[number], wake, delay))
        {
            Noted = fault => NoteDisk(_servers[number], fault),
        };
        return new SimServer(number, options, disk) { WallSkew = SkewOf(number) };
    }

    private void Start(SimServer server)
    {
        server.Incarnation++;
        Draw clock = Draw.Of(Seed, Concern.Clock).At(server.Number).At(server.Incarnation);
        int drift = DriftOf(server, clock);
        if (drift != 0)
        {
            _faults.Fired(FaultKind.Drift);
        }

        server.Clock = new SimClock(Timeline.Now, (long)clock.Below(1, ClockOriginMax), drift);
        IStateMachine machine = Options.StateMachine();
        _linearizability.IsTally = machine is TallyMachine;
        server.Apply = new SimApplyStage(
            this,
            server,
            machine,
            Draw.Of(Seed, Concern.Apply).At(server.Number).At(server.Incarnation));
        server.Log = new ReplicaLog();
        server.IsObserved = false;
        Record?.Became(server.Number, LaneState.Starting);
        server.Steps = 0;
        server.BusyUntil = Timeline.Now;
        server.DisturbedAt = Timeline.Now;
        server.DeadlineAt = long.MaxValue;
        MonoTime now = server.Clock.At(Timeline.Now);
        ServerOptions options = server.Options with
        {
            // The wall clock is as right as its skew lets it be, whatever the monotonic one shows.
            WallClockOrigin = server.Options.WallClockOrigin + server.WallSkew
                + new Duration(Timeline.Now - now.Nanos),
        };
        server.WallClockOrigin = options.WallClockOrigin;
        Guard(server, () => server.Node = new ServerNode(
            options,
            Network.Transport(server.Number),
            server.Disk,
            server.Apply,
            new Listener(this, server),
            Draw.Of(Seed, Concern.Server).At(server.Number).At(server.Incarnation).Stream(),
            now));
        Step(server, []);
    }

    // Half of the clocks are as fast or as slow as they may be: bounds are broken at their edge, if at all.
    private int DriftOf(SimServer server, Draw clock)
    {
        int max = Options.DriftPpmMax;
        Draw all = Draw.Of(Seed, Concern.Clock);
        if (server.Options.ReadLease && all.PerMille(6, 500))
        {
            // Leases rest on the clocks: a slow one among fast ones is the worst for them.
            return all.Below(7, ServerCount) == server.Number ? -max : max;
        }

        int edge = clock.PerMille(5, 500) ? max : -max;
        return clock.PerMille(4, 500) ? edge : clock.Below(2, (2 * max) + 1) - max;
    }

    private void ScheduleDisk(SimServer server, ulong wake, Duration delay)
    {
        server.DiskWake = checked((int)wake);
        Duration span = (delay * server.DiskSlowness) + server.DiskStall;
        server.SlowDiskBites.Happen();
        if (server.DiskStall > Duration.Zero)
        {
            server.StalledDiskBites.Happen();
            server.DisturbedAt = Math.Max(server.DisturbedAt, Timeline.Now + span.Nanos);
            server.DiskStall = Duration.Zero;
        }

        Timeline.Schedule(Timeline.Now + span.Nanos, SimEventKind.Disk, server.Number, 0, server.DiskWake);
    }
}
