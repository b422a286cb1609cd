using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>
/// Dissertation §6.4.1, the promise of every server that leases rest on: who heard a leader helps no other one.
/// </summary>
public sealed class Section6_4_1PromiseTests
{
    private static readonly Duration _tick = new(1);
    private static readonly Duration _almost = TestCluster.ElectionTimeout - _tick;

    // Goal: a server that starts may have promised something before it stopped: it gives neither vote nor pre-vote
    // for an election timeout. §6.4.1.
    [Theory]
    [InlineData(RaftMessageKind.PreVote)]
    [InlineData(RaftMessageKind.Vote)]
    public void A_server_that_starts_gives_no_vote_for_an_election_timeout(RaftMessageKind kind)
    {
        TestServer server = Follower();
        server.PassTo(server.Now + Duration.Seconds(5));
        server.Crash();
        MonoTime start = server.Now;

        server.PassTo(start + _almost);
        Assert.Empty(AskedBy(server, 3, term: 2, kind));
        Assert.Equal(1UL, server.Status.Term.Value);

        server.PassTo(start + TestCluster.ElectionTimeout);
        Assert.False(Assert.Single(AskedBy(server, 3, term: 2, kind)).Reject);
    }

    // Goal: that holds as well for a vote in the term that it already has. §6.4.1.
    [Fact]
    public void A_server_that_starts_gives_no_vote_in_its_own_term()
    {
        TestServer server = Follower(term: 4);

        Assert.True(Assert.Single(AskedBy(server, 3, term: 4)).Reject);
        server.PassTo(server.Now + TestCluster.ElectionTimeout);
        Assert.False(Assert.Single(AskedBy(server, 3, term: 4)).Reject);
    }

    // Goal: without leases a server that starts votes at once: nothing rests on its silence.
    [Fact]
    public void Without_leases_a_server_that_starts_votes_at_once()
    {
        TestServer server = Lone.Follower();
        server.Crash();

        Assert.False(Assert.Single(AskedBy(server, 3, term: 2)).Reject);
    }

    // Goal: its own vote is one, too: it does not campaign before. A single voter may have forgotten as much. §6.4.1.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_server_that_starts_does_not_campaign_for_an_election_timeout(int voters)
    {
        for (int i = 0; i < 100; i++)
        {
            TestServer server = Follower(voters);
            server.PassTo(server.Now + Duration.Seconds(i));
            server.Crash();
            MonoTime start = server.Now;

            server.Tick(start + _almost);

            Assert.Equal((RaftRole.Follower, 1UL), (server.Status.Role, server.Status.Term.Value));
        }
    }

    // Goal: a vote that was given before is given again: nothing can have been promised since. §6.4.1, §3.4.
    [Fact]
    public void A_vote_given_before_the_start_stays_given()
    {
        TestServer server = Lone.Follower(term: 4, vote: 3, configure: WithLeases);

        Assert.False(Assert.Single(AskedBy(server, 3, term: 4)).Reject);
    }

    // Goal: a newer term makes a server forget its leader, but that leader counts on it all the same: no vote in that
    // term or a newer one for an election timeout from the last sign of life on. §6.4.1.
    [Fact]
    public void A_newer_term_does_not_end_the_promise()
    {
        TestServer server = Follower();
        server.PassTo(server.Now + Duration.Seconds(5));
        server.Step(Lone.Heartbeat(2, 1));
        MonoTime heard = server.Now;
        server.TakeSent();

        // The answer to a request of long ago.
        server.Step(Lone.PreVoteReply(3, 5, reject: true));
        Assert.Equal((true, 5UL), (server.Status.Leader.IsNone, server.Status.Term.Value));

        server.PassTo(heard + _almost);
        Assert.True(Assert.Single(AskedBy(server, 3, term: 5)).Reject);
        Assert.Empty(AskedBy(server, 3, term: 6, RaftMessageKind.PreVote));
        Assert.Empty(AskedBy(server, 3, term: 6));

        server.PassTo(heard + TestCluster.ElectionTimeout);
        Assert.False(Assert.Single(AskedBy(server, 3, term: 5)).Reject);
    }

