using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §3.5: log replication.</summary>
public sealed class Section3_5Tests
{
    // Goal: a leader appends a command to its log and sends it, with the index and term before it, to all. §3.5.
    [Fact]
    public void A_leader_appends_and_sends_to_all()
    {
        TestServer server = ReplicatingLeader(2, 3);

        ProposeOutcome outcome = server.Propose(42);

        Assert.Equal((ProposeResult.Accepted, 3UL, 2UL), (outcome.Result, outcome.First.Value, outcome.Term.Value));
        RaftMessage[] appends = server.TakeSent();
        Assert.Equal([TestCluster.Id(2), TestCluster.Id(3)], appends.Select(m => m.To));
        Assert.All(appends, m => Assert.Equal(
            (RaftMessageKind.Append, 2UL, 2UL, 2UL), (m.Kind, m.Index.Value, m.LogTerm.Value, Lone.TermsOf(m).Single())));
    }

    // Goal: an entry is committed once a majority stores it, and the next message tells so. §3.5.
    [Fact]
    public void An_entry_is_committed_when_a_majority_stores_it()
    {
        TestServer server = ReplicatingLeader(2, 3);
        server.Propose(42);
        server.Flush();
        server.TakeSent();
        Assert.Equal(2UL, server.Status.Commit.Value);

        server.Step(Lone.AppendReply(2, 2, 3));

        Assert.Equal(3UL, server.Status.Commit.Value);
        Assert.Equal(42, server.Committed[^1].Payload.Span[0]);
        Assert.Contains(server.TakeSent(), m => m.To == TestCluster.Id(2) && m.Commit.Value == 3);
    }

    // Goal: a follower applies what the leader says is committed, in log order. §3.5.
    [Fact]
    public void A_follower_applies_committed_entries_in_order()
    {
        TestServer server = Lone.Follower();

        server.Step(Lone.Append(2, 1, 1, 1, 2, 1, 1, 1));
        Assert.Equal([1UL, 2UL], server.Committed.Select(e => e.Index.Value));

        server.Step(Lone.Append(2, 1, 4, 1, 4));
        Assert.Equal([1UL, 2UL, 3UL, 4UL], server.Committed.Select(e => e.Index.Value));
        Assert.Equal(4UL, server.Status.Applied.Value);
    }

    // Goal: entries are refused when the entry before them is missing or of another term. §3.5, consistency check.
    [Theory]
    [InlineData(4, 2, 3, 2)] // beyond the log
    [InlineData(3, 3, 3, 2)] // an older entry there: the terms may still meet at that very index
    [InlineData(3, 1, 2, 1)] // a newer entry there: not before the last one of term 1
    public void Entries_that_do_not_fit_are_refused_with_a_hint(ulong index, ulong logTerm, ulong hint, ulong hintTerm)
    {
        TestServer server = Lone.Follower(terms: [1, 2], term: 3);

        server.Step(Lone.Append(2, 3, index, logTerm, 0, 3));

        RaftMessage reply = Assert.Single(server.TakeSent());
        Assert.True(reply.Reject);
        Assert.Equal((index, hint, hintTerm), (reply.Index.Value, reply.Hint.Value, reply.LogTerm.Value));
        Assert.Equal([1UL, 1UL, 2UL], server.LogTerms);
    }

    // Goal: a conflicting entry is deleted with all that follow it. §3.5, figure 3.7.
    [Theory]
    [InlineData(3, 1, new ulong[] { 4 }, new ulong[] { 1, 1, 1, 4 })]
    [InlineData(1, 1, new ulong[] { 4, 4 }, new ulong[] { 1, 4, 4 })]
    [InlineData(3, 1, new ulong[] { 2, 4 }, new ulong[] { 1, 1, 1, 2, 4 })]
    public void Conflicting_entries_are_replaced(ulong index, ulong logTerm, ulong[] terms, ulong[] expected)
    {
        TestServer server = Lone.Follower(terms: [1, 1, 2, 2], term: 4);

        server.Step(Lone.Append(2, 4, index, logTerm, 0, terms));
        server.Flush();

        Assert.Equal(expected, server.LogTerms);
        Assert.Equal(expected, server.Disk.Select(e => e.Term.Value));
        Assert.Equal((ulong)expected.Length, Assert.Single(server.TakeSent()).Index.Value);
    }

