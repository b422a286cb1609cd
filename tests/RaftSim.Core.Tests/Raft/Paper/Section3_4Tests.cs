using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §3.4: leader election.</summary>
public sealed class Section3_4Tests
{
    // Goal: a server starts as a follower and knows no leader. §3.4.
    [Fact]
    public void A_server_starts_as_a_follower()
    {
        RaftStatus status = Lone.Follower(term: 4, vote: 2).Status;

        Assert.Equal((RaftRole.Follower, 4UL, TestCluster.Id(2)), (status.Role, status.Term.Value, status.Vote));
        Assert.True(status.Leader.IsNone);
        Assert.Null(status.LeaderContact);
    }

    // Goal: election timeouts are drawn from [T, 2T) and spread over it. §3.4.
    [Fact]
    public void Election_timeouts_are_random_between_once_and_twice_the_shortest()
    {
        TestServer server = Lone.Follower();
        var timeouts = new List<long>();
        for (int i = 0; i < 500; i++)
        {
            server.Step(Lone.Heartbeat(2, 1));
            timeouts.Add((server.Node.NextDeadline - server.Now).Nanos);
        }

        long shortest = TestCluster.ElectionTimeout.Nanos;
        Assert.All(timeouts, t => Assert.InRange(t, shortest, (2 * shortest) - 1));
        Assert.True(timeouts.Min() < shortest * 11 / 10 && timeouts.Max() > shortest * 19 / 10);
        Assert.True(timeouts.Distinct().Count() > 490);
    }

    // Goal: a follower stays one as long as it hears from a leader. §3.4.
    [Fact]
    public void Heartbeats_keep_a_follower_from_campaigning()
    {
        TestServer server = Lone.Follower();
        for (int i = 0; i < 50; i++)
        {
            server.Step(Lone.Heartbeat(2, 1));
            server.Sleep(TestCluster.HeartbeatInterval);
        }

        Assert.Equal((RaftRole.Follower, 1UL), (server.Status.Role, server.Status.Term.Value));
    }

    // Goal: ticks before the deadline change nothing. §3.4.
    [Fact]
    public void Early_ticks_are_harmless()
    {
        TestServer server = Lone.Follower();
        MonoTime deadline = server.Node.NextDeadline;

        server.Tick(new MonoTime(deadline.Nanos - 1));

        Assert.Equal(RaftRole.Follower, server.Status.Role);
        Assert.Equal(deadline, server.Node.NextDeadline);
    }

    // Goal: a candidate increments its term, votes for itself and asks all others, with the end of its log. §3.4, §3.6.1.
    [Fact]
    public void A_candidate_asks_all_other_voters_in_a_new_term()
    {
        TestServer server = Lone.PreCandidate(voters: 3, terms: [1, 3], term: 3);
        server.Step(Lone.PreVoteReply(2, 4));
        server.Flush();

        RaftStatus status = server.Status;
        Assert.Equal((RaftRole.Candidate, 4UL, Lone.Self), (status.Role, status.Term.Value, status.Vote));
        RaftMessage[] requests = server.TakeSent();
        Assert.Equal([TestCluster.Id(2), TestCluster.Id(3)], requests.Select(r => r.To));
        Assert.All(requests, r => Assert.Equal(
            (RaftMessageKind.Vote, 4UL, 3UL, 3UL), (r.Kind, r.Term.Value, r.Index.Value, r.LogTerm.Value)));
    }

    // Goal: votes are asked for only when the own vote cannot be forgotten any more. §3.4, figure 3.1.
    [Fact]
    public void A_candidate_asks_only_when_its_own_vote_is_durable()
    {
        TestServer server = Lone.PreCandidate();
        server.Step(Lone.PreVoteReply(2, 2));

        Assert.Empty(server.TakeSent());
        Assert.Equal(1, server.WritesUnderWay);
        server.CompleteWrites();
        Assert.Equal(2, server.TakeSent().Length);
        Assert.Equal(new HardState(new Term(2), Lone.Self), server.DiskHardState);
    }

    // Goal: votes of a majority, its own included, make a leader; fewer do not. §3.4.
    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    [InlineData(7, 3)]
    public void A_majority_of_votes_makes_a_leader(int voters, int othersNeeded)
    {
        TestServer server = Lone.Candidate(voters);
        for (int i = 1; i < othersNeeded; i++)
        {
            server.Step(Lone.VoteReply(i + 1, 2));
            Assert.Equal(RaftRole.Candidate, server.Status.Role);
        }

        server.Step(Lone.VoteReply(othersNeeded + 1, 2));

        Assert.Equal((RaftRole.Leader, Lone.Self), (server.Status.Role, server.Status.Leader));
    }

    // Goal: a repeated reply, and one of a server that does not vote, counts nothing. §3.4.
    [Fact]
    public void Each_voter_counts_once()
    {
        TestServer server = Lone.Candidate(voters: 5);

        server.Step(Lone.VoteReply(2, 2));
        server.Step(Lone.VoteReply(2, 2));
        server.Step(Lone.VoteReply(9, 2));
        server.Step(Lone.VoteReply(3, 2, reject: true));

        Assert.Equal(RaftRole.Candidate, server.Status.Role);
        server.Step(Lone.VoteReply(4, 2));
        Assert.Equal(RaftRole.Leader, server.Status.Role);
    }

    // Goal: a vote that was given in an earlier term does not count in a later one. §3.4.
    [Fact]
    public void Votes_of_an_old_term_are_not_counted()
    {
        TestServer server = Lone.Candidate();
        server.TickToDeadline();
        server.Step(Lone.PreVoteReply(2, 3));
        server.Flush();
        Assert.Equal(3UL, server.Status.Term.Value);

        server.Step(Lone.VoteReply(2, 2));
        server.Step(Lone.VoteReply(3, 2));

        Assert.Equal(RaftRole.Candidate, server.Status.Role);
    }

