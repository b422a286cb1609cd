using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

// Corners of the engine that the published cases leave open.
public sealed class AutopilotEngineTests
{
    private static readonly WallTime Now = new(1_700_000_000_000_000_000);

    // Goal: additions saturate: a limit near 2^64 lets everybody in, and does not wrap into letting nobody in.
    [Fact]
    public void Huge_trailing_limit_does_not_wrap()
    {
        AutopilotConfig config = AutopilotConfig.Default with { MaxTrailingLogs = ulong.MaxValue };
        var stats = new ServerStats(Duration.Zero, new(3), new(10));
        Assert.True(AutopilotEngine.IsHealthy(NodeStatus.Alive, in stats, new(3), new(ulong.MaxValue), config));
    }

    // Goal: without a leader's log nobody is healthy (raft-autopilot, isHealthy).
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    public void Without_a_reference_nobody_is_healthy(ulong term, ulong index)
    {
        var stats = new ServerStats(Duration.Zero, new(term), new(index));
        Assert.Equal(
            HealthVerdict.NoReference,
            AutopilotEngine.Judge(NodeStatus.Alive, in stats, new(term), new(index), AutopilotConfig.Default));
    }

    // Goal: no servers, no trouble: a cluster without any is healthy (raft-autopilot, state).
    [Fact]
    public void Empty_cluster_is_healthy()
    {
        AutopilotState state = Compute(Inputs([], []));
        Assert.True(state.Healthy);
        Assert.Equal(0, state.FailureTolerance);
        Assert.True(state.Leader.IsNone);
    }

    // Goal: no configuration, no state (raft-autopilot, gatherNextStateInputs).
    [Fact]
    public void Without_a_configuration_there_is_no_state()
    {
        StateOutcome outcome = AutopilotEngine.ComputeState(
            Inputs([], []) with { Config = null }, null, new StablePromoter());
        Assert.Null(outcome.State);
        Assert.Equal("there is no autopilot configuration yet", outcome.Failure);
    }

    // Goal: a leader that is not in the configuration is nobody's leader (raft-autopilot, state).
    [Fact]
    public void Leader_outside_the_configuration_is_not_listed()
    {
        AutopilotState state = Compute(Inputs(["s1"], ["s1"]) with { Leader = new("s9") });
        Assert.True(state.Leader.IsNone);
        Assert.NotEmpty(AutopilotEngine.Reconcile(Inputs(["s1"], ["s1"]), state, new StablePromoter()).Error);
    }

    // Goal: the leader counts as leader and voter whatever its suffrage (raft-autopilot, buildServerState).
    [Fact]
    public void Leader_without_suffrage_is_still_the_leader()
    {
        AutopilotInputs inputs = Inputs(["s1"], ["s1"]) with
        {
            RaftServers = [new(new("s1"), new("a:1"), RaftSuffrage.NonVoter)],
        };
        AutopilotState state = Compute(inputs);
        Assert.Equal(RaftState.Leader, Assert.Single(state.Servers).State);
        Assert.Equal([new ServerId("s1")], state.Voters);
    }

    // Goal: who is unknown to membership keeps the metadata it had and counts as left (raft-autopilot, buildServerState).
    [Fact]
    public void Unknown_server_keeps_its_metadata()
    {
        AutopilotInputs inputs = Inputs(["s1", "s2"], ["s1", "s2"]);
        AutopilotState before = Compute(inputs);
        AutopilotInputs later = inputs with { KnownServers = inputs.KnownServers.Take(1).ToArray(), FetchedStats = [] };
        AutopilotState after = AutopilotEngine.ComputeState(later, before, new StablePromoter()).State!;

        AutopilotServerState gone = after.Find(new("s2"))!;
        Assert.Equal("node-s2", gone.Server.Name);
        Assert.Equal(NodeStatus.Left, gone.Server.NodeStatus);
        Assert.False(gone.Health.Healthy);

        // The stats are those of before: what they say is not the reason.
        Assert.Equal(before.Find(new("s2"))!.Stats, gone.Stats);
    }

