using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Leases for reads, in whole servers: dissertation §6.4.1.</summary>
public sealed class LeaseTests
{
    // Goal: a leader that was cut off a moment ago answers a query by its lease, and without leases it does not. When the
    // lease has ended the answer waits until the network is mended. §6.4.1.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_leader_that_was_just_cut_off_answers_by_its_lease(bool hasLeases)
    {
        SimWorld world = World(801, hasLeases);
        int leader = world.AwaitLeader();
        LogIndex last = world.Commit(leader, "a");
        world.RunFor(Duration.Seconds(1));
        world.Isolate(leader);

        SimRequest early = world.Request(leader, new QueryRequest(new byte[] { 1 }));
        world.RunFor(Duration.Milliseconds(100));
        Assert.Equal(hasLeases, early.IsOver);
        Assert.True(!hasLeases || Assert.IsType<QueryReply>(early.Reply).Index >= last);

        world.RunFor(Duration.Milliseconds(800));
        SimRequest late = world.Request(leader, new QueryRequest(new byte[] { 2 }));
        world.RunFor(Duration.Seconds(2));
        Assert.False(late.IsOver);
        world.Heal();
        world.Await(() => early.IsOver && late.IsOver, "answers to both queries");
        Assert.All([early, late], query => Assert.IsType<QueryReply>(query.Reply));
    }

    // Goal: what another leader has committed since is never hidden by a lease, however the clocks drift within the bound.
    [Fact]
    public void No_read_is_stale_while_the_clocks_keep_to_the_bound()
    {
        for (ulong seed = 810; seed < 830; seed++)
        {
            SimWorld world = World(seed, hasLeases: true, driftPpm: RaftOptions.ClockDriftPpmDefault);
            int old = world.AwaitLeader();
            world.RunFor(Duration.Seconds(1));
            world.Isolate(old);
            for (byte query = 0; world.Leader is null || world.Leader == old; query++)
            {
                // The checker for fresh reads looks at each answer.
                world.Request(old, new QueryRequest(new[] { query }));
                world.RunFor(Duration.Milliseconds(20));
            }

            int next = world.AwaitLeaderOtherThan(old);
            world.Commit(next, "a");
            world.Request(old, new QueryRequest(new byte[] { 255 }));
            world.RunFor(Duration.Seconds(1));
        }
    }

    private static SimWorld World(ulong seed, bool hasLeases, int driftPpm = 0) => new(seed, 3, new SimOptions
    {
        DriftPpmMax = driftPpm,
        Configure = (_, options) => options with { ReadLease = hasLeases },
    });
}
