using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §9.6 (pre-vote) and §4.2.3 (a living leader is not deposed by requests for votes).</summary>
public sealed class Section9_6Tests
{
    // Goal: asking for pre-votes changes neither term nor vote and writes nothing. §9.6.
    [Fact]
    public void A_pre_candidate_keeps_its_term()
    {
        TestServer server = Lone.Follower(term: 4);
        server.TickToDeadline();

        Assert.Equal((RaftRole.PreCandidate, 4UL), (server.Status.Role, server.Status.Term.Value));
        Assert.Equal(0, server.WritesUnderWay);
        RaftMessage[] requests = server.TakeSent();
        Assert.Equal([TestCluster.Id(2), TestCluster.Id(3)], requests.Select(m => m.To));
        Assert.All(requests, m => Assert.Equal((RaftMessageKind.PreVote, 5UL), (m.Kind, m.Term.Value)));
    }

    // Goal: who knows that nobody leads need not wait for its timer, and asks for pre-votes all the same. §9.6.
    [Fact]
    public void A_server_that_campaigns_at_once_asks_for_pre_votes()
    {
        TestServer server = Lone.Follower(term: 4);
        server.Node.Campaign(server.Now);
        server.Tick(server.Now);

        Assert.Equal((RaftRole.PreCandidate, 4UL), (server.Status.Role, server.Status.Term.Value));
        Assert.All(server.TakeSent(), m => Assert.Equal((RaftMessageKind.PreVote, 5UL), (m.Kind, m.Term.Value)));
        server.Node.Campaign(server.Now);
        server.Tick(server.Now);
        Assert.Empty(server.TakeSent());
    }

    // Goal: nobody campaigns against a leader, or in a configuration in which it has no vote. §4.2.3.
    [Fact]
    public void A_server_that_follows_or_does_not_vote_does_not_campaign_at_once()
    {
        TestServer follower = Lone.Follower();
        follower.Step(Lone.Heartbeat(2, 1));
        follower.TakeSent();
        follower.Node.Campaign(follower.Now);
        follower.Tick(follower.Now);
        Assert.Equal(RaftRole.Follower, follower.Status.Role);
        Assert.Empty(follower.TakeSent());

        RaftNode stranger = new(
            new RaftOptions { Self = new("none"), Codec = TestCodec.Instance }, RecoveredState.Empty, new Prng(1), new(1_000));
        stranger.Campaign(new(2_000));
        Assert.Equal(RaftRole.Follower, stranger.Status.Role);
    }

    // Goal: what was promised with a lease holds for a campaign that is asked for, too. §6.4.1.
    [Fact]
    public void A_server_that_has_promised_not_to_vote_does_not_campaign_at_once()
    {
        TestServer server = Lone.Follower(configure: options => options with { ReadLease = true });
        server.Node.Campaign(server.Now);
        server.Tick(server.Now);
        Assert.Equal(RaftRole.Follower, server.Status.Role);
        Assert.Empty(server.TakeSent());
    }

    // Goal: answering a pre-vote changes nothing either, so it can be granted to many. §9.6.
    [Fact]
    public void A_pre_vote_is_granted_without_a_trace()
    {
        TestServer server = Lone.Follower();
        RaftStatus before = server.Status;
        MonoTime deadline = server.Node.NextDeadline;

        server.Step(Lone.PreVote(2, 2, 1, 1));
        server.Step(Lone.PreVote(3, 2, 1, 1));

        Assert.All(server.TakeSent(), m => Assert.Equal((false, 2UL), (m.Reject, m.Term.Value)));
        Assert.Equal(before, server.Status);
        Assert.Equal(deadline, server.Node.NextDeadline);
        Assert.Equal(0, server.WritesUnderWay);
    }

    // Goal: an election starts only when a majority would vote. §9.6.
    [Fact]
    public void A_majority_of_pre_votes_starts_the_election()
    {
        TestServer server = Lone.PreCandidate(voters: 5);
        server.Step(Lone.PreVoteReply(2, 2));
        server.Step(Lone.PreVoteReply(2, 2));
        server.Step(Lone.PreVoteReply(3, 1, reject: true));
        Assert.Equal(RaftRole.PreCandidate, server.Status.Role);

        server.Step(Lone.PreVoteReply(4, 2));
        Assert.Equal((RaftRole.Candidate, 2UL), (server.Status.Role, server.Status.Term.Value));
    }

    // Goal: a server that is cut off never raises its term, and does not disturb when it comes back. §9.6.
    [Fact]
    public void A_server_that_was_cut_off_rejoins_without_an_election()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        Term term = leader.Status.Term;
        cluster.Isolate(3);
        leader.Propose(1);
        cluster.Run(TestCluster.ElectionTimeout * 20);
        Assert.Equal((RaftRole.PreCandidate, term), (cluster[3].Status.Role, cluster[3].Status.Term));

