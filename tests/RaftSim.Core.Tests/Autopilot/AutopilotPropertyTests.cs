using FsCheck;
using FsCheck.Fluent;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

// What holds for every cluster, checked against naive counting. Failures print the seed to replay.
public sealed class AutopilotPropertyTests
{
    private static readonly WallTime Now = new(1_700_000_000_000_000_000);
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(2_000).WithReplay(20_260, 11);

    private static readonly Gen<RaftSuffrage> Suffrages = Gen.Frequency(
        (6, Gen.Constant(RaftSuffrage.Voter)),
        (2, Gen.Constant(RaftSuffrage.NonVoter)),
        (1, Gen.Constant(RaftSuffrage.Staging)));

    // Null: membership does not know the server.
    private static readonly Gen<NodeStatus?> Statuses = Gen.Frequency(
        (6, Gen.Constant<NodeStatus?>(NodeStatus.Alive)),
        (2, Gen.Constant<NodeStatus?>(NodeStatus.Failed)),
        (1, Gen.Constant<NodeStatus?>(NodeStatus.Left)),
        (1, Gen.Constant<NodeStatus?>(NodeStatus.Unknown)),
        (2, Gen.Constant<NodeStatus?>(null)));

    private static readonly Gen<ServerStats> AllStats =
        from contact in Gen.Elements(-1L, 0L, 200_000_000L, 200_000_001L)
        from term in Gen.Elements(2UL, 3UL, 3UL, 3UL, 4UL)
        from index in Gen.Elements(749UL, 750UL, 1_000UL, 1_001UL)
        select new ServerStats(new(contact), new(term), new(index));

    private static readonly Gen<(RaftSuffrage Suffrage, NodeStatus? Status, ServerStats Stats)> Servers =
        from suffrage in Suffrages
        from status in Statuses
        from stats in AllStats
        select (suffrage, status, stats);

    private static readonly Gen<AutopilotInputs> Clusters =
        from count in Gen.Choose(0, 9)
        from servers in Servers.ListOf(count)
        from minQuorum in Gen.Choose(0, 7)
        from leader in Gen.Choose(0, 9)
        select Inputs(servers, (ulong)minQuorum, leader);

    private static readonly Gen<AutopilotServerState> States =
        from id in Gen.Choose(0, 4)
        from state in Gen.Elements(
            RaftState.None, RaftState.Leader, RaftState.Voter, RaftState.NonVoter, RaftState.Staging)
        from healthy in Gen.Elements(true, false)
        from since in Gen.Choose(0, 2)
        select new AutopilotServerState
        {
            Server = new() { Id = new($"s{id}") },
            State = state,
            Health = new(healthy, new(since)),
        };

    // Goal: FailureTolerance is what killing voters shows: the largest number any set of which can die and a quorum of
    // healthy voters remains (Nomad documentation of FailureTolerance).
    [Fact]
    public void Failure_tolerance_is_what_killing_servers_shows() =>
        Prop.ForAll(Clusters.ToArbitrary(), inputs =>
        {
            AutopilotState state = State(inputs);
            bool[] healthy =
                [.. state.Servers.Where(server => server.HasVotingRights).Select(server => server.Health.Healthy)];
            return state.FailureTolerance == TolerableDeaths(healthy);
        }).Check(Runs);

    // Goal: pruning leaves MinQuorum voters, takes fewer than half of the voters, and only dead servers, each once.
    [Fact]
    public void Pruning_stays_within_its_limits() =>
        Prop.ForAll(Clusters.ToArbitrary(), inputs =>
        {
            ReconcilePlan plan = AutopilotEngine.PruneDeadServers(inputs, null, new StablePromoter());
            int voters = inputs.RaftServers.Count(server => server.Suffrage == RaftSuffrage.Voter);
            int removed = plan.Actions.Count(action => Suffrage(inputs, action.Server) == RaftSuffrage.Voter);
            return (removed == 0 || (ulong)(voters - removed) >= inputs.Config!.MinQuorum)
                && removed <= Math.Max(0, voters - 1) / 2
                && plan.Actions.DistinctBy(action => action.Server).Count() == plan.Actions.Count
                && plan.Actions.All(action => IsDead(inputs, action.Server));
        }).Check(Runs);

    // Goal: every dead server is either removed or spoken of, and a dead non-voter is always removed.
    [Fact]
    public void Every_dead_server_is_accounted_for() =>
        Prop.ForAll(Clusters.ToArbitrary(), inputs =>
        {
            ReconcilePlan plan = AutopilotEngine.PruneDeadServers(inputs, null, new StablePromoter());
            return inputs.RaftServers.Where(server => IsDead(inputs, server.Id)).All(server =>
                plan.Actions.Any(action => action.Server == server.Id)
                || (server.Suffrage == RaftSuffrage.Voter
                    && plan.Refusals.Any(refusal => refusal.Server == server.Id)));
        }).Check(Runs);

    // Goal: round after round, pruning comes to an end, and dead voters are left only where a limit says so.
    [Fact]
    public void Repeated_pruning_ends_at_a_limit() =>
        Prop.ForAll(Clusters.ToArbitrary(), inputs =>
        {
            for (int round = 0; round < 10; round++)
            {
                ReconcilePlan plan = AutopilotEngine.PruneDeadServers(inputs, null, new StablePromoter());
                if (plan.Actions.Count == 0)
                {
                    int voters = inputs.RaftServers.Count(server => server.Suffrage == RaftSuffrage.Voter);
                    return voters <= 2 || (ulong)voters <= inputs.Config!.MinQuorum
                        || inputs.RaftServers.All(server => !IsDead(inputs, server.Id));
                }

                inputs = inputs with
                {
                    RaftServers =
                    [
                        .. inputs.RaftServers.Where(
                            server => plan.Actions.All(action => action.Server != server.Id)),
                    ],
                };
            }

            return false;
        }).Check(Runs);