    // Goal: the only voter elects itself, and not before its vote is durable. §3.4.
    [Fact]
    public void A_single_voter_elects_itself_when_its_vote_is_durable()
    {
        TestServer server = Lone.Follower(voters: 1);
        server.TickToDeadline();
        Assert.Equal(RaftRole.Candidate, server.Status.Role);

        server.CompleteWrites();

        Assert.Equal((RaftRole.Leader, 2UL), (server.Status.Role, server.Status.Term.Value));
        server.CompleteWrites();
        Assert.Equal(2UL, server.Status.Commit.Value);
    }

    // Goal: a server votes for at most one candidate in a term, first come, first served. §3.4.
    [Fact]
    public void Follower_grants_one_vote_per_term()
    {
        TestServer server = Lone.Follower();

        server.Step(Lone.Vote(2, 2, 1, 1));
        server.Step(Lone.Vote(3, 2, 1, 1));
        server.Step(Lone.Vote(2, 2, 1, 1));
        server.Flush();

        Assert.Equal(
            [(TestCluster.Id(2), false), (TestCluster.Id(3), true), (TestCluster.Id(2), false)],
            server.TakeSent().Select(m => (m.To, m.Reject)));
        Assert.Equal(TestCluster.Id(2), server.Status.Vote);
    }

    // Goal: a vote is told only when it is durable, and is remembered over a crash. §3.4, figure 3.1.
    [Fact]
    public void A_vote_waits_for_the_disk_and_survives_a_crash()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Vote(2, 2, 1, 1));
        Assert.Empty(server.TakeSent());

        server.Crash(surviving: 1);
        server.Step(Lone.Vote(3, 2, 1, 1));
        server.Step(Lone.Vote(2, 2, 1, 1));
        server.Flush();

        Assert.Equal([(TestCluster.Id(3), true), (TestCluster.Id(2), false)], server.TakeSent().Select(m => (m.To, m.Reject)));
    }

    // Goal: granting a vote puts off the own election, refusing one does not. §3.4.
    [Fact]
    public void Granting_a_vote_resets_the_election_timer_and_refusing_does_not()
    {
        TestServer server = Lone.Follower(terms: [1, 1]);
        MonoTime deadline = server.Node.NextDeadline;
        server.Tick(new MonoTime(deadline.Nanos - 1));

        server.Step(Lone.Vote(2, 2, 1, 1));
        Assert.Equal(deadline, server.Node.NextDeadline);

        server.Step(Lone.Vote(3, 2, 3, 1));
        Assert.True(server.Node.NextDeadline >= server.Now + TestCluster.ElectionTimeout);
    }

    // Goal: a candidate that hears from the leader of its term follows it. §3.4.
    [Fact]
    public void A_candidate_follows_the_leader_of_its_term()
    {
        TestServer server = Lone.Candidate();

        server.Step(Lone.Append(3, 2, 1, 1, 0, 2));

        Assert.Equal(
            (RaftRole.Follower, 2UL, TestCluster.Id(3)),
            (server.Status.Role, server.Status.Term.Value, server.Status.Leader));
        Assert.Equal(Lone.Self, server.Status.Vote);
    }

    // Goal: a candidate without a majority tries again after another timeout. §3.4, split votes.
    [Fact]
    public void A_split_vote_is_followed_by_another_election()
    {
        TestServer server = Lone.Candidate();
        server.Step(Lone.VoteReply(2, 2, reject: true));
        server.Step(Lone.VoteReply(3, 2, reject: true));
        Assert.Equal(RaftRole.Candidate, server.Status.Role);

        server.TickToDeadline();

        Assert.All(server.TakeSent(), m => Assert.Equal((RaftMessageKind.PreVote, 3UL), (m.Kind, m.Term.Value)));
        server.Step(Lone.PreVoteReply(3, 3));
        Assert.Equal((RaftRole.Candidate, 3UL), (server.Status.Role, server.Status.Term.Value));
    }

    // Goal: two leaders of one term cannot be, so whoever claims to be the second one is not believed. Figure 3.2.
    [Fact]
    public void A_second_leader_of_the_same_term_is_not_believed()
    {
        TestServer follower = Lone.Follower();
        follower.Step(Lone.Heartbeat(2, 1));
        follower.Step(Lone.Append(3, 1, 1, 1, 0, 1));
        Assert.Equal((TestCluster.Id(2), 1UL), (follower.Status.Leader, follower.Status.LastIndex.Value));

        TestServer leader = Lone.Leader();
        leader.Step(Lone.Append(3, 2, 1, 1, 0, 2));
        Assert.Equal(RaftRole.Leader, leader.Status.Role);
    }

    // Goal: a server without a configuration waits silently, and follows whatever leader finds it. §3.4, §4.4.
    [Fact]
    public void A_server_without_a_configuration_waits_and_follows()
    {
        var server = new TestServer(TestCluster.Options(1), new Prng(1), []);
        server.Sleep(Duration.Seconds(100));
        Assert.Equal(MonoTime.Never, server.Node.NextDeadline);
        Assert.Empty(server.TakeSent());

        server.Step(Lone.Append(2, 3, 0, 0, 0, 1, 3));
        server.Flush();

        Assert.Equal(2UL, Assert.Single(server.TakeSent()).Index.Value);
        Assert.Equal(TestCluster.Id(2), server.Status.Leader);
    }
}
