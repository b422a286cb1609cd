using RaftSim.Raft;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Scripts about who leads: what a user sees when servers stop, hang or are cut off.</summary>
public sealed class LeadershipTests
{
    // Goal: servers with empty disks form one cluster of voters, elect a leader and commit, whatever their number.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void A_first_cluster_forms_and_commits_through_every_server(int servers)
    {
        SimWorld world = new(seed: 1, servers);
        world.AwaitLeader();
        for (int server = 0; server < servers; server++)
        {
            world.Commit(server, $"through {server}");
        }

        world.AwaitTally((ulong)servers);
        Assert.All(Enumerable.Range(0, servers), server => Assert.Equal(Suffrage.Voter, world.Standing(server)));
        Assert.Equal(1, world.Result.Elections);
    }

    // Goal: five hundred servers are a cluster like any other: they form it, commit, and lose a leader without harm.
    [Fact]
    public void Five_hundred_servers_form_a_cluster_and_elect_another_leader()
    {
        SimWorld world = new(seed: 1, servers: 500);
        int first = world.AwaitLeader();
        world.Commit(499, "through the last");
        world.Crash(first);
        int second = world.AwaitLeaderOtherThan(first);
        world.Commit(second, "after the crash");

        Assert.Equal(500, world.Status(second).Configuration.VoterCount);
        Assert.Equal(2, world.Result.Elections);
    }

    // Goal: when the leader's power fails another one is elected, and nothing that was acknowledged is lost (§3.6.3).
    [Theory]
    [InlineData(SimDiskCrash.LoseAll)]
    [InlineData(SimDiskCrash.KeepAll)]
    [InlineData(SimDiskCrash.Each)]
    public void A_crash_of_the_leader_elects_another_and_loses_nothing(SimDiskCrash loss)
    {
        SimWorld world = new(seed: 2);
        int first = world.AwaitLeader();
        world.Commit(first, "before");
        Term term = world.Status(first).Term;
        world.Crash(first, loss);
        int second = world.AwaitLeaderOtherThan(first);
        Assert.True(world.Status(second).Term > term);
        world.Commit(second, "after");
        world.Restart(first);
        world.AwaitTally(2);
    }

    // Goal: the smaller side of a split commits nothing, the larger one goes on, and both agree when it heals.
    [Fact]
    public void A_minority_that_is_cut_off_commits_nothing_and_catches_up()
    {
        SimWorld world = new(seed: 3, servers: 5);
        int old = world.AwaitLeader();
        int companion = world.Next(old);
        world.Partition(old, companion);
        SimRequest lost = world.Begin(old, "on the smaller side");
        LogIndex before = world.Status(old).Commit;
        int leader = world.AwaitLeaderOtherThan(old);
        world.Commit(leader, "on the larger side");
        Assert.Equal(before, world.Status(old).Commit);
        Assert.False(lost.IsOver);

        world.Heal();
        world.Await(() => lost.IsOver, "an answer to what the smaller side was asked");
        world.AwaitTally(2);
    }

    // Goal: a leader that does nothing for a while is replaced, and follows when it is back; it never doubts its time away.
    [Fact]
    public void A_leader_that_pauses_is_replaced_and_steps_down()
    {
        SimWorld world = new(seed: 4);
        int old = world.AwaitLeader();
        world.Pause(old, Duration.Seconds(5));
        int leader = world.AwaitLeaderOtherThan(old);
        Assert.Equal(RaftRole.Leader, world.Status(old).Role);
        world.Await(() => world.Status(old).Role == RaftRole.Follower, "the old leader follows");
        world.Commit(old, "through the old leader");
        Assert.Equal(leader, world.AwaitLeader());
    }

    // Goal: a short pause is no failure: heartbeats that wait unread are read before the election timer counts.
    [Fact]
    public void A_follower_that_pauses_disturbs_nobody()
    {
        SimWorld world = new(seed: 5);
        int leader = world.AwaitLeader();
        Term term = world.Status(leader).Term;
        world.Pause(world.Next(leader), Duration.Seconds(4));
        world.RunFor(Duration.Seconds(10));
        Assert.Equal(leader, world.Leader);
        Assert.Equal(term, world.Status(leader).Term);
    }

    // Goal: a leader that reaches one follower only gives way, although that follower hears it all the time (§6.2).
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_leader_behind_a_bridge_gives_way(bool bothWays)
    {
        SimWorld world = new(seed: 6, servers: 5);
        int old = world.AwaitLeader();
        int bridge = world.Next(old);
        foreach (int other in Enumerable.Range(0, 5).Where(server => server != old && server != bridge))
        {
            world.Block(old, other);
            if (bothWays)
            {
                world.Block(other, old);
            }
        }

        int leader = world.AwaitLeaderOtherThan(old);
        world.Commit(leader, "without the old leader");
        world.Await(() => world.Status(old).Role != RaftRole.Leader, "the old leader has given way");
        world.RunFor(Duration.Seconds(10));
        world.Heal();
        world.Commit(old, "through the old leader");
        world.AwaitTally(2);
    }

    // Goal: two servers need each other: one alone commits nothing and leads no longer, and both go on together.
    [Fact]
    public void One_of_two_servers_waits_for_the_other()
    {
        SimWorld world = new(seed: 7, servers: 2);
        int leader = world.AwaitLeader();
        world.Crash(world.Next(leader));
        SimRequest request = world.Begin(leader, "alone");
        world.Await(() => world.Leader is null, "the leader gives up");
        Assert.False(request.IsOver);
        world.Restart(world.Next(leader));
        world.Await(() => request.IsOver, "an answer");
        world.AwaitLeader();
        world.Commit(leader, "together");
    }

    // Goal: of seven servers three may fail; with the fourth nothing is committed any more.
    [Fact]
    public void Seven_servers_survive_three_failures_and_no_fourth()
    {
        SimWorld world = new(seed: 8, servers: 7);
        for (int i = 0; i < 3; i++)
        {
            world.Crash(world.AwaitLeader());
        }

        int leader = world.AwaitLeader();
        LogIndex committed = world.Commit(leader, "with four");
        world.Crash(leader);
        int asked = Enumerable.Range(0, 7).First(world.IsUp);
        SimRequest request = world.Begin(asked, "with three");
        world.RunFor(Duration.Seconds(9));
        Assert.Null(world.Leader);
        Assert.Equal(committed, world.Committed);
        Assert.NotNull(request);
    }

    // Goal: a power failure of the whole cluster at any moment loses nothing that was acknowledged.
    [Theory]
    [InlineData(SimDiskCrash.LoseAll)]
    [InlineData(SimDiskCrash.PointInTime)]
    [InlineData(SimDiskCrash.Each)]
    public void A_power_failure_of_all_loses_nothing(SimDiskCrash loss)
    {
        SimWorld world = new(seed: 9);
        int leader = world.AwaitLeader();
        for (int i = 0; i < 20; i++)
        {
            world.Commit(leader, $"acknowledged {i}");
        }

        SimRequest open = world.Begin(leader, "under way");
        world.RunFor(Duration.Microseconds(300));
        for (int server = 0; server < 3; server++)
        {
            world.Crash(server, loss);
        }

        Assert.True(open.IsLost || open.Reply is not null);
        for (int server = 0; server < 3; server++)
        {
            world.Restart(server);
        }

        world.Commit(world.AwaitLeader(), "after the failure");
        ulong tally = world.Tally(world.AwaitLeader());
        Assert.InRange(tally, 21UL, 22UL);
        world.AwaitTally(tally);
    }
}
