using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Scripts about what callers are told, above all when it cannot be known.</summary>
public sealed class RequestTests
{
    // Goal: a stale read is answered by any server at once, also when there is no leader.
    [Fact]
    public void Stale_reads_need_no_leader()
    {
        SimWorld world = WithoutLeader(out int alone);
        SimRequest servers = world.Request(alone, new GetRaftConfigurationRequest(Stale: true));
        SimRequest settings = world.Request(alone, new GetAutopilotConfigRequest(Stale: true));
        Assert.Equal(world.Now, servers.AnsweredAt);
        Assert.Equal(world.Now, settings.AnsweredAt);
        RaftConfigurationReply reply = Assert.IsType<RaftConfigurationReply>(servers.Reply);
        Assert.Equal(3, reply.Servers.Count);
        Assert.DoesNotContain(reply.Servers, server => server.IsLeader);
        Assert.IsType<AutopilotConfigReply>(settings.Reply);
    }

    // Goal: without a leader a request is held for the hold time, in case there is one soon, and then refused.
    [Fact]
    public void Without_a_leader_a_request_is_refused_after_the_hold_time()
    {
        SimWorld world = WithoutLeader(out int alone);
        SimRequest[] requests =
        [
            world.Begin(alone, "never"),
            world.Request(alone, new GetAutopilotHealthRequest()),
            world.Request(alone, new GetRaftConfigurationRequest(Stale: false)),
        ];
        world.Await(() => requests.All(request => request.IsOver), "refusals");
        Assert.All(requests, request =>
        {
            Assert.Equal(new ErrorReply(ServerErrorKind.NoLeader, "No cluster leader"), request.Reply);
            AssertTook(request, Duration.Seconds(5));
        });
    }

    // Goal: a request that comes while a leader is being elected is carried out by the new one.
    [Fact]
    public void A_request_during_an_election_reaches_the_new_leader()
    {
        SimWorld world = WithoutLeader(out int alone);
        SimRequest request = world.Begin(alone, "patience");
        world.Restart(world.Next(alone));
        world.Await(() => request.IsOver, "an answer");
        Assert.IsType<CommandReply>(request.Reply);
    }

    // Goal: a leader that is cut off says "outcome unknown" when it cannot know; here nothing was done.
    [Fact]
    public void A_leader_that_is_cut_off_does_not_know_the_outcome()
    {
        SimWorld world = new(seed: 22);
        int old = world.AwaitLeader();
        world.Isolate(old);
        SimRequest request = world.Begin(old, "into the void");
        world.Await(() => request.IsOver, "an answer");
        Assert.Equal(ServerErrorKind.OutcomeUnknown, Assert.IsType<ErrorReply>(request.Reply).Kind);
        AssertTook(request, Duration.Seconds(10));

        world.Commit(world.AwaitLeaderOtherThan(old), "by the others");
        world.Heal();
        world.AwaitTally(1);
    }

    // Goal: the same answer to a follower that does not hear the leader any more; here it was done.
    [Fact]
    public void A_follower_that_hears_nothing_does_not_know_the_outcome()
    {
        SimWorld world = new(seed: 23);
        int leader = world.AwaitLeader();
        int follower = world.Next(leader);
        world.Block(leader, follower);
        SimRequest request = world.Begin(follower, "heard by the leader");
        world.Await(() => request.IsOver, "an answer");
        Assert.Equal(ServerErrorKind.OutcomeUnknown, Assert.IsType<ErrorReply>(request.Reply).Kind);

        world.Heal();
        world.AwaitTally(1);
    }

    // Goal: a follower that lost the answer on the way, but sees its command applied in time, knows the outcome after all.
    [Fact]
    public void A_follower_learns_the_outcome_from_its_own_log()
    {
        SimWorld world = new(seed: 24);
        int leader = world.AwaitLeader();
        int follower = world.Next(leader);
        world.Block(leader, follower);
        SimRequest request = world.Begin(follower, "heard by the leader");
        world.RunFor(Duration.Seconds(3));
        Assert.False(request.IsOver);
        world.Heal();
        world.Await(() => request.IsOver, "an answer");
        Assert.IsType<CommandReply>(request.Reply);
        Assert.True(request.AnsweredAt < request.AskedAt + Duration.Seconds(10));
    }

    // Goal: a server that stops answers nothing any more: its callers see the connection go.
    [Fact]
    public void Requests_of_a_server_that_stops_are_lost()
    {
        SimWorld world = new(seed: 25);
        int leader = world.AwaitLeader();
        SimRequest request = world.Begin(leader, "too late");
        world.Crash(leader);
        Assert.True(request is { IsOver: true, IsLost: true, Reply: null });
        Assert.Throws<InvalidOperationException>(() => world.Begin(leader, "to nobody"));
    }

    // Goal: what does not exist cannot be removed, and the caller is told by name, as the leader says it.
    [Fact]
    public void Removing_an_unknown_server_is_refused_by_name()
    {
        SimWorld world = new(seed: 26);
        int follower = world.Next(world.AwaitLeader());
        ErrorReply byId = world.Ask<ErrorReply>(follower, new RemoveServerRequest("nobody", null));
        ErrorReply byAddress = world.Ask<ErrorReply>(follower, new RemoveServerRequest(null, "s9:4647"));
        Assert.Equal(
            new ErrorReply(ServerErrorKind.NotFound, "id \"nobody\" was not found in the Raft configuration", true), byId);
        Assert.Equal(ServerErrorKind.NotFound, byAddress.Kind);
        Assert.Equal(3, world.Members());
    }

    // Timers that wait for an answer are looked at four times a second.
    private static void AssertTook(SimRequest request, Duration span)
    {
        Duration took = request.AnsweredAt!.Value - request.AskedAt;
        Assert.True(took >= span && took <= span + Duration.Milliseconds(300), $"{request.Request} took {took}, not {span}");
    }

    // Two of three are down, and the third has forgotten its leader.
    private static SimWorld WithoutLeader(out int alone)
    {
        SimWorld world = new(seed: 21);
        int leader = world.AwaitLeader();
        world.Commit(leader, "before");
        alone = world.Next(leader);
        world.AwaitTally(1);
        world.Crash(world.Next(alone));
        world.Crash(leader);
        int last = alone;
        world.Await(() => world.Status(last).Leader.IsNone, "the leader is forgotten");
        Assert.NotEqual(RaftRole.Leader, world.Status(last).Role);
        return world;
    }
}