    // Goal: an Append that was overtaken by a longer one does not shorten the log. §3.5.
    [Fact]
    public void An_overtaken_append_does_not_truncate()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Append(2, 1, 1, 1, 0, 1, 1, 1));
        server.Flush();
        server.TakeSent();

        server.Step(Lone.Append(2, 1, 1, 1, 0, 1));

        Assert.Equal([1UL, 1UL, 1UL, 1UL], server.LogTerms);
        Assert.Equal(2UL, Assert.Single(server.TakeSent()).Index.Value);
    }

    // Goal: a follower vouches only for what the message showed to match, not for what else is in its log. Figure 3.1.
    [Fact]
    public void A_follower_acknowledges_and_commits_only_what_matched()
    {
        TestServer server = Lone.Follower(terms: [1, 2, 2, 2], term: 3);

        server.Step(Lone.Append(2, 3, 2, 1, 5));
        server.Flush();

        Assert.Equal(2UL, Assert.Single(server.TakeSent()).Index.Value);
        Assert.Equal(2UL, server.Status.Commit.Value);
    }

    // Goal: a heartbeat commits nothing that the follower does not have. §3.5.
    [Fact]
    public void A_heartbeat_commits_no_further_than_the_log()
    {
        TestServer server = Lone.Follower(terms: [1]);
        server.Step(Lone.Heartbeat(2, 1, commit: 9));
        Assert.Equal(0UL, server.Status.Commit.Value);

        server.Step(Lone.Heartbeat(2, 1, commit: 2));
        Assert.Equal(2UL, server.Status.Commit.Value);
    }

    // Goal: a leader tells a follower by heartbeat only of commits within what is known to match. §3.5.
    [Fact]
    public void Heartbeats_carry_the_commit_index_only_up_to_the_match()
    {
        TestServer server = ReplicatingLeader(2);
        Assert.Equal(2UL, server.Status.Commit.Value);

        server.Sleep(TestCluster.HeartbeatInterval);

        RaftMessage[] beats = [.. server.TakeSent().Where(m => m.Kind == RaftMessageKind.Heartbeat)];
        Assert.Equal([(TestCluster.Id(2), 2UL), (TestCluster.Id(3), 0UL)], beats.Select(m => (m.To, m.Commit.Value)));
    }

    // Goal: an acknowledgement waits for the disk, also when its Append brought nothing new. §3.5 with figure 3.1.
    [Fact]
    public void A_repeated_append_is_acknowledged_only_when_the_first_one_is_durable()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Append(2, 1, 1, 1, 0, 1));
        server.Step(Lone.Append(2, 1, 1, 1, 0, 1));
        server.Step(Lone.Append(2, 1, 2, 1));
        Assert.Equal(1, server.WritesUnderWay);
        Assert.Empty(server.TakeSent());

        server.CompleteWrites();

        Assert.All(server.TakeSent(), m => Assert.Equal((false, 2UL), (m.Reject, m.Index.Value)));
    }

    // Goal: a heartbeat is answered at once while entries wait for the disk: it says nothing about them. §3.5.
    [Fact]
    public void A_heartbeat_does_not_wait_for_entries()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Append(2, 1, 1, 1, 0, 1));

        server.Step(Lone.Heartbeat(2, 1));

        Assert.Equal(RaftMessageKind.HeartbeatReply, Assert.Single(server.TakeSent()).Kind);
    }

    // Goal: the follower logs (a) to (f) of figure 3.6 are all brought to the leader's, by whole terms. §3.5.
    [Theory]
    [InlineData(new ulong[] { 1, 1, 1, 4, 4, 5, 5, 6, 6 }, 1)]
    [InlineData(new ulong[] { 1, 1, 1, 4 }, 1)]
    [InlineData(new ulong[] { 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6 }, 0)]
    [InlineData(new ulong[] { 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7 }, 0)]
    [InlineData(new ulong[] { 1, 1, 1, 4, 4, 4, 4 }, 1)]
    [InlineData(new ulong[] { 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3 }, 1)]
    public void The_logs_of_figure_3_6_converge(ulong[] followerTerms, int rejectionsExpected)
    {
        ulong[] leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
        var cluster = new TestCluster(0);
        LogEntry first = TestCluster.Bootstrap([TestCluster.Configured(1), TestCluster.Configured(2), TestCluster.Configured(3)]);
        HardState hardState = new(new Term(7), default);
        TestServer leader = cluster.Start(
            1, [first, .. leaderTerms.Skip(1).Select((t, i) => Lone.Entry((ulong)i + 2, t))], hardState);
        TestServer follower = cluster.Start(
            2, [first, .. followerTerms.Skip(1).Select((t, i) => Lone.Entry((ulong)i + 2, t))], hardState);

        // The third server lacks everything, so that it votes for anybody.
        cluster.Start(3, [first], new HardState(new Term(7), default));
        cluster.Cut([1], [2]);
        cluster.Elect(1);
        cluster.Heal();
        int rejections = CountRejections(cluster, TestCluster.Id(2));

        Assert.Equal([.. leaderTerms, 8], follower.LogTerms);
        Assert.Equal(11UL, follower.Status.Commit.Value);
        Assert.Equal(rejectionsExpected, rejections);
    }

    // Goal: what is lost, request or answer, is sent again until it arrives. §3.5, "retries indefinitely".
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Lost_messages_are_made_up_for_after_heartbeats(bool loseRequests)
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        leader.Propose(1);
        leader.Propose(2);
        cluster.CutOneWay(loseRequests ? 1 : 3, loseRequests ? 3 : 1);
        cluster.Settle();
        Assert.NotEqual(leader.Status.LastIndex, leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(3)).Match);
        cluster.Heal();
        cluster.Run(TestCluster.HeartbeatInterval * 3);

        Assert.Equal(leader.Status.LastIndex, leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(3)).Match);
        Assert.Equal(leader.Status.Commit, cluster[3].Status.Commit);
    }

    // Goal: entries with a gap, of a newer term than the message or out of order are a broken peer's and are dropped. §3.5.
    [Fact]
    public void Entries_that_no_leader_would_send_are_dropped()
    {
        TestServer server = Lone.Follower();
        RaftMessage good = Lone.Append(2, 3, 1, 1, 0, 2, 3);
        RaftMessage[] bad =
        [
            good with { Entries = new[] { Lone.Entry(2, 2), Lone.Entry(4, 3) } },
            good with { Entries = new[] { Lone.Entry(3, 2) } },
            good with { Entries = new[] { Lone.Entry(2, 3), Lone.Entry(3, 2) } },
            good with { Entries = new[] { Lone.Entry(2, 4) } },
            good with { Entries = new[] { Lone.Entry(2, 0) } },
            good with { Kind = RaftMessageKind.None },
            good with { From = Lone.Self },
            good with { From = default },
            good with { To = TestCluster.Id(2) },
        ];
        foreach (RaftMessage message in bad)
        {
            server.Step(message);
            Assert.Equal([1UL], server.LogTerms);
        }

        server.Step(good);
        Assert.Equal([1UL, 2UL, 3UL], server.LogTerms);
    }

    // Goal: a leader survives replies that no follower would send, and believes none of them. §3.5.
    [Fact]
    public void Replies_that_no_follower_would_send_are_dropped()
    {
        TestServer server = ReplicatingLeader(2, 3);
        ProgressStatus[] before = [.. server.Node.GetProgress()];

        server.Step(Lone.AppendReply(2, 2, 99));
        server.Step(Lone.Rejection(2, 2, 99, 98, 2));
        server.Step(Lone.Rejection(2, 2, 1, 1, 1));
        server.Step(Lone.AppendReply(2, 2, 1));
        server.Step(Lone.AppendReply(9, 2, 2));
        server.Step(Lone.PreVoteReply(2, 3));
        server.Step(Lone.VoteReply(2, 2));

        Assert.Equal(
            before.Select(p => (p.State, p.Match, p.Next)),
            server.Node.GetProgress().Select(p => (p.State, p.Match, p.Next)));
        Assert.Equal(RaftRole.Leader, server.Status.Role);
    }

    // Goal: a proposal goes to the leader only, and a refusal names it if it is known. §3.5.
    [Fact]
    public void Only_the_leader_takes_proposals()
    {
        TestServer server = Lone.Follower();
        Assert.Equal(new ProposeOutcome(ProposeResult.NotLeader, default, new Term(1), default), server.Propose(1));

        server.Step(Lone.Heartbeat(2, 1));
        Assert.Equal(TestCluster.Id(2), server.Propose(1).Server);
        Assert.Throws<ArgumentException>(() => server.Node.Propose([], server.Now));
    }

    private static TestServer ReplicatingLeader(params int[] answering)
    {
        TestServer server = Lone.Leader();
        foreach (int i in answering)
        {
            server.Step(Lone.AppendReply(i, 2, 2));
        }

        server.TakeSent();
        return server;
    }

    private static int CountRejections(TestCluster cluster, ServerId from)
    {
        int rejections = 0;
        MonoTime end = cluster.Now + (TestCluster.HeartbeatInterval * 4);
        while (cluster.Now < end)
        {
            foreach (TestServer server in cluster.Servers.Values)
            {
                server.Tick(cluster.Now + (server == cluster[1] ? Duration.Milliseconds(10) : Duration.Zero));
                server.Flush();
            }

            cluster.Collect();
            while (cluster.Network.Count > 0)
            {
                rejections += cluster.Network[0] is { Kind: RaftMessageKind.AppendReply, Reject: true } m
                    && m.From == from ? 1 : 0;
                cluster.Deliver(0);
            }
        }

        return rejections;
    }
}
