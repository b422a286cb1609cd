using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Leases for reads, in whole servers: dissertation §6.4.1.</summary>
public sealed class LeaseTests
{
    // Goal: a leader that was cut off a moment ago answers a query by its lease, and without leases it does not. When
    // the lease has ended the answer waits until the network is mended. §6.4.1.
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

        world.RunFor(Duration.Seconds(1));
        SimRequest late = world.Request(leader, new QueryRequest(new byte[] { 2 }));
        world.RunFor(Duration.Seconds(2));
        Assert.False(late.IsOver);
        world.Heal();
        world.Await(() => early.IsOver && late.IsOver, "answers to both queries");
        Assert.All([early, late], query => Assert.IsType<QueryReply>(query.Reply));
    }

    // Goal: no read is stale however the clocks drift within the bound, and though the server that the lease rests on
    // is restarted: a third one asks it for votes all the time, and leads only when the lease has ended. §6.4.1.
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(RaftOptions.ClockDriftPpmDefault, false)]
    [InlineData(RaftOptions.ClockDriftPpmDefault, true)]
    public void No_read_is_stale_when_another_server_is_in_a_hurry_to_lead(int driftPpm, bool restarts)
    {
        for (ulong seed = 810; seed < 850; seed++)
        {
            SimWorld world = World(seed, hasLeases: true, driftPpm);
            int old = world.AwaitLeader();
            int listener = world.Next(old);
            int third = world.Next(listener);
            world.RunFor(Duration.Seconds(1));
            world.Isolate(third);
            world.RunFor(Duration.Seconds(3));
            world.Isolate(old);
            if (restarts)
            {
                world.Crash(listener);
                world.Restart(listener);
            }

            for (byte step = 0; step < 200; step++)
            {
                // The checker for fresh reads looks at each answer.
                world.Begin(third, $"c{step}");
                world.Request(old, new QueryRequest(new[] { step }));
                world.RunFor(Duration.Milliseconds(20));
            }

            Assert.True(world.Tally(third) > 0, $"nobody led in time; seed {seed}");
        }
    }

    private static SimWorld World(ulong seed, bool hasLeases, int driftPpm = 0) => new(seed, 3, new SimOptions
    {
        DriftPpmMax = driftPpm,
        Configure = (_, options) => options with { ReadLease = hasLeases, ClockDriftPpmMax = driftPpm },
    });
}
