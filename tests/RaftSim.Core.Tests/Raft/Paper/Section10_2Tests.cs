using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §10.2: writing to the disk in parallel, batching and pipelining.</summary>
public sealed class Section10_2Tests
{
    // Goal: a leader sends entries while its own disk still writes them, and counts itself only when it is done. §10.2.1.
    [Fact]
    public void A_leader_writes_and_sends_in_parallel()
    {
        TestServer leader = Replicating();

        leader.Propose(1);
        Assert.Equal(2, leader.TakeSent().Length);
        Assert.Equal(2UL, leader.Status.DurableIndex.Value);

        leader.Step(Lone.AppendReply(2, 2, 3));
        Assert.Equal(2UL, leader.Status.Commit.Value);
        leader.CompleteWrites();
        Assert.Equal(3UL, leader.Status.Commit.Value);
    }

    // Goal: an entry may be committed, and applied, before the leader's own disk has it: a majority of others will do. §10.2.1.
    [Fact]
    public void An_entry_commits_without_the_leaders_disk()
    {
        TestServer leader = Replicating();
        leader.Propose(1);

        leader.Step(Lone.AppendReply(2, 2, 3));
        leader.Step(Lone.AppendReply(3, 2, 3));

        Assert.Equal((3UL, 2UL), (leader.Status.Commit.Value, leader.Status.DurableIndex.Value));
        Assert.Equal(3UL, leader.Committed[^1].Index.Value);
    }

    // Goal: Appends follow one another without waiting for answers, up to the window; answers open it again. §10.2.1.
    [Fact]
    public void Appends_are_pipelined_within_a_window()
    {
        TestServer leader = Replicating(o => o with { InflightAppendsMax = 3 });
        for (byte i = 0; i < 5; i++)
        {
            leader.Propose(i);
        }

        RaftMessage[] sent = [.. leader.TakeSent().Where(m => m.To == TestCluster.Id(2))];
        Assert.Equal([2UL, 3UL, 4UL], sent.Select(m => m.Index.Value));

        leader.Step(Lone.AppendReply(2, 2, 4));
        Assert.Equal([5UL], leader.TakeSent().Where(m => m.To == TestCluster.Id(2)).Select(m => m.Index.Value));
    }

    // Goal: what was proposed between two rounds leaves in one Append and one write. §10.2.2, batching.
    [Fact]
    public void Proposals_of_one_round_share_an_append_and_a_write()
    {
        TestServer leader = Replicating();
        for (byte i = 0; i < 10; i++)
        {
            leader.Node.Propose([new Proposal(new[] { i }), new Proposal(new[] { i })], leader.Now);
        }

        leader.Pump();

        Assert.All(leader.TakeSent(), m => Assert.Equal(20, m.Entries.Length));
        Assert.Equal(1, leader.WritesUnderWay);
    }

    // Goal: an Append is bounded by entries and by bytes, but one entry always fits. §10.2.2.
    [Theory]
    [InlineData(4, 1 << 20, new[] { 4, 4, 2 })]
    [InlineData(100, 25, new[] { 2, 2, 2, 2, 2 })]
    [InlineData(100, 3, new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    public void Appends_are_bounded_by_entries_and_bytes(int entriesMax, int bytesMax, int[] expected)
    {
        TestServer leader = Replicating(o => o with { AppendEntriesMax = entriesMax, AppendBytesMax = bytesMax });
        leader.Node.Propose(Enumerable.Repeat(new Proposal(new byte[10]), 10).ToArray(), leader.Now);
        leader.Pump();

        Assert.Equal(expected, leader.TakeSent().Where(m => m.To == TestCluster.Id(2)).Select(m => m.Entries.Length));
    }

    // Goal: more than the bound of waiting entries is refused, and nothing of it is appended.
    [Fact]
    public void Too_many_waiting_entries_are_refused()
    {
        TestServer leader = Replicating(o => o with { UncommittedEntriesMax = 3 });
        Assert.True(leader.Propose(1).IsAccepted);
        Assert.Equal(ProposeResult.Busy, leader.Node.Propose(new Proposal[3], leader.Now).Result);
        Assert.True(leader.Node.Propose(new Proposal[2], leader.Now).IsAccepted);
        Assert.Equal(ProposeResult.Busy, leader.Propose(1).Result);
        Assert.Equal(5UL, leader.Status.LastIndex.Value);

        leader.Step(Lone.AppendReply(2, 2, 5));
        leader.Flush();
        Assert.True(leader.Propose(1).IsAccepted);
    }

    // Goal: a server that cannot be reached gets no stream of entries; a sign of life starts it again. §10.2.1.
    [Fact]
    public void An_unreachable_server_is_probed_after_its_next_sign_of_life()
    {
        TestServer leader = Replicating();
        leader.Node.ReportUnreachable(TestCluster.Id(2), leader.Now);
        leader.Node.ReportUnreachable(TestCluster.Id(9), leader.Now);
        leader.Propose(1);
        leader.Propose(2);
        Assert.Equal(ProgressState.Probe, leader.Node.GetProgress()[0].State);
        Assert.DoesNotContain(leader.TakeSent(), m => m.To == TestCluster.Id(2));

        leader.Step(Lone.HeartbeatReply(2, 2));
        RaftMessage probe = Assert.Single(leader.TakeSent());
        Assert.Equal((RaftMessageKind.Append, 2UL, 0), (probe.Kind, probe.Index.Value, probe.Entries.Length));

        leader.Step(Lone.AppendReply(2, 2, 2));
        Assert.Equal(2, Assert.Single(leader.TakeSent()).Entries.Length);
    }

    private static TestServer Replicating(Func<RaftOptions, RaftOptions>? configure = null)
    {
        TestServer server = Lone.Follower(configure: configure);
        server.TickToDeadline();
        server.Step(Lone.PreVoteReply(2, 2));
        server.Flush();
        server.Step(Lone.VoteReply(2, 2));
        server.Flush();
        server.Step(Lone.AppendReply(2, 2, 2));
        server.Step(Lone.AppendReply(3, 2, 2));
        server.TakeSent();
        Assert.Equal(2UL, server.Status.Commit.Value);
        return server;
    }
}
