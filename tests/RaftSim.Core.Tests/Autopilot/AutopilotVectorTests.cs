using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

// Every published case that concerns the engine: pruning by v0.1.6, reconcile by v0.3.0. Other tables run elsewhere:
// add-server and remove-server in MembershipPlanTests, config with those who parse and store.
public sealed class AutopilotVectorTests
{
    private static readonly WallTime Now = new(1_700_000_000_000_000_000);
    private static readonly StablePromoter Promoter = new();

    public static TheoryData<string> HasVotingRights => VectorTable.Names("has-voting-rights");

    public static TheoryData<string> IsHealthy => VectorTable.Names("is-healthy");

    public static TheoryData<string> IsStable => VectorTable.Names("is-stable");

    public static TheoryData<string> StabilizationTime => VectorTable.Names("stabilization-time");

    public static TheoryData<string> FailureTolerance => VectorTable.Names("failure-tolerance");

    public static TheoryData<string> VoterOrder => VectorTable.Names("voter-order");

    public static TheoryData<string> NumVoters => VectorTable.Names("num-voters");

    public static TheoryData<string> AliveServers => VectorTable.Names("alive-servers");

    public static TheoryData<string> GatherInputs => VectorTable.Names("gather-inputs");

    public static TheoryData<string> StablePromoter => VectorTable.Names("stable-promoter");

    public static TheoryData<string> NextState => VectorTable.Names("next-state");

    public static TheoryData<string> Reconcile => VectorTable.Names("reconcile", "v0.3.0");

    // The two cases of the older revision hold for the newer one, too: an even number of voters makes no difference.
    public static TheoryData<string> ReconcileOlder => VectorTable.Names("reconcile", "v0.1.6");

    public static TheoryData<string> Prune => VectorTable.Names("prune-dead-servers", "v0.1.6");

    // Goal: only leaders and voters count as voters (raft-autopilot, HasVotingRights).
    [Theory]
    [MemberData(nameof(HasVotingRights))]
    public void Voting_rights_follow_the_state(string name)
    {
        VectorTable.Case one = VectorTable.Load("has-voting-rights", name);
        var server = new AutopilotServerState
        {
            Server = new() { Id = new("a") },
            State = VectorReader.State(one.Input.Text("state")),
        };
        Assert.Equal(one.Expected.Flag("has_voting_rights"), server.HasVotingRights);
    }

    // Goal: the health rule, its equalities included (raft-autopilot, isHealthy).
    [Theory]
    [MemberData(nameof(IsHealthy))]
    public void Health_follows_contact_term_and_index(string name)
    {
        VectorTable.Case one = VectorTable.Load("is-healthy", name);
        AutopilotConfig config = VectorReader.Config(one.Config);
        foreach (JsonProperty change in one.Input.Map("config_override"))
        {
            config = change.Name switch
            {
                "LastContactThreshold" => config with { LastContactThreshold = new(change.Value.GetInt64()) },
                "MaxTrailingLogs" => config with { MaxTrailingLogs = change.Value.GetUInt64() },
                _ => throw new InvalidDataException(change.Name),
            };
        }

        ServerStats stats = VectorReader.Stats(one.Input.GetProperty("stats"));
        bool healthy = AutopilotEngine.IsHealthy(
            VectorReader.Status(one.Input.Text("node_status")),
            in stats,
            new(one.Input.Number("leader_last_term")),
            new(one.Input.Number("leader_last_index")),
            config);
        Assert.Equal(one.Expected.Flag("healthy"), healthy);
    }

    // Goal: healthy for at least the wanted time (raft-autopilot, IsStable).
    [Theory]
    [MemberData(nameof(IsStable))]
    public void Stability_takes_time(string name)
    {
        VectorTable.Case one = VectorTable.Load("is-stable", name);
        ServerHealth health = VectorReader.Health(one.Input.GetProperty("health"));
        bool stable = AutopilotEngine.IsStable(
            in health, VectorReader.Time(one.Input.Text("now")), new(one.Input.Long("min_stable_duration_ns")));
        Assert.Equal(one.Expected.Flag("stable"), stable);
    }