        cluster.Heal();
        cluster.Run(TestCluster.ElectionTimeout * 3);

        Assert.Equal((RaftRole.Leader, term), (leader.Status.Role, leader.Status.Term));
        Assert.Equal(leader.Status.Commit, cluster[3].Status.Commit);
        Assert.Equal(leader.Id, cluster[3].Status.Leader);
    }

    // Goal: who hears from a leader helps nobody to depose it, until an election timeout has passed in silence. §4.2.3.
    [Theory]
    [InlineData(RaftMessageKind.PreVote)]
    [InlineData(RaftMessageKind.Vote)]
    public void Requests_for_votes_are_ignored_while_a_leader_lives(RaftMessageKind kind)
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Heartbeat(2, 1));
        server.TakeSent();

        server.PassTo(server.Now + (TestCluster.ElectionTimeout - Duration.Milliseconds(1)));
        server.Step(Lone.Vote(3, 2, 1, 1) with { Kind = kind });
        server.Flush();
        Assert.Empty(server.TakeSent());
        Assert.Equal(1UL, server.Status.Term.Value);

        server.PassTo(server.Now + Duration.Milliseconds(1));
        server.Step(Lone.Vote(3, 2, 1, 1) with { Kind = kind });
        server.Flush();
        Assert.False(Assert.Single(server.TakeSent()).Reject);
    }

    // Goal: a leader ignores them too; the quorum check sees to it that it is a living one. §4.2.3.
    [Fact]
    public void A_leader_ignores_requests_for_votes()
    {
        TestServer leader = Lone.Leader();

        leader.Step(Lone.PreVote(2, 3, 9, 2));
        leader.Step(Lone.Vote(2, 3, 9, 2));

        Assert.Equal((RaftRole.Leader, 2UL), (leader.Status.Role, leader.Status.Term.Value));
        Assert.Empty(leader.TakeSent());
    }

    // Goal: a leader that asks for votes itself leads no more: neither it nor anybody else is refused for its sake.
    // hashicorp/raft issue 606.
    [Fact]
    public void The_former_leader_is_not_refused_for_being_believed_in()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Heartbeat(2, 1));
        server.TakeSent();

        server.Step(Lone.PreVote(2, 2, 1, 1));
        Assert.False(Assert.Single(server.TakeSent()).Reject);
        Assert.True(server.Status.Leader.IsNone);

        server.Step(Lone.PreVote(3, 2, 1, 1));
        Assert.False(Assert.Single(server.TakeSent()).Reject);
    }

    // Goal: a pre-candidate whose term is behind learns the newer one and can win with it. §9.6.
    [Fact]
    public void A_pre_candidate_learns_a_newer_term_from_a_refusal()
    {
        TestServer voter = Lone.Follower(term: 7);
        voter.Step(Lone.PreVote(2, 5, 9, 4));
        RaftMessage refusal = Assert.Single(voter.TakeSent());
        Assert.Equal((true, 7UL), (refusal.Reject, refusal.Term.Value));

        TestServer candidate = Lone.PreCandidate(term: 4);
        candidate.Step(refusal with { From = TestCluster.Id(2), To = candidate.Id });
        Assert.Equal((RaftRole.Follower, 7UL), (candidate.Status.Role, candidate.Status.Term.Value));

        candidate.TickToDeadline();
        candidate.Flush();
        Assert.All(candidate.TakeSent(), m => Assert.Equal(8UL, m.Term.Value));
    }

    // Goal: a server whose term ran ahead is not shut out for ever: it answers the leader's messages with its term, and an
    // election brings all to a common one.
    [Fact]
    public void A_server_with_a_newer_term_gets_back_in()
    {
        var cluster = new TestCluster(3);
        cluster.Elect(1);
        cluster.Isolate(3);
        TestServer ahead = cluster[3];
        ahead.Node.Step(Lone.Heartbeat(9, 50) with { To = ahead.Id }, ahead.Now);
        ahead.Pump();
        ahead.Flush();
        cluster.Run(TestCluster.ElectionTimeout * 3);
        cluster.Heal();

        cluster.Run(TestCluster.ElectionTimeout * 5);

        Assert.True(Assert.IsType<TestServer>(cluster.Leader).Status.Term.Value > 50);
        Assert.All(cluster.Servers.Values, s => Assert.Equal(cluster.Leader.Status.Commit, s.Status.Commit));
    }

    // Goal: when the leader dies, another one leads within a few timeouts. §3.4, §9.6.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_dead_leader_is_replaced_in_time(ulong seed)
    {
        var cluster = new TestCluster(3, seed: seed);
        cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval);
        cluster.Isolate(1);

        cluster.Run(TestCluster.ElectionTimeout * 4);

        TestServer next = Assert.IsType<TestServer>(cluster.Leader);
        Assert.NotEqual(cluster[1].Id, next.Id);
        Assert.True(next.Status.HasCommittedThisTerm);
    }
}
