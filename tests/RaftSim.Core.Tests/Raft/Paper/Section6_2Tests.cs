using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §6.2: a leader steps down when it has lost its majority.</summary>
public sealed class Section6_2Tests
{
    // Goal: a leader that has not heard from a majority for an election timeout steps down. §6.2.
    [Fact]
    public void A_leader_without_a_majority_steps_down()
    {
        var cluster = new TestCluster(5);
        TestServer leader = cluster.Elect(1);
        cluster.Cut([1, 2], [3, 4, 5]);

        cluster.Run(TestCluster.ElectionTimeout - Duration.Milliseconds(1));
        Assert.Equal(RaftRole.Leader, leader.Status.Role);

        cluster.Run(TestCluster.HeartbeatInterval * 2);
        Assert.NotEqual(RaftRole.Leader, leader.Status.Role);
        Assert.True(leader.Status.Leader.IsNone);
    }

    // Goal: a leader that a majority answers stays, whoever else is away. §6.2.
    [Fact]
    public void A_leader_with_a_majority_stays()
    {
        var cluster = new TestCluster(5);
        TestServer leader = cluster.Elect(1);
        Term term = leader.Status.Term;
        cluster.Cut([1, 2, 3], [4, 5]);

        cluster.Run(TestCluster.ElectionTimeout * 20);

        Assert.Equal((RaftRole.Leader, term), (leader.Status.Role, leader.Status.Term));
    }

    // Goal: answers of non-voters do not make a majority. §6.2, §4.2.1.
    [Fact]
    public void Non_voters_do_not_keep_a_leader()
    {
        var cluster = new TestCluster(voters: 3, nonVoters: 3);
        TestServer leader = cluster.Elect(1);
        cluster.Cut([1], [2, 3]);

        cluster.Run(TestCluster.ElectionTimeout * 2);

        Assert.NotEqual(RaftRole.Leader, leader.Status.Role);
    }

    // Goal: a single voter is its own majority. §6.2.
    [Fact]
    public void A_single_voter_stays_leader()
    {
        var cluster = new TestCluster(voters: 1, nonVoters: 2);
        TestServer leader = cluster.Elect(1);
        cluster.Isolate(1);

        cluster.Run(TestCluster.ElectionTimeout * 10);

        Assert.Equal(RaftRole.Leader, leader.Status.Role);
    }

    // Goal: a leader that can send but not receive is replaced, although its followers keep hearing from it: with a
    // stubborn one they would refuse everybody else for ever. §6.2, §4.2.3.
    [Fact]
    public void A_leader_that_hears_nobody_is_replaced()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.CutOneWay(2, 1);
        cluster.CutOneWay(3, 1);

        cluster.Run(TestCluster.ElectionTimeout * 8);

        Assert.NotNull(cluster.Leader);
        Assert.NotEqual(leader, cluster.Leader);
    }

    // Goal: a leader whose disk hangs while the others go on writing makes way. Not in the paper; hashicorp/raft issue 503.
    [Fact]
    public void A_leader_whose_disk_hangs_steps_down()
    {
        TestServer leader = Lone.Leader();
        leader.Propose(1);
        MonoTime start = leader.Now;
        for (int i = 0; leader.Now < start + TestCluster.ElectionTimeout; i++)
        {
            Assert.Equal(RaftRole.Leader, leader.Status.Role);
            leader.Step(Lone.AppendReply(2, 2, 3));
            leader.Step(Lone.AppendReply(3, 2, 3));
            Assert.Equal(3UL, leader.Status.Commit.Value);
            leader.Sleep(TestCluster.HeartbeatInterval);
        }

        Assert.Equal((RaftRole.Follower, 2UL), (leader.Status.Role, leader.Status.DurableIndex.Value));
    }

    // Goal: so does one that nothing can be committed with, because it cannot send its snapshot to whom the majority waits for,
    // while another voter has written all of its log. Not in the paper; seed 5031637 of three servers.
    [Fact]
    public void A_leader_whose_disk_hangs_makes_way_for_a_voter_that_has_written_more()
    {
        TestServer leader = Lone.Leader();
        leader.Propose(1);
        for (Duration waited = Duration.Zero; waited < TestCluster.ElectionTimeout; waited += TestCluster.HeartbeatInterval)
        {
            Assert.Equal(RaftRole.Leader, leader.Status.Role);
            leader.Step(Lone.AppendReply(2, 2, 3));
            leader.Step(Lone.HeartbeatReply(3, 2));
            Assert.Equal(2UL, leader.Status.Commit.Value);
            leader.Sleep(TestCluster.HeartbeatInterval);
        }

        Assert.Equal((RaftRole.Follower, 2UL), (leader.Status.Role, leader.Status.DurableIndex.Value));
    }

    // Goal: a newcomer without a vote is nobody to make way for.
    [Fact]
    public void A_leader_does_not_make_way_for_a_server_without_a_vote()
    {
        TestServer leader = Lone.Leader();
        leader.Step(Lone.AppendReply(2, 2, 2));
        ProposeOutcome added = leader.Change(
            ConfigurationChangeKind.AddNonVoter, TestCluster.Id(4), TestCluster.Address(4), TestCluster.DiskOf(4));
        Assert.True(added.IsAccepted);
        leader.Propose(1);
        for (Duration waited = Duration.Zero; waited < TestCluster.ElectionTimeout * 3; waited += TestCluster.HeartbeatInterval)
        {
            leader.Step(Lone.AppendReply(4, 2, 4) with { AddedAt = added.First });
            leader.Step(Lone.HeartbeatReply(2, 2));
            leader.Sleep(TestCluster.HeartbeatInterval);
        }

        ProgressStatus newcomer = leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(4));
        Assert.Equal((RaftRole.Leader, 2UL, 4UL), (leader.Status.Role, leader.Status.DurableIndex.Value, newcomer.Match.Value));
    }

    // Goal: slow disks everywhere are no reason to change the leader: nobody would do better.
    [Fact]
    public void A_leader_whose_disk_is_as_slow_as_the_others_stays()
    {
        TestServer leader = Lone.Leader();
        leader.Propose(1);
        for (int i = 0; i < 30; i++)
        {
            leader.Step(Lone.HeartbeatReply(2, 2));
            leader.Sleep(TestCluster.HeartbeatInterval);
        }

        Assert.Equal(RaftRole.Leader, leader.Status.Role);
        leader.Step(Lone.AppendReply(2, 2, 3));
        leader.Step(Lone.AppendReply(3, 2, 3));
        leader.Flush();
        Assert.Equal(3UL, leader.Status.Commit.Value);
        leader.Sleep(TestCluster.ElectionTimeout - Duration.Milliseconds(1));
        Assert.Equal(RaftRole.Leader, leader.Status.Role);
    }
}