    // Goal: a young autopilot does not wait (raft-autopilot, ServerStabilizationTime).
    [Theory]
    [MemberData(nameof(StabilizationTime))]
    public void Stabilization_time_starts_late(string name)
    {
        VectorTable.Case one = VectorTable.Load("stabilization-time", name);
        var config = new AutopilotConfig { ServerStabilizationTime = new(one.Input.Long("configured_ns")) };
        WallTime first = Now + new Duration(-one.Input.Long("age_since_first_state_ns"));
        Assert.Equal(
            new Duration(one.Expected.Long("effective_ns")),
            AutopilotEngine.EffectiveStabilizationTime(config, Now, first));
    }

    // Goal: healthy voters beyond the quorum of all voters (raft-autopilot, state).
    [Theory]
    [MemberData(nameof(FailureTolerance))]
    public void Failure_tolerance_counts_from_the_quorum(string name)
    {
        VectorTable.Case one = VectorTable.Load("failure-tolerance", name);
        int voters = (int)one.Input.Long("voters");
        Assert.Equal(one.Expected.Long("quorum"), AutopilotEngine.Quorum(voters));
        Assert.Equal(
            one.Expected.Long("failure_tolerance"),
            AutopilotEngine.FailureTolerance(voters, (int)one.Input.Long("healthy_voters")));
    }

    // Goal: the order of the voters list (raft-autopilot, ServerLessThan).
    [Theory]
    [MemberData(nameof(VoterOrder))]
    public void Voters_are_listed_best_first(string name)
    {
        VectorTable.Case one = VectorTable.Load("voter-order", name);
        List<AutopilotServerState> servers =
        [
            .. one.Input.List("servers").Select(server => new AutopilotServerState
            {
                Server = new() { Id = new(server.Text("id")) },
                State = VectorReader.State(server.Text("state")),
                Health = new(server.Flag("healthy"), VectorReader.Time(server.Text("since"))),
            }),
        ];
        servers.Sort(AutopilotEngine.CompareVoters);
        Assert.Equal(one.Expected.Ids("order"), servers.Select(server => server.Server.Id));
    }

    // Goal: only suffrage voter is a voter (raft-autopilot, numVoters).
    [Theory]
    [MemberData(nameof(NumVoters))]
    public void Voters_are_counted(string name)
    {
        VectorTable.Case one = VectorTable.Load("num-voters", name);

        // The case with an error expects 0 beside it. Reading the configuration cannot fail here: it is part of the inputs.
        Assert.Equal(one.Expected.Long("voters"), AutopilotEngine.VoterCount(one.Input.RaftServers("servers")));
    }

    // Goal: everybody but those that left is asked (raft-autopilot, aliveServers).
    [Theory]
    [MemberData(nameof(AliveServers))]
    public void Stats_are_asked_of_all_that_have_not_left(string name)
    {
        VectorTable.Case one = VectorTable.Load("alive-servers", name);
        Assert.Equal(
            one.Expected.Flag("stats_fetched"),
            AutopilotEngine.IsAskedForStats(VectorReader.Status(one.Input.Text("node_status"))));
    }

    // Goal: who leads, and since when there is a state (raft-autopilot, gatherNextStateInputs).
    [Theory]
    [MemberData(nameof(GatherInputs))]
    public void Inputs_name_the_leader_and_the_first_state(string name)
    {
        VectorTable.Case one = VectorTable.Load("gather-inputs", name);
        ServerId[] ids =
        [
            new("7875975d-d54b-49c1-a400-9fefcc706c67"),
            new("e72eb8da-604d-47cd-bd7f-69ec120ea2b7"),
            new("ecfc5237-63c3-4b09-94b9-d5682d9ae5b1"),
        ];
        var flagged = new ServerId(one.Input.Text("known_server_flagged_leader"));
        ServerId leader = AutopilotEngine.DetermineLeader(
            [.. ids.Select(id => new AutopilotServer { Id = id, IsLeader = id == flagged })],
            [.. ids.Select((id, i) => new RaftServer(id, new($"198.18.0.{i + 1}:8300"), RaftSuffrage.Voter))],
            new(one.Input.Text("raft_leader_address")));
        Assert.Equal(new ServerId(one.Expected.Text("leader_id")), leader);

        string before = one.Input.Text("previous_first_state_time");
        AutopilotState? previous = before.Length > 0 ? new() { FirstStateTime = VectorReader.Time(before) } : null;
        Assert.Equal(
            VectorReader.Time(one.Expected.Text("first_state_time")),
            AutopilotEngine.FirstStateTime(previous, VectorReader.Time("2020-11-02T12:00:00.000005Z")));
    }