    // Goal: whatever a leader says is a sign of life that it may count on. §6.4.1.
    [Theory]
    [InlineData(RaftMessageKind.Append)]
    [InlineData(RaftMessageKind.Heartbeat)]
    [InlineData(RaftMessageKind.Snapshot)]
    public void Every_message_of_a_leader_renews_the_promise(RaftMessageKind kind)
    {
        TestServer server = Follower();
        server.PassTo(server.Now + Duration.Seconds(5));
        server.Step(Lone.Append(2, 1, 1, 1) with { Kind = kind });
        server.Flush();
        server.TakeSent();
        server.Step(Lone.PreVoteReply(3, 5, reject: true));

        server.PassTo(server.Now + _almost);
        Assert.Empty(AskedBy(server, 3, term: 6));
        server.PassTo(server.Now + _tick);
        Assert.False(Assert.Single(AskedBy(server, 3, term: 6)).Reject);
    }

    // Goal: a non-voter keeps the promise as well: it votes for whoever believes in it. §4.2.2, §6.4.1.
    [Fact]
    public void Who_does_not_vote_keeps_the_promise()
    {
        var cluster = new TestCluster(voters: 2, nonVoters: 1, configure: WithLeases);
        cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval);
        TestServer nonVoter = cluster[3];
        nonVoter.Step(Lone.PreVoteReply(2, 9, reject: true) with { To = nonVoter.Id });
        nonVoter.Flush();
        nonVoter.TakeSent();

        nonVoter.Step(Lone.Vote(2, 10, 9, 9) with { To = nonVoter.Id });

        Assert.Empty(nonVoter.TakeSent());
        Assert.Equal(9UL, nonVoter.Status.Term.Value);
    }

    // Goal: an election that the leader asked for is heeded: that leader has given its lease up. §3.10, §6.4.1.
    [Fact]
    public void A_vote_for_a_transfer_is_given_in_spite_of_the_promise()
    {
        TestServer server = Follower();
        server.Step(Lone.Heartbeat(2, 1));
        server.TakeSent();

        server.Step(Lone.Vote(3, 2, 1, 1) with { IsTransfer = true });
        server.Flush();

        Assert.False(Assert.Single(server.TakeSent()).Reject);
    }

    // Goal: who is told to take over campaigns in spite of its promise. §3.10, §6.4.1.
    [Fact]
    public void The_target_of_a_transfer_campaigns_in_spite_of_its_promise()
    {
        TestServer server = Follower();
        server.Step(Lone.Heartbeat(2, 1));
        server.Step(Lone.Heartbeat(2, 1) with { Kind = RaftMessageKind.TimeoutNow });

        Assert.Equal(RaftRole.Candidate, server.Status.Role);
    }

    // Goal: a leader that asks for votes itself leads no more and has no lease: neither it nor anybody else is
    // refused for its sake. §6.4.1, §9.6.
    [Fact]
    public void A_leader_that_asks_for_votes_ends_the_promise_made_to_it()
    {
        TestServer server = Follower();
        server.Step(Lone.Heartbeat(2, 1));
        server.TakeSent();

        Assert.False(Assert.Single(AskedBy(server, 2, term: 2, RaftMessageKind.PreVote)).Reject);
        Assert.False(Assert.Single(AskedBy(server, 3, term: 2)).Reject);
    }

    // Goal: who asks from an older term still learns the newer one, or it could never take part again. §3.3.
    [Fact]
    public void A_request_of_an_older_term_is_answered_in_spite_of_the_promise()
    {
        TestServer server = Follower(term: 4);

        RaftMessage reply = Assert.Single(AskedBy(server, 3, term: 3, RaftMessageKind.PreVote));
        Assert.Equal((true, 4UL), (reply.Reject, reply.Term.Value));
    }

    // Goal: the promise costs no more than a delay: servers that all start at once find a leader in time.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Servers_that_all_start_at_once_find_a_leader(ulong seed)
    {
        var cluster = new TestCluster(5, seed: seed, configure: WithLeases);
        cluster.Run(TestCluster.ElectionTimeout * 6);
        Assert.NotNull(cluster.Leader);
        foreach (TestServer server in cluster.Servers.Values)
        {
            server.Crash();
        }

        cluster.Run(TestCluster.ElectionTimeout * 6);

        Assert.True(Assert.IsType<TestServer>(cluster.Leader).Status.HasCommittedThisTerm);
    }

    private static RaftOptions WithLeases(RaftOptions options) => options with { ReadLease = true };

    private static TestServer Follower(int voters = 3, ulong term = 1) =>
        Lone.Follower(voters, term: term, configure: WithLeases);

    private static RaftMessage[] AskedBy(
        TestServer server, int from, ulong term, RaftMessageKind kind = RaftMessageKind.Vote)
    {
        server.Flush();
        server.TakeSent();
        server.Step(Lone.Vote(from, term, 9, 9) with { Kind = kind });
        server.Flush();
        return server.TakeSent();
    }
}
