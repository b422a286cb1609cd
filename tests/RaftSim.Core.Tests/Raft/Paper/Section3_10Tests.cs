using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §3.10: leadership transfer.</summary>
public sealed class Section3_10Tests
{
    // Goal: the named server leads next, in the next term, without an election timeout passing. §3.10.
    [Fact]
    public void Leadership_moves_to_the_named_voter_at_once()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        Term term = leader.Status.Term;
        MonoTime before = cluster.Now;

        ProposeOutcome outcome = Transfer(leader, 3);
        cluster.Settle();

        Assert.Equal((ProposeResult.Accepted, TestCluster.Id(3)), (outcome.Result, outcome.Server));
        Assert.Equal(cluster[3], cluster.Leader);
        Assert.Equal(term.Next, cluster[3].Status.Term);
        Assert.Equal(before, cluster.Now);
        Assert.Equal(RaftRole.Follower, leader.Status.Role);
        Assert.True(leader.Status.TransferTarget.IsNone);
    }

    // Goal: a target that lags is brought up to date first, and only then told to campaign. §3.10, steps 2 and 3.
    [Fact]
    public void A_target_that_lags_is_brought_up_to_date_first()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.Cut([3], [1, 2]);
        ProposeOutcome last = leader.Propose(1);
        cluster.Settle();

        Assert.True(Transfer(leader, 3).IsAccepted);
        cluster.Settle();
        Assert.Equal(cluster[1], cluster.Leader);

        cluster.Heal();
        cluster.Run(TestCluster.HeartbeatInterval * 3);
        Assert.Equal(cluster[3], cluster.Leader);
        Assert.True(cluster[3].Status.LastIndex > last.First);
    }

    // Goal: while leadership is moving nothing is taken that would keep the target from catching up. §3.10, step 1.
    [Fact]
    public void Nothing_is_taken_during_a_transfer()
    {
        var cluster = new TestCluster(voters: 3, nonVoters: 1);
        TestServer leader = cluster.Elect(1);
        cluster.Isolate(3);
        Assert.True(Transfer(leader, 3).IsAccepted);

        Assert.Equal(ProposeResult.TransferInProgress, leader.Propose(1).Result);
        Assert.Equal(
            ProposeResult.TransferInProgress, leader.Change(ConfigurationChangeKind.Promote, TestCluster.Id(4)).Result);
        ProposeOutcome second = Transfer(leader, 2);
        Assert.Equal((ProposeResult.TransferInProgress, TestCluster.Id(3)), (second.Result, second.Server));
    }

    // Goal: a transfer that does not succeed ends after one election timeout, and the leader goes on. §3.10.
    [Fact]
    public void A_transfer_that_fails_ends_after_an_election_timeout()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.Isolate(3);
        Assert.True(Transfer(leader, 3).IsAccepted);
        Assert.Equal(TestCluster.Id(3), leader.Status.TransferTarget);

        cluster.Run(TestCluster.ElectionTimeout - new Duration(1));
        Assert.Equal(TestCluster.Id(3), leader.Status.TransferTarget);
        leader.Node.TakeChanges();
        cluster.Run(new Duration(1));

        Assert.True(leader.Status.TransferTarget.IsNone);
        Assert.True(leader.Node.TakeChanges().HasFlag(RaftChanges.Transfer));
        Assert.True(leader.Propose(1).IsAccepted);
        Assert.True(Transfer(leader, 2).IsAccepted);
    }

    // Goal: a lost message does not end it: the target is told again with its next answer to a heartbeat. §3.10.
    [Fact]
    public void The_target_is_told_again_when_the_message_was_lost()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        Assert.True(Transfer(leader, 2).IsAccepted);
        Assert.Contains(leader.TakeSent(), m => m.Kind == RaftMessageKind.TimeoutNow);

        cluster.Run(TestCluster.HeartbeatInterval);

        Assert.Equal(cluster[2], cluster.Leader);
    }

    // Goal: heartbeats of the old leader that are still on their way do not stop the target. hashicorp and canonical/raft
    // issue 203: a target that asked by pre-vote was turned back by them.
    [Fact]
    public void A_late_heartbeat_does_not_turn_the_target_back()
    {
        TestServer server = Lone.Follower(terms: [2], term: 2);
        server.Step(Lone.Heartbeat(2, 2));
        server.Step(TimeoutNow(2, 2));
        server.Step(Lone.Heartbeat(2, 2));
        server.Flush();

        Assert.Equal((RaftRole.Candidate, 3UL), (server.Status.Role, server.Status.Term.Value));
        Assert.All(
            server.TakeSent().Where(m => m.Kind == RaftMessageKind.Vote), m => Assert.True(m.IsTransfer));
    }

    // Goal: a target that loses its election follows the winner at once, although it had another leader before. §3.10, §3.4.
    [Fact]
    public void A_target_that_loses_follows_the_winner()
    {
        TestServer server = Lone.Follower(terms: [2], term: 2);
        server.Step(Lone.Heartbeat(2, 2));
        server.Step(TimeoutNow(2, 2));
        Assert.True(server.Status.Leader.IsNone);

        server.Step(Lone.Heartbeat(3, 3));
        Assert.Equal((RaftRole.Follower, TestCluster.Id(3)), (server.Status.Role, server.Status.Leader));
    }

    // Goal: servers that still hear from the leader vote when that leader has asked for the election, and only then. §4.2.3.
    [Fact]
    public void Only_an_election_that_the_leader_asked_for_gets_votes_while_it_lives()
    {
        TestServer server = Lone.Follower(terms: [2], term: 2);
        server.Step(Lone.Heartbeat(2, 2));
        server.Flush();
        server.TakeSent();

        server.Step(Lone.Vote(3, 3, 2, 2));
        server.Flush();
        Assert.Equal(2UL, server.Status.Term.Value);

        server.Step(Lone.Vote(3, 3, 2, 2) with { IsTransfer = true });
        server.Flush();
        RaftMessage reply = Assert.Single(server.TakeSent());
        Assert.Equal((RaftMessageKind.VoteReply, false, 3UL), (reply.Kind, reply.Reject, reply.Term.Value));
    }

    // Goal: nobody campaigns on the word of one who is not the leader of its term, nor without a vote. §3.10.
    [Fact]
    public void Only_the_leader_of_the_term_can_hand_over()
    {
        TestServer server = Lone.Follower(terms: [2], term: 2);
        server.Step(Lone.Heartbeat(2, 2));

        server.Step(TimeoutNow(3, 2));
        server.Step(TimeoutNow(2, 1));
        Assert.Equal(RaftRole.Follower, server.Status.Role);

        server.Step(TimeoutNow(2, 3));
        Assert.Equal((RaftRole.Follower, 3UL), (server.Status.Role, server.Status.Term.Value));
    }

    // Goal: every refusal says why, and begins nothing. §3.10.
    [Fact]
    public void A_transfer_that_cannot_be_is_refused()
    {
        var cluster = new TestCluster(voters: 2, nonVoters: 1);
        TestServer leader = cluster.Elect(1);

        Assert.Equal(ProposeResult.TargetNonVoter, Transfer(leader, 3).Result);
        Assert.Equal(ProposeResult.UnknownServer, Transfer(leader, 9).Result);
        Assert.Equal(ProposeResult.NoChange, Transfer(leader, 1).Result);
        Assert.Equal(ProposeResult.NotLeader, Transfer(cluster[2], 1).Result);
        Assert.True(leader.Status.TransferTarget.IsNone);

        var alone = new TestCluster(1);
        Assert.Equal(ProposeResult.NoSuccessor, alone.Elect(1).Node.TransferLeadership(null, alone.Now).Result);
    }

    // Goal: without a name the voter in contact that has most of the log takes over. §3.10.
    [Fact]
    public void Without_a_name_the_voter_with_most_of_the_log_takes_over()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.Isolate(2);
        leader.Propose(1);
        cluster.Settle();
        cluster.Heal();

        ProposeOutcome outcome = leader.Node.TransferLeadership(null, leader.Now);
        leader.Pump();
        cluster.Settle();

        Assert.Equal(TestCluster.Id(3), outcome.Server);
        Assert.Equal(cluster[3], cluster.Leader);
    }

    // Goal: a leader that removes itself hands over, so that nobody waits for an election timeout. §4.2.2.
    [Fact]
    public void A_leader_that_removed_itself_hands_over()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        MonoTime before = cluster.Now;

        Assert.True(leader.Change(ConfigurationChangeKind.Remove, TestCluster.Id(1)).IsAccepted);
        cluster.Settle();

        Assert.NotEqual(RaftRole.Leader, leader.Status.Role);
        Assert.NotNull(cluster.Leader);
        Assert.Equal(before, cluster.Now);
        Assert.Equal(2, cluster.Leader.Status.Configuration.VoterCount);
    }

    private static ProposeOutcome Transfer(TestServer leader, int target)
    {
        ProposeOutcome outcome = leader.Node.TransferLeadership(TestCluster.Id(target), leader.Now);
        leader.Pump();
        return outcome;
    }

    private static RaftMessage TimeoutNow(int from, ulong term) => new()
    {
        Kind = RaftMessageKind.TimeoutNow, From = TestCluster.Id(from), To = Lone.Self, Term = new Term(term),
    };
}