    // Goal: who is promoted, and what kind of server each is (raft-autopilot, StablePromoter).
    [Theory]
    [MemberData(nameof(StablePromoter))]
    public void Stable_non_voters_are_promoted(string name)
    {
        VectorTable.Case one = VectorTable.Load("stable-promoter", name);
        var state = new AutopilotState
        {
            FirstStateTime = Now + new Duration(one.Input.Long("first_state_offset_ns")),
            Servers =
            [
                .. one.Input.Map("servers").Select(server => new AutopilotServerState
                {
                    Server = new() { Id = new(server.Name) },
                    State = VectorReader.State(server.Value.Text("state")),
                    Health = new(
                        server.Value.Flag("healthy"), Now + new Duration(server.Value.Long("stable_since_offset_ns"))),
                }).OrderBy(server => server.Server.Id),
            ],
        };
        AutopilotInputs inputs = Inputs() with
        {
            FirstStateTime = state.FirstStateTime,
            Config = new() { ServerStabilizationTime = new(one.Input.Long("stabilization_ns")) },
        };
        if (one.Expected.TryGetProperty("node_types", out _))
        {
            Assert.All(state.Servers, server =>
                Assert.Equal(
                    "voter",
                    one.Expected.GetProperty("node_types").Text(server.Server.Id.ToString())));
            Assert.All(state.Servers, server => Assert.Equal(NodeType.Voter, Promoter.Classify(inputs, server)));
            return;
        }

        PromoterChanges changes = Promoter.Decide(inputs, state);
        Assert.Equal(one.Expected.Ids("promotions").Order(), changes.Promotions.Order());
        Assert.Equal(one.Expected.Ids("demotions"), changes.Demotions);
        Assert.Equal(new ServerId(one.Expected.Text("leader")), changes.Leader);
    }

    // Goal: the whole state, field by field (raft-autopilot, nextStateWithInputs).
    [Theory]
    [MemberData(nameof(NextState))]
    public void State_is_built_from_all_layers(string name)
    {
        VectorTable.Case one = VectorTable.Load("next-state", name);
        JsonElement input = one.Input;
        var inputs = new AutopilotInputs
        {
            Now = VectorReader.Time(input.Text("Now")),
            FirstStateTime = VectorReader.Time(input.Text("FirstStateTime")),
            Config = VectorReader.Config(input.GetProperty("Config")),
            RaftServers = input.GetProperty("RaftConfig").RaftServers("Servers"),
            KnownServers = input.KnownServers("KnownServers"),
            Leader = new(input.Text("LeaderID")),
            IsLeader = input.Flag("IsLeader"),
            LastIndex = new(input.Number("LatestIndex")),
            LastTerm = new(input.Number("LastTerm")),
            FetchedStats =
            [
                .. input.Map("FetchedStats")
                    .Select(pair => KeyValuePair.Create(new ServerId(pair.Name), VectorReader.Stats(pair.Value)))
                    .OrderBy(pair => pair.Key),
            ],
        };
        AutopilotState previous = VectorReader.AutopilotState(input.GetProperty("CurrentState"));
        StateOutcome outcome = AutopilotEngine.ComputeState(inputs, previous, Promoter);

        AutopilotState expected = VectorReader.AutopilotState(one.Expected);
        AutopilotState state = Assert.IsType<AutopilotState>(outcome.State);
        Assert.Equal("", outcome.Failure);
        Assert.Equal(inputs.FirstStateTime, state.FirstStateTime);
        Assert.Equal(expected.Healthy, state.Healthy);
        Assert.Equal(expected.FailureTolerance, state.FailureTolerance);
        Assert.Equal(expected.Leader, state.Leader);
        Assert.Equal(expected.Voters, state.Voters);
        Assert.Equal(expected.Servers, state.Servers);
    }