    // Goal: a server that is neither known nor was ever is left, without a name (raft-autopilot, buildServerState).
    [Fact]
    public void Server_never_seen_counts_as_left()
    {
        AutopilotServerState server = Compute(Inputs(["s1", "s2"], ["s1"])).Find(new("s2"))!;
        Assert.Equal(NodeStatus.Left, server.Server.NodeStatus);
        Assert.Equal("", server.Server.Name);
        Assert.Equal(new ServerId("s2"), server.Server.Id);
    }

    // Goal: while the local server does not lead, the leader's own report is the reference, and without one nobody is
    // healthy (raft-autopilot, buildServerState).
    [Fact]
    public void Away_from_the_leader_its_report_is_the_reference()
    {
        AutopilotInputs inputs = Inputs(["s1", "s2"], ["s1", "s2"]) with
        {
            IsLeader = false,
            LastIndex = new(1),
            LastTerm = new(1),
        };
        Assert.True(Compute(inputs).Healthy);

        AutopilotInputs without = inputs with { FetchedStats = inputs.FetchedStats.Skip(1).ToArray() };
        AutopilotState state = Compute(without);
        Assert.False(state.Healthy);
        Assert.All(state.Servers, server => Assert.False(server.Health.Healthy));
        Assert.Equal("the leader's log is not known", AutopilotEngine.ExplainHealth(without, state.Servers[1]));
    }

    // Goal: an odd number of voters loses its unhealthy one first, then goes on to the promotions (raft-autopilot v0.3.0).
    [Fact]
    public void Odd_number_of_voters_gives_up_an_unhealthy_one_first()
    {
        AutopilotInputs inputs = Inputs(["s1", "s2", "s3", "s4"], ["s1", "s2", "s4"]) with { };
        AutopilotInputs mixed = inputs with
        {
            RaftServers =
            [
                .. inputs.RaftServers.Take(3),
                inputs.RaftServers[3] with { Suffrage = RaftSuffrage.NonVoter },
            ],
        };
        var promoter = new FixedPromoter { Changes = new([new("s4")], [new("s2"), new("s3")], default) };
        ReconcilePlan plan = AutopilotEngine.Reconcile(mixed, Compute(mixed), promoter);
        Assert.Equal(
            [(AutopilotActionKind.Demote, "s3"), (AutopilotActionKind.Promote, "s4")],
            plan.Actions.Select(action => (action.Kind, action.Server.ToString())));
    }

    // Goal: one on the way to a vote is called back by a demotion; a non-voter is not (raft-autopilot, applyDemotions).
    [Fact]
    public void Staging_server_can_be_demoted()
    {
        AutopilotInputs inputs = Inputs(["s1", "s2"], ["s1", "s2"]);
        inputs = inputs with
        {
            RaftServers = [inputs.RaftServers[0], inputs.RaftServers[1] with { Suffrage = RaftSuffrage.Staging }],
        };
        var promoter = new FixedPromoter { Changes = new([], [new("s2")], default) };
        Assert.Equal(
            AutopilotActionKind.Demote,
            Assert.Single(AutopilotEngine.Reconcile(inputs, Compute(inputs), promoter).Actions).Kind);
    }

    // Goal: leadership cannot go to somebody who is not there; that is an error (raft-autopilot, reconcile).
    [Fact]
    public void Transfer_to_an_unknown_server_is_an_error()
    {
        AutopilotInputs inputs = Inputs(["s1"], ["s1"]);
        var promoter = new FixedPromoter { Changes = new([], [], new("s9")) };
        ReconcilePlan plan = AutopilotEngine.Reconcile(inputs, Compute(inputs), promoter);
        Assert.Empty(plan.Actions);
        Assert.Equal("cannot move leadership to s9: it is not in the Raft configuration", plan.Error);
    }