    // Goal: the voter order is a total order, so that every sort gives one result.
    [Fact]
    public void Voter_order_is_total() =>
        Prop.ForAll(States.Three().ToArbitrary(), three =>
        {
            (AutopilotServerState a, AutopilotServerState b, AutopilotServerState c) = three;
            int ab = Math.Sign(AutopilotEngine.CompareVoters(a, b));
            int bc = Math.Sign(AutopilotEngine.CompareVoters(b, c));
            int ac = Math.Sign(AutopilotEngine.CompareVoters(a, c));
            bool antisymmetric = ab == -Math.Sign(AutopilotEngine.CompareVoters(b, a));
            bool transitive = !(ab <= 0 && bc <= 0) || ac <= 0;

            // Ids are unique in a cluster: two that differ in the id are never equal.
            bool definite = ab != 0 || a.Server.Id == b.Server.Id;
            return antisymmetric && transitive && definite;
        }).Check(Runs.WithMaxTest(20_000));

    // Goal: the order in which membership and Raft list the servers makes no difference.
    [Fact]
    public void State_does_not_depend_on_the_order_of_the_lists() =>
        Prop.ForAll(Clusters.ToArbitrary(), inputs =>
        {
            AutopilotInputs turned = inputs with
            {
                RaftServers = [.. inputs.RaftServers.Reverse()],
                KnownServers = [.. inputs.KnownServers.Reverse()],
                FetchedStats = [.. inputs.FetchedStats.Reverse()],
            };
            AutopilotState one = State(inputs);
            AutopilotState other = State(turned);
            return one.Servers.SequenceEqual(other.Servers)
                && one.Voters.SequenceEqual(other.Voters)
                && (one.Healthy, one.FailureTolerance, one.Leader) == (other.Healthy, other.FailureTolerance, other.Leader);
        }).Check(Runs);

    // Goal: StableSince is when the server was first seen or its health last changed (Nomad documentation).
    [Fact]
    public void Stable_since_is_the_last_change_of_health() =>
        Prop.ForAll(Gen.Elements(true, false).NonEmptyListOf().ToArbitrary(), history =>
        {
            AutopilotState? state = null;
            WallTime changed = WallTime.None;
            bool? last = null;
            for (int i = 0; i < history.Count; i++)
            {
                WallTime now = Now + Duration.Seconds(2 * i);
                NodeStatus status = history[i] ? NodeStatus.Alive : NodeStatus.Failed;
                AutopilotInputs inputs = Inputs([(RaftSuffrage.Voter, status, Good)], 0, 0) with { Now = now };
                state = AutopilotEngine.ComputeState(inputs, state, new StablePromoter()).State;
                changed = last == history[i] ? changed : now;
                last = history[i];
                if (state!.Servers[0].Health != new ServerHealth(history[i], changed))
                {
                    return false;
                }
            }

            return true;
        }).Check(Runs);

    private static ServerStats Good => new(Duration.Zero, new(3), new(1_000));

    private static AutopilotInputs Inputs(
        List<(RaftSuffrage Suffrage, NodeStatus? Status, ServerStats Stats)> servers, ulong minQuorum, int leader) =>
        new()
        {
            Now = Now,
            FirstStateTime = Now,
            Config = AutopilotConfig.Default with { MinQuorum = minQuorum },
            RaftServers =
                [.. servers.Select((server, i) => new RaftServer(new($"s{i}"), new($"s{i}:1"), server.Suffrage))],
            KnownServers =
            [
                .. servers.Index().Where(one => one.Item.Status is not null).Select(one => new AutopilotServer
                {
                    Id = new($"s{one.Index}"),
                    NodeStatus = one.Item.Status!.Value,
                }),
            ],
            Leader = leader < servers.Count ? new($"s{leader}") : default,
            IsLeader = true,
            LastIndex = new(1_000),
            LastTerm = new(3),
            FetchedStats = [.. servers.Select((server, i) => KeyValuePair.Create(new ServerId($"s{i}"), server.Stats))],
        };

    private static AutopilotState State(AutopilotInputs inputs) =>
        AutopilotEngine.ComputeState(inputs, null, new StablePromoter()).State!;

    private static RaftSuffrage Suffrage(AutopilotInputs inputs, ServerId id) =>
        inputs.RaftServers.Single(server => server.Id == id).Suffrage;

    private static bool IsDead(AutopilotInputs inputs, ServerId id) =>
        inputs.KnownServers.SingleOrDefault(server => server.Id == id)?.NodeStatus != NodeStatus.Alive;

    // Kills every subset of the healthy voters: the largest size at which no subset breaks the quorum of all voters.
    private static int TolerableDeaths(bool[] healthy)
    {
        int smallestFatal = int.MaxValue;
        for (int dead = 0; dead < 1 << healthy.Length; dead++)
        {
            int deaths = int.PopCount(dead);
            int alive = healthy.Where((isHealthy, i) => isHealthy && (dead & (1 << i)) == 0).Count();
            if (alive * 2 <= healthy.Length)
            {
                smallestFatal = Math.Min(smallestFatal, deaths);
            }
        }

        return Math.Max(0, smallestFatal - 1);
    }
}
