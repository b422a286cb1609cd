using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation chapter 4: cluster membership changes, one server at a time.</summary>
public sealed class Section4Tests
{
    // Goal: a configuration is in force as soon as it is in the log, on the leader and on followers. §4.1.
    [Fact]
    public void A_configuration_is_used_before_it_is_committed()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.Cut([1], [3]);

        Assert.True(Add(leader, 4).IsAccepted);
        Assert.True(leader.Status.Configuration.Contains(TestCluster.Id(4)));
        Assert.True(leader.Status.ConfigurationIndex > leader.Status.Commit);
        Assert.Contains(leader.Node.GetProgress(), p => p.Server == TestCluster.Id(4));

        cluster.DeliverUntil(() => cluster[2].Status.Configuration.Contains(TestCluster.Id(4)));
        Assert.True(cluster[2].Status.ConfigurationIndex > cluster[2].Status.Commit);
    }

    // Goal: a second change has to wait until the first is committed. §4.1.
    [Fact]
    public void Only_one_change_is_under_way_at_a_time()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);

        Assert.True(Add(leader, 4).IsAccepted);
        Assert.Equal(ProposeResult.ChangePending, Add(leader, 5).Result);

        cluster.Settle();
        Assert.True(Add(leader, 5).IsAccepted);
    }

    // Goal: a new leader takes no change before it has committed an entry of its term. §4.1, amendment of 2015.
    [Fact]
    public void No_change_before_a_commit_of_the_current_term()
    {
        TestServer leader = Lone.Leader();
        Assert.Equal(ProposeResult.NoCommitThisTerm, Add(leader, 4).Result);

        leader.Step(Lone.AppendReply(2, 2, 2));
        Assert.True(Add(leader, 4).IsAccepted);
    }

    // Goal: the schedule behind the amendment: of two leaders that change an even cluster in turn, the first comes back
    // and must not finish its change with a majority that does not overlap the second one's. §4.1, amendment of 2015.
    [Fact]
    public void Changes_of_two_leaders_cannot_both_win()
    {
        var cluster = new TestCluster(4);
        TestServer s1 = cluster.Elect(1);

        // s1 removes s4; only s1 stores that, so its configuration is {s1, s2, s3}.
        cluster.Isolate(1);
        Assert.True(s1.Change(ConfigurationChangeKind.Remove, TestCluster.Id(4)).IsAccepted);
        cluster.Settle();

        // s2 is elected by s3 and s4. It may not remove s3 before its term has a committed entry.
        cluster.Campaign(2);
        cluster.DeliverUntil(() => cluster[2].Status.Role == RaftRole.Leader);
        Assert.Equal(ProposeResult.NoCommitThisTerm, cluster[2].Change(ConfigurationChangeKind.Remove, TestCluster.Id(3)).Result);
        cluster.Settle();
        Assert.True(cluster[2].Change(ConfigurationChangeKind.Remove, TestCluster.Id(3)).IsAccepted);
        cluster.Cut([2, 4], [1, 3]);
        cluster.Settle();

        // s2 has committed with s4 (and itself); s1 cannot win with s3, whose log is newer by now.
        Assert.Equal(cluster[2].Status.LastIndex, cluster[2].Status.Commit);
        s1.Crash();
        cluster.Campaign(1);
        cluster.Settle();
        cluster.Campaign(1);
        cluster.Settle();
        Assert.NotEqual(RaftRole.Leader, s1.Status.Role);
        Assert.True(s1.Status.Commit < s1.Status.ConfigurationIndex);
    }

    // Goal: a configuration goes with its entry when that is truncated. §4.1.
    [Fact]
    public void A_truncated_configuration_is_rolled_back()
    {
        TestServer server = Lone.Follower();
        Configuration five = new(Enumerable.Range(1, 5).Select(i => TestCluster.Configured(i)).ToArray());
        LogEntry entry = new(new LogIndex(3), new Term(2), EntryKind.Configuration, TestCodec.Instance.Encode(five));
        server.Step(Lone.Append(2, 2, 1, 1, 0, 2) with { Entries = new[] { Lone.Entry(2, 2), entry } });
        Assert.Equal((5, 3UL), (server.Status.Configuration.VoterCount, server.Status.ConfigurationIndex.Value));
        server.Node.TakeChanges();

        server.Step(Lone.Append(3, 3, 2, 2, 0, 3));

        Assert.Equal((3, 1UL), (server.Status.Configuration.VoterCount, server.Status.ConfigurationIndex.Value));
        Assert.True(server.Node.TakeChanges().HasFlag(RaftChanges.Configuration | RaftChanges.Truncated));
    }

    // Goal: a new server is a non-voter: it gets the log and counts neither for commits nor for elections. §4.2.1.
    [Fact]
    public void A_non_voter_receives_the_log_and_does_not_count()
    {
        var cluster = new TestCluster(voters: 2, nonVoters: 2);
        TestServer leader = cluster.Elect(1);
        Assert.All(cluster.Servers.Values, s => Assert.Equal(leader.Status.LastIndex, s.Status.LastIndex));

        cluster.Isolate(2);
        ProposeOutcome outcome = leader.Propose(1);
        cluster.Settle();

        Assert.Equal(outcome.First, cluster[3].Status.LastIndex);
        Assert.True(leader.Status.Commit < outcome.First);
        cluster.Run(TestCluster.ElectionTimeout * 3);
        Assert.Null(cluster.Leader);

        // It has forgotten the leader that fell silent, and waits for the next one without ever campaigning.
        Assert.True(cluster[3].Status.Leader.IsNone);
        Assert.Equal(MonoTime.Never, cluster[3].Node.NextDeadline);
    }

    // Goal: a server is promoted only when it has caught up. §4.2.1.
    [Fact]
    public void Promotion_waits_until_the_server_has_caught_up()
    {
        var cluster = new TestCluster(1, configure: o => o with { PromoteLagMax = 3 });
        TestServer leader = cluster.Elect(1);
        cluster.Start(2);
        cluster.Isolate(2);
        Add(leader, 2);
        cluster.Settle();
        Assert.Equal(ProposeResult.NotCaughtUp, Promote(leader, 2).Result);

        cluster.Heal();
        cluster.Run(TestCluster.HeartbeatInterval * 3);
        cluster.Isolate(2);
        for (byte i = 0; i < 4; i++)
        {
            leader.Propose(i);
        }

        Assert.Equal(ProposeResult.NotCaughtUp, Promote(leader, 2).Result);
        cluster.Heal();
        cluster.Run(TestCluster.HeartbeatInterval * 4);
        Assert.True(Promote(leader, 2).IsAccepted);
        cluster.Settle();
        Assert.Equal(2, cluster[2].Status.Configuration.VoterCount);
        Assert.Equal(leader.Status.LastIndex, cluster[2].Status.Commit);
    }

    // Goal: entries behind a promotion need the new majority. §4.1.
    [Fact]
    public void A_promotion_raises_the_majority_at_once()
    {
        var cluster = new TestCluster(voters: 1, nonVoters: 1);
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval * 2);
        cluster.Isolate(2);

        ProposeOutcome outcome = Promote(leader, 2);
        cluster.Settle();
        Assert.True(outcome.IsAccepted);
        Assert.Equal(outcome.First.Previous, leader.Status.Commit);

        cluster.Heal();
        cluster.Run(TestCluster.HeartbeatInterval * 3);
        Assert.Equal(outcome.First, leader.Status.Commit);
    }

    // Goal: a server that was promoted by an entry not known to be committed campaigns. §4.1; etcd issue 12359.
    [Fact]
    public void A_promoted_server_campaigns_before_it_knows_that_it_is_committed()
    {
        var cluster = new TestCluster(voters: 2, nonVoters: 1);
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval * 2);
        Promote(leader, 3);
        cluster.DeliverUntil(() => cluster[3].Status.Configuration.IsVoter(TestCluster.Id(3)) && cluster[3].WritesUnderWay > 0);
        cluster[3].Flush();
        Assert.True(cluster[3].Status.Commit < cluster[3].Status.ConfigurationIndex);

        cluster.Isolate(1);
        cluster.Elect(3);
    }

    // Goal: a leader that is removed leads on until that is committed, does not count itself, and then steps down. §4.2.2.
    [Theory]
    [InlineData(ConfigurationChangeKind.Remove)]
    [InlineData(ConfigurationChangeKind.Demote)]
    public void A_leader_that_loses_its_vote_steps_down_when_that_is_committed(ConfigurationChangeKind kind)
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        ProposeOutcome outcome = leader.Change(kind, leader.Id);
        Assert.True(outcome.IsAccepted);
        cluster.DeliverUntil(() => leader.Node.GetProgress().Any(p => p.Match == outcome.First));

        // Its own disk has the entry, and one of the two that count.
        Assert.Equal(outcome.First, leader.Status.DurableIndex);
        Assert.Equal((RaftRole.Leader, outcome.First.Previous), (leader.Status.Role, leader.Status.Commit));

        cluster.DeliverUntil(() => leader.Status.Role != RaftRole.Leader);
        Assert.Equal((RaftRole.Follower, outcome.First), (leader.Status.Role, leader.Status.Commit));
        cluster.Settle();
        Assert.True(cluster[2].Status.Commit >= outcome.First);

        cluster.Run(TestCluster.ElectionTimeout * 4);
        Assert.Equal(2, Assert.IsType<TestServer>(cluster.Leader).Status.Configuration.VoterCount);
        Assert.NotEqual(leader, cluster.Leader);
    }

    // Goal: of two servers one stores its own removal alone and crashes. The other can never win, so the removed one must
    // campaign, lead until the removal is committed, and go. §4.2.2, figure 4.6.
    [Fact]
    public void A_server_that_alone_stored_its_removal_still_campaigns()
    {
        var cluster = new TestCluster(2);
        TestServer s1 = cluster.Elect(1);
        cluster.Isolate(1);
        s1.Change(ConfigurationChangeKind.Remove, s1.Id);
        s1.Flush();
        s1.Crash();
        cluster.Heal();

        cluster.Run(TestCluster.ElectionTimeout * 20);

        Assert.Equal((cluster[2], 1), (cluster.Leader, cluster[2].Status.Configuration.Servers.Length));
        Assert.True(cluster[2].Status.HasCommittedThisTerm);
        Assert.Equal(MonoTime.Never, s1.Node.NextDeadline);
    }

    // Goal: a removed server, which is told nothing any more, asks for votes in vain and disturbs nobody. §4.2.3.
    [Fact]
    public void A_removed_server_does_not_disturb()
    {
        var cluster = new TestCluster(4);
        TestServer leader = cluster.Elect(1);
        leader.Change(ConfigurationChangeKind.Remove, TestCluster.Id(4));
        cluster.Run(TestCluster.HeartbeatInterval);
        Term term = leader.Status.Term;

        cluster.Run(TestCluster.ElectionTimeout * 20);

        Assert.Equal((RaftRole.Leader, term), (leader.Status.Role, leader.Status.Term));
        Assert.Equal(RaftRole.PreCandidate, cluster[4].Status.Role);

        // Not even when it claims a newer term.
        RaftMessageKind[] kinds =
        [
            RaftMessageKind.Vote, RaftMessageKind.PreVote, RaftMessageKind.AppendReply, RaftMessageKind.HeartbeatReply,
            RaftMessageKind.VoteReply,
        ];
        foreach (RaftMessageKind kind in kinds)
        {
            leader.Step(Lone.Vote(4, 99, 99, 98) with { Kind = kind, Reject = true });
        }

        Assert.Equal((RaftRole.Leader, term), (leader.Status.Role, leader.Status.Term));
    }

    // Goal: votes do not depend on the voter's own suffrage or on whether it knows the candidate. §4.2.1, §4.2.2.
    [Fact]
    public void A_vote_is_granted_by_and_to_servers_outside_of_the_own_configuration()
    {
        TestServer voter = Lone.Follower(voters: 1);
        voter.Step(Lone.Vote(9, 2, 5, 2));
        voter.Flush();
        Assert.False(Assert.Single(voter.TakeSent()).Reject);

        var cluster = new TestCluster(voters: 2, nonVoters: 1);
        TestServer nonVoter = cluster[3];
        nonVoter.Step(Lone.Vote(2, 2, 5, 2) with { To = nonVoter.Id });
        nonVoter.Flush();
        Assert.False(Assert.Single(nonVoter.TakeSent()).Reject);
    }

    // Goal: a leader that the own configuration does not contain is followed: the entry that adds it may be on its way. §4.1.
    [Fact]
    public void A_leader_outside_of_the_own_configuration_is_followed()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Append(9, 2, 1, 1, 0, 2));
        server.Flush();

        Assert.Equal(TestCluster.Id(9), server.Status.Leader);
        Assert.False(Assert.Single(server.TakeSent()).Reject);
    }

    // Goal: what a server said before it was removed and added again is not taken for news of its present log. §4.1.
    [Fact]
    public void A_reply_from_before_a_removal_is_ignored()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        ulong match = leader.Status.LastIndex.Value;
        leader.Change(ConfigurationChangeKind.Remove, TestCluster.Id(3));
        cluster.Settle();
        ProposeOutcome added = leader.Change(
            ConfigurationChangeKind.AddNonVoter, TestCluster.Id(3), TestCluster.Address(3), new DiskId(8, 8));
        Assert.True(added.IsAccepted);
        Assert.Equal(added.First, leader.Status.Configuration.Servers[2].AddedAt);
        leader.TakeSent();

        leader.Step(Lone.AppendReply(3, leader.Status.Term.Value, match));
        ProgressStatus progress = leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(3));
        Assert.Equal((LogIndex.Zero, (MonoTime?)null), (progress.Match, progress.LastContact));

        leader.Step(Lone.AppendReply(3, leader.Status.Term.Value, match) with { AddedAt = added.First });
        Assert.Equal(match, leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(3)).Match.Value);
    }

    private static ProposeOutcome Add(TestServer leader, int number) => leader.Change(
        ConfigurationChangeKind.AddNonVoter, TestCluster.Id(number), TestCluster.Address(number), TestCluster.DiskOf(number));

    private static ProposeOutcome Promote(TestServer leader, int number) =>
        leader.Change(ConfigurationChangeKind.Promote, TestCluster.Id(number));
}