    // Goal: the order of a round and where it ends (raft-autopilot v0.3.0, reconcile).
    [Theory]
    [MemberData(nameof(Reconcile))]
    [MemberData(nameof(ReconcileOlder))]
    public void Rounds_are_planned_in_order(string name)
    {
        VectorTable.Case one = VectorTable.Load("reconcile", name);
        AutopilotState state = VectorReader.AutopilotState(one.Input.GetProperty("state"));
        JsonElement changes = one.Input.GetProperty("changes");
        var promoter = new FixedPromoter
        {
            Changes = new(changes.Ids("Promotions"), changes.Ids("Demotions"), new(changes.Text("Leader"))),
        };
        ReconcilePlan plan = AutopilotEngine.Reconcile(Inputs(), state, promoter);

        (string, string, string)[] expected =
        [
            .. one.Expected.List("calls").Select(call => (call.Text("op"), call.Text("id"), call.Text("address"))),
        ];
        Assert.Equal(expected, plan.Actions.Select(action => Call(action, state)));
        Assert.Equal(one.Expected.Text("error").Length > 0, plan.Error.Length > 0);
    }

    // Goal: which dead servers go, in which order (raft-autopilot v0.1.6, pruneDeadServers).
    [Theory]
    [MemberData(nameof(Prune))]
    public void Dead_servers_go_within_the_limits(string name)
    {
        VectorTable.Case one = VectorTable.Load("prune-dead-servers", name);
        AutopilotInputs inputs = Inputs() with
        {
            Config = new()
            {
                CleanupDeadServers = !one.Input.TryGetProperty("cleanup_dead_servers", out JsonElement on) || on.GetBoolean(),
                MinQuorum = one.Input.Number("min_quorum"),
            },
            ReconciliationEnabled =
                !one.Input.TryGetProperty("reconciliation_enabled", out JsonElement enabled) || enabled.GetBoolean(),
            RaftServers = one.Input.RaftServers("raft_servers"),
            KnownServers = one.Input.KnownServers("known_servers"),
        };
        if (one.Expected.TryGetProperty("categories", out JsonElement categories))
        {
            DeadServers dead = AutopilotEngine.ClassifyDead(inputs.RaftServers, inputs.KnownServers);
            Assert.Equal(categories.Ids("StaleNonVoters"), dead.StaleNonVoters);
            Assert.Equal(categories.Ids("StaleVoters"), dead.StaleVoters);
            Assert.Equal(categories.Ids("FailedNonVoters"), dead.FailedNonVoters);
            Assert.Equal(categories.Ids("FailedVoters"), dead.FailedVoters);
        }

        ReconcilePlan plan = AutopilotEngine.PruneDeadServers(inputs, null, Promoter);
        (string, string, string)[] expected =
        [
            .. one.Expected.List("calls").Select(call => (call.Text("op"), call.Text("id"), call.Text("name"))),
        ];
        Assert.Equal(expected, plan.Actions.Select(action => (
            action.Kind == AutopilotActionKind.RemoveStale ? "RemoveServer" : "RemoveFailedServer",
            action.Server.ToString(),
            action.Name)));
        Assert.Equal("", plan.Error);
    }

    private static AutopilotInputs Inputs() => new()
    {
        Now = Now,
        FirstStateTime = Now,
        Config = AutopilotConfig.Default,
        RaftServers = [],
        KnownServers = [],
        Leader = default,
        IsLeader = true,
        LastIndex = default,
        LastTerm = default,
    };

    private static (string Op, string Id, string Address) Call(AutopilotAction action, AutopilotState state)
    {
        string address = state.Find(action.Server)!.Server.Address.ToString();
        return action.Kind switch
        {
            AutopilotActionKind.Promote => ("AddVoter", action.Server.ToString(), address),
            AutopilotActionKind.Demote => ("DemoteVoter", action.Server.ToString(), ""),
            AutopilotActionKind.TransferLeadership => ("LeadershipTransferToServer", action.Server.ToString(), address),
            _ => throw new InvalidDataException(action.Kind.ToString()),
        };
    }
}
