using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §6.4: reads that show everything committed before them, without a write to the log.</summary>
public sealed class Section6_4Tests
{
    // Goal: a read is answered when a majority has answered a heartbeat that left after it was asked for. §6.4, step 3.
    [Fact]
    public void A_read_waits_for_a_majority()
    {
        TestServer leader = ReadyLeader(voters: 5);
        Assert.Equal(ProposeResult.Accepted, Read(leader, 7));
        RaftMessage[] sent = leader.TakeSent();
        Assert.Equal(4, sent.Count(m => m.Kind == RaftMessageKind.Heartbeat));
        ulong round = sent[0].Round;

        leader.Step(Lone.HeartbeatReply(2, 2) with { Round = round });
        Assert.Empty(leader.Reads);
        leader.Step(Lone.HeartbeatReply(3, 2) with { Round = round });

        Assert.Equal(new ReadReady(7, leader.Status.Commit), Assert.Single(leader.Reads));
    }

    // Goal: an answer to a heartbeat that left before the read was asked for proves nothing. §6.4.
    [Fact]
    public void An_earlier_heartbeat_confirms_nothing()
    {
        TestServer leader = ReadyLeader();
        Read(leader, 1);
        ulong first = leader.TakeSent()[0].Round;
        Read(leader, 2);

        // The second waits until the first round is over; then it gets one of its own.
        Assert.DoesNotContain(leader.TakeSent(), m => m.Kind == RaftMessageKind.Heartbeat);
        leader.Step(Lone.HeartbeatReply(2, 2) with { Round = first });
        Assert.Equal([1UL], leader.Reads.Select(read => read.Context));
        RaftMessage next = leader.TakeSent().First(m => m.Kind == RaftMessageKind.Heartbeat);
        Assert.True(next.Round > first);

        leader.Step(Lone.HeartbeatReply(3, 2) with { Round = first });
        Assert.Single(leader.Reads);
        leader.Step(Lone.HeartbeatReply(3, 2) with { Round = next.Round });
        Assert.Equal([1UL, 2UL], leader.Reads.Select(read => read.Context));
    }

    // Goal: when a round is lost, the next regular heartbeat makes up for it.
    [Fact]
    public void A_lost_round_is_made_up_for_by_the_next_heartbeat()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        Read(leader, 1);
        leader.TakeSent();
        Read(leader, 2);

        cluster.Run(TestCluster.HeartbeatInterval);

        Assert.Equal([1UL, 2UL], leader.Reads.Select(read => read.Context));
    }

    // Goal: a new leader does not know what is committed before an entry of its term is. §6.4, step 1; etcd issue 7331.
    [Fact]
    public void A_new_leader_refuses_reads_before_it_has_committed()
    {
        TestServer leader = Lone.Leader(terms: [2, 2], term: 2);
        Assert.Equal(ProposeResult.NoCommitThisTerm, Read(leader, 1));

        leader.Step(Lone.AppendReply(2, 3, 4));
        Assert.Equal(ProposeResult.Accepted, Read(leader, 1));
    }

    // Goal: the answer names what was committed when the read was asked for, however much comes after. §6.4, step 2.
    [Fact]
    public void A_read_shows_what_was_committed_when_it_was_asked_for()
    {
        TestServer leader = ReadyLeader();
        LogIndex commit = leader.Status.Commit;
        Read(leader, 1);
        ulong round = leader.TakeSent()[0].Round;
        leader.Propose(1);
        leader.Flush();
        leader.Step(Lone.AppendReply(2, 2, commit.Value + 1));
        Assert.True(leader.Status.Commit > commit);

        leader.Step(Lone.HeartbeatReply(2, 2) with { Round = round });

        Assert.Equal(commit, Assert.Single(leader.Reads).Index);
    }

    // Goal: a leader that was replaced answers nothing, whatever arrives late. §6.4.
    [Fact]
    public void A_leader_that_was_replaced_answers_nothing()
    {
        TestServer leader = ReadyLeader();
        Read(leader, 1);
        ulong round = leader.TakeSent()[0].Round;
        leader.Step(Lone.Heartbeat(2, 3));

        leader.Step(Lone.HeartbeatReply(2, 2) with { Round = round });
        leader.Step(Lone.HeartbeatReply(3, 2) with { Round = round });

        Assert.Empty(leader.Reads);
        Assert.Equal(ProposeResult.NotLeader, Read(leader, 2));
    }

    // Goal: non-voters confirm nothing; a single voter needs nobody. §6.4, §4.2.1.
    [Fact]
    public void Only_voters_confirm()
    {
        var cluster = new TestCluster(voters: 2, nonVoters: 3);
        TestServer leader = cluster.Elect(1);
        cluster.Isolate(2);
        Read(leader, 1);
        cluster.Settle();
        Assert.Empty(leader.Reads);

        var alone = new TestCluster(voters: 1, nonVoters: 1);
        TestServer single = alone.Elect(1);
        Read(single, 1);
        Assert.Single(single.Reads);
    }

    // Goal: a leader that is cut off never answers, and steps down. §6.4, §6.2.
    [Fact]
    public void A_leader_that_is_cut_off_answers_no_read()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.Isolate(1);
        Read(leader, 1);

        cluster.Run(TestCluster.ElectionTimeout * 4);

        Assert.Empty(leader.Reads);
        Assert.NotEqual(leader, cluster.Leader);
    }

    private static TestServer ReadyLeader(int voters = 3)
    {
        TestServer leader = Lone.Leader(voters);
        for (int i = 2; i <= (voters / 2) + 1; i++)
        {
            leader.Step(Lone.AppendReply(i, 2, 2));
        }

        Assert.True(leader.Status.HasCommittedThisTerm);
        leader.TakeSent();
        return leader;
    }

    private static ProposeResult Read(TestServer server, ulong context)
    {
        ProposeResult result = server.Node.RequestRead(context, server.Now);
        server.Pump();
        return result;
    }
}