    // Goal: whatever is not done is said, with the reason and the name that people know.
    [Fact]
    public void Refusals_say_why()
    {
        AutopilotInputs inputs = Inputs(["s1", "s2"], ["s1", "s2"]);
        inputs = inputs with
        {
            Config = inputs.Config! with { MinQuorum = 2 },
            RaftServers = [inputs.RaftServers[0], inputs.RaftServers[1] with { Suffrage = RaftSuffrage.NonVoter }],
            KnownServers = [inputs.KnownServers[0], inputs.KnownServers[1] with { NodeStatus = NodeStatus.Failed }],
        };
        var promoter = new FixedPromoter { Changes = new([new("s2"), new("s8")], [new("s9")], default) };
        Assert.Equal(
            [
                "did not promote node-s2: it is not healthy",
                "did not promote s8: it is not in the Raft configuration",
                "did not demote s9: it is not in the Raft configuration",
            ],
            AutopilotEngine.Reconcile(inputs, Compute(inputs), promoter).Refusals.Select(refusal => refusal.Reason));

        inputs = Inputs(["s1", "s2"], ["s1"]) with { Config = AutopilotConfig.Default with { MinQuorum = 2 } };
        Assert.Equal(
            "kept s2: removing it would leave 1 voter, fewer than MinQuorum 2",
            Assert.Single(AutopilotEngine.PruneDeadServers(inputs, null, promoter).Refusals).Reason);

        inputs = inputs with { Config = AutopilotConfig.Default };
        Assert.Equal(
            "kept s2: one round removes at most 0 of 2 voters",
            Assert.Single(AutopilotEngine.PruneDeadServers(inputs, null, promoter).Refusals).Reason);
    }

    // Goal: the published examples of the limits (raft-autopilot v0.1.6): 3 voters, 1 dead: removed; 2 and 1: kept; 5 and 2:
    // both; 5 and 3: two of three.
    [Theory]
    [InlineData(3, 1, 0, 1)]
    [InlineData(2, 1, 0, 0)]
    [InlineData(5, 2, 0, 2)]
    [InlineData(5, 3, 0, 2)]
    [InlineData(3, 1, 3, 0)]
    [InlineData(1, 1, 0, 0)]
    [InlineData(5, 2, 4, 1)]
    [InlineData(7, 3, 0, 3)]
    public void Removals_stay_within_budget_and_MinQuorum(int voters, int dead, ulong minQuorum, int removed)
    {
        string[] all = [.. Enumerable.Range(1, voters).Select(i => $"s{i}")];
        AutopilotInputs inputs = Inputs(all, all[..^dead]) with
        {
            Config = AutopilotConfig.Default with { MinQuorum = minQuorum },
        };
        ReconcilePlan plan = AutopilotEngine.PruneDeadServers(inputs, null, new StablePromoter());
        Assert.Equal(removed, plan.Actions.Count);
        Assert.Equal(dead - removed, plan.Refusals.Count);
    }

    // Goal: a policy may spare the dead (raft-autopilot, FilterFailedServerRemovals).
    [Fact]
    public void Policy_may_spare_a_dead_server()
    {
        AutopilotInputs inputs = Inputs(["s1", "s2", "s3"], ["s1", "s2"]);
        var promoter = new FixedPromoter { Spared = { new("s3") } };
        Assert.Empty(AutopilotEngine.PruneDeadServers(inputs, null, promoter).Actions);
    }

    // Goal: no leader's address known, no leader; an empty address is nobody's (raft-autopilot, gatherNextStateInputs).
    [Fact]
    public void Unknown_leader_address_names_nobody() =>
        Assert.True(AutopilotEngine.DetermineLeader([], [new(new("s1"), default, RaftSuffrage.Voter)], default).IsNone);

    private static AutopilotState Compute(AutopilotInputs inputs) =>
        AutopilotEngine.ComputeState(inputs, null, new StablePromoter()).State!;

    /// <summary>Voters of one log, all up to date; s1 leads and looks.</summary>
    private static AutopilotInputs Inputs(string[] raft, string[] known) => new()
    {
        Now = Now,
        FirstStateTime = Now,
        Config = AutopilotConfig.Default,
        RaftServers = [.. raft.Select(id => new RaftServer(new(id), new($"{id}:1"), RaftSuffrage.Voter))],
        KnownServers =
        [
            .. known.Select(id => new AutopilotServer { Id = new(id), Name = $"node-{id}", NodeStatus = NodeStatus.Alive }),
        ],
        Leader = raft.Length > 0 ? new(raft[0]) : default,
        IsLeader = true,
        LastIndex = new(100),
        LastTerm = new(3),
        FetchedStats =
        [
            .. raft.Select(id => KeyValuePair.Create(new ServerId(id), new ServerStats(Duration.Zero, new(3), new(100)))),
        ],
    };
}
