using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>A small cluster in virtual time around one driver: s1 leads, and everybody answers unless told otherwise.</summary>
internal sealed class DriverBench
{
    public static readonly Duration StateInterval = Duration.Seconds(2);
    public static readonly Duration ReconcileInterval = Duration.Seconds(10);
    private static readonly WallTime Origin = new(1_700_000_000_000_000_000);

    public DriverBench(params Peer[] peers)
    {
        foreach (Peer peer in peers)
        {
            Peers.Add(peer.Id, peer);
        }

        Driver = new(StateInterval, ReconcileInterval, Promoter);
    }

    public SortedDictionary<ServerId, Peer> Peers { get; } = [];

    public Switchable Promoter { get; } = new();

    public AutopilotDriver Driver { get; }

    public AutopilotConfig? Config { get; set; } = AutopilotConfig.Default;

    public bool ReconciliationEnabled { get; set; } = true;

    public LogIndex LastIndex { get; set; } = new(1_000);

    public MonoTime Now { get; private set; } = new(5_000_000_000);

    public WallTime Wall => Origin + new Duration(Now.Nanos);

    /// <summary>Every stats request: when, which round, whom.</summary>
    public List<(MonoTime At, ulong Round, ServerId Server)> Asked { get; } = [];

    /// <summary>Every action issued.</summary>
    public List<AutopilotAction> Actions { get; } = [];

    /// <summary>When a new state was there.</summary>
    public List<MonoTime> States { get; } = [];

    public List<string> Events { get; } = [];

    /// <summary>Every reply given.</summary>
    public List<(ServerId Server, ulong Round)> Replied { get; } = [];

    /// <summary>Sees whatever the driver wants done, before it is done.</summary>
    public Action<AutopilotReady> OnIssue { get; set; } = static _ => { };

    /// <summary>Whether actions are carried out at once and reported; else the test reports them.</summary>
    public bool CarriesOut { get; set; } = true;

    public AutopilotInputs View => new()
    {
        Now = Wall,
        FirstStateTime = WallTime.None,
        Config = Config,
        RaftServers = [.. Peers.Values.Where(peer => peer.Suffrage is not null)
            .Select(peer => new RaftServer(peer.Id, new($"{peer.Id}:1"), peer.Suffrage!.Value))],
        KnownServers = [.. Peers.Values.Where(peer => peer.Status is not null)
            .Select(peer => new AutopilotServer
            {
                Id = peer.Id,
                Name = peer.Id.ToString(),
                NodeStatus = peer.Status!.Value,
                Version = peer.Version,
                Meta = peer.Tags,
            })],
        Leader = new("s1"),
        IsLeader = true,
        LastIndex = LastIndex,
        LastTerm = new(3),
        ReconciliationEnabled = ReconciliationEnabled,
    };

    public Peer this[string id] => Peers[new(id)];

    public DriverBench Started()
    {
        Driver.Start(Now);
        Run(Duration.Zero);
        return this;
    }

    /// <summary>Lets time pass as a shell does: sleeps until the deadline, ticks, carries out.</summary>
    public void Run(Duration span)
    {
        MonoTime end = Now + span;
        while (true)
        {
            if (Driver.NextDeadline > Now)
            {
                if (Driver.NextDeadline > end)
                {
                    Now = end;
                    return;
                }

                Now = Driver.NextDeadline;
            }

            TickAndTake();
        }
    }

    public void TickAndTake()
    {
        Driver.Tick(View, Now);
        Take();
    }

    /// <summary>Lets time pass without a tick: a pause of the process.</summary>
    public void Sleep(Duration span) => Now += span;

    public void Take()
    {
        while (Driver.TryTakeReady(out AutopilotReady ready))
        {
            OnIssue(ready);
            Events.AddRange(ready.Events.Select(one => one.Text));
            if (ready.StateUpdated)
            {
                States.Add(Now);
            }

            foreach (ServerId server in ready.StatsFrom)
            {
                Asked.Add((Now, ready.StatsRound, server));
                if (Peers.TryGetValue(server, out Peer? peer) && peer.Answers)
                {
                    Reply(server, ready.StatsRound);
                }
            }

            if (ready.Action is { } action)
            {
                Actions.Add(action);
                if (CarriesOut)
                {
                    CarryOut(action);
                }
            }
        }
    }

    public void Reply(ServerId server, ulong round)
    {
        ServerStats stats = Peers[server].Stats ?? new(Duration.Milliseconds(10), new(3), LastIndex);
        Replied.Add((server, round));
        Driver.StatsReceived(server, round, in stats, Now);
    }

    /// <summary>Does the latest action and reports it done.</summary>
    public void CarryOut(AutopilotAction action)
    {
        Peer peer = Peers[action.Server];
        peer.Suffrage = action.Kind switch
        {
            AutopilotActionKind.Promote => RaftSuffrage.Voter,
            AutopilotActionKind.Demote => RaftSuffrage.NonVoter,
            AutopilotActionKind.TransferLeadership => peer.Suffrage,
            _ => null,
        };
        Driver.ActionCompleted(action.Id, true, "", Now);
    }

    /// <summary>A server as the world sees it.</summary>
    internal sealed class Peer(string id)
    {
        public ServerId Id { get; } = new(id);

        /// <summary>Its place in the Raft configuration; null: none.</summary>
        public RaftSuffrage? Suffrage { get; set; } = RaftSuffrage.Voter;

        /// <summary>Membership's opinion; null: unknown to it.</summary>
        public NodeStatus? Status { get; set; } = NodeStatus.Alive;

        public bool Answers { get; set; } = true;

        public string Version { get; set; } = "1.0.0";

        public SortedDictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

        /// <summary>What it reports; null: in touch and up to date.</summary>
        public ServerStats? Stats { get; set; }
    }

    /// <summary>The stable policy, unless a test sets another. Counts how often it is asked about all servers.</summary>
    internal sealed class Switchable : IPromoter
    {
        public FixedPromoter? Fixed { get; set; }

        public IPromoter Standard { get; set; } = new StablePromoter();

        public int Questions { get; private set; }

        private IPromoter Current => Fixed ?? Standard;

        public PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state)
        {
            Questions++;
            return Current.Decide(inputs, state);
        }

        public NodeType Classify(AutopilotInputs inputs, AutopilotServerState server) => Current.Classify(inputs, server);

        public AutopilotState Extend(AutopilotInputs inputs, AutopilotState state)
        {
            Questions++;
            return Current.Extend(inputs, state);
        }

        public DeadServers FilterRemovals(AutopilotInputs inputs, AutopilotState? state, DeadServers dead)
        {
            Questions++;
            return Current.FilterRemovals(inputs, state, dead);
        }
    }
}
