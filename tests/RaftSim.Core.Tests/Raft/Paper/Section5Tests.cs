using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation chapter 5: snapshots and compaction.</summary>
public sealed class Section5Tests
{
    // Goal: a snapshot names the last entry it includes and the membership at that place, not a later one. §5.1, §5.2;
    // canonical/raft issue 250: a membership that was not committed was stored and could not be taken back.
    [Fact]
    public void A_snapshot_holds_the_membership_of_its_own_index()
    {
        TestServer server = Lone.Follower();
        Configuration five = new(Enumerable.Range(1, 5).Select(i => TestCluster.Configured(i)).ToArray());
        LogEntry change = new(new LogIndex(3), new Term(2), EntryKind.Configuration, TestCodec.Instance.Encode(five));
        server.Step(Lone.Append(2, 2, 1, 1, 2, 2) with { Entries = new[] { Lone.Entry(2, 2), change } });
        server.Flush();
        Assert.Equal((5, 2UL), (server.Status.Configuration.VoterCount, server.Status.Applied.Value));

        SnapshotHandle snapshot = server.Node.DescribeSnapshot(new LogIndex(2));

        Assert.Equal(new LogPosition(new LogIndex(2), new Term(2)), snapshot.Last);
        Assert.Equal(3, TestCodec.Instance.Decode(snapshot.Configuration).VoterCount);
        Assert.Equal(1UL, snapshot.ConfigurationIndex.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => server.Node.DescribeSnapshot(new LogIndex(3)));
    }

    // Goal: what a new leader says is committed is handed out only once its term is durable: a snapshot of it must not outlive
    // the term, or a leader that was deposed could still overwrite after a crash what the snapshot holds. §3.3, §5.1.
    [Fact]
    public void Nothing_is_handed_out_on_the_word_of_a_leader_whose_term_is_not_durable()
    {
        TestServer server = Lone.Follower(configure: o => o with { TrailingEntries = 10 });
        server.Step(Lone.Append(2, 2, 1, 1, 0, 2));
        server.Flush();
        server.Step(Lone.Append(4, 4, 2, 2, 2));
        Assert.Equal((2UL, 0UL), (server.Status.Commit.Value, server.Status.HandedOut.Value));
        server.TakeSnapshot();
        server.Crash();

        server.Step(Lone.Append(3, 3, 1, 1, 0, 3));

        Assert.Equal((3UL, 2UL), (server.Status.Term.Value, server.Status.LastIndex.Value));
        Assert.Equal([3UL], server.LogTerms.Skip(1));
    }

    // Goal: the same holds for what is offered: fetching waits for the term, and then takes place. §5.2.
    [Fact]
    public void A_snapshot_is_fetched_once_the_term_of_its_leader_is_durable()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Heartbeat(2, 3) with
        {
            Kind = RaftMessageKind.Snapshot, Index = new LogIndex(9), LogTerm = new Term(2),
        });
        Assert.Null(server.Offer);

        server.Flush();

        Assert.Equal(new LogPosition(new LogIndex(9), new Term(2)), server.Offer!.Value.Last);
    }

    // Goal: the log in front of a snapshot is dropped, but for the entries kept for those who lag. §5.1.
    [Fact]
    public void The_log_in_front_of_a_snapshot_is_dropped()
    {
        TestCluster cluster = Compacted(trailing: 3, commands: 20, out TestServer leader);
        ulong last = leader.Status.LastIndex.Value;

        Assert.Equal(last, leader.Status.Snapshot.Index.Value);
        Assert.Equal(last - 3, leader.Status.LogStart.Index.Value);
        Assert.Equal(3, leader.LogTerms.Length);
        Assert.Equal(leader.Status.LogStart.Term, leader.Node.TermAt(leader.Status.LogStart.Index));
        Assert.True(leader.Propose(1).IsAccepted);
        cluster.Settle();
        Assert.Equal(last + 1, cluster[2].Status.Commit.Value);
    }

    // Goal: a follower whose entries are gone fetches the snapshot and goes on from there. §5.2.
    [Fact]
    public void A_follower_far_behind_fetches_the_snapshot()
    {
        TestCluster cluster = Compacted(trailing: 0, commands: 20, out TestServer leader, isolated: 3);
        LogIndex behind = cluster[3].Status.LastIndex;
        Assert.True(behind < leader.Status.LogStart.Index);

        cluster.Heal();
        cluster.Run(TestCluster.HeartbeatInterval * 3);

        Assert.Equal(leader.Status.Commit, cluster[3].Status.Commit);
        Assert.Equal(leader.Status.Snapshot, cluster[3].Status.Snapshot);
        Assert.Equal(leader.Committed.Select(e => e.Index), cluster[3].Committed.Select(e => e.Index));
        ProposeOutcome next = leader.Propose(1);
        cluster.Settle();
        Assert.Equal(next.First, cluster[3].Status.Commit);
        Assert.Equal(ProgressState.Replicate, leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(3)).State);
    }

    // Goal: while one fetches a snapshot nothing is sent to it but heartbeats and the offer; an offer that was lost is made
    // again with its next sign of life. §5.3.
    [Fact]
    public void An_offer_that_was_lost_is_made_again()
    {
        TestCluster cluster = Compacted(trailing: 0, commands: 20, out TestServer leader, isolated: 3);
        cluster.Heal();
        DeliverHeartbeatsUntil(cluster, leader, () => cluster.Network.Any(m => m.Kind == RaftMessageKind.Snapshot));
        cluster.Network.Clear();
        leader.TakeSent();
        Assert.Equal(ProgressState.Snapshot, leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(3)).State);

        leader.Propose(1);
        Assert.Equal([TestCluster.Id(2)], leader.Sent.Select(m => m.To));

        cluster.Run(TestCluster.HeartbeatInterval * 3);
        Assert.Equal(leader.Status.Commit, cluster[3].Status.Commit);
    }

    // Goal: an offer that comes late must not drop entries that are committed or only longer than it. etcd issues 1763, 2808.
    [Fact]
    public void A_late_offer_drops_nothing()
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Append(2, 2, 1, 1, 3, 2, 2, 2, 2));
        server.Flush();
        server.TakeSent();

        server.Step(Offer(2, 2, 2, 2));
        Assert.Equal((RaftMessageKind.AppendReply, 2UL), Gist(Assert.Single(server.TakeSent())));
        server.Step(Offer(2, 2, 4, 2));
        Assert.Equal((RaftMessageKind.AppendReply, 4UL), Gist(Assert.Single(server.TakeSent())));

        Assert.Null(server.Offer);
        Assert.Equal((5UL, 4UL), (server.Status.LastIndex.Value, server.Status.Commit.Value));
    }

    // Goal: what contradicts an installed snapshot goes, what continues it stays. §5.2.
    [Theory]
    [InlineData(4, 2, 5)]
    [InlineData(4, 3, 4)]
    [InlineData(9, 3, 9)]
    public void An_installed_snapshot_replaces_what_contradicts_it(ulong index, ulong term, ulong lastIndex)
    {
        TestServer server = Lone.Follower();
        server.Step(Lone.Append(2, 2, 1, 1, 2, 2, 2, 2, 2));
        server.Flush();
        server.Step(Lone.Heartbeat(3, 3));
        server.Flush();

        server.Install(Snapshot(index, term), []);

        Assert.Equal(lastIndex, server.Status.LastIndex.Value);
        Assert.Equal(index, server.Status.Commit.Value);
        Assert.Equal(new LogPosition(new LogIndex(index), new Term(term)), server.Status.Snapshot);
    }

    // Goal: a server that stops between the snapshot and the log that follows it starts from the snapshot. openraft issue 559.
    [Fact]
    public void A_crash_between_snapshot_and_log_leaves_the_snapshot()
    {
        TestCluster cluster = Compacted(trailing: 0, commands: 20, out TestServer leader, isolated: 3);
        cluster.Heal();
        DeliverHeartbeatsUntil(cluster, leader, () => cluster[3].Offer is not null);

        cluster.FetchOffered(cluster[3], crashes: true);

        Assert.Equal(leader.Status.Snapshot, cluster[3].Status.Snapshot);
        Assert.Equal(leader.Status.Snapshot.Index, cluster[3].Status.LastIndex);
        Assert.Equal(leader.Status.Configuration.VoterCount, cluster[3].Status.Configuration.VoterCount);
        cluster.Run(TestCluster.HeartbeatInterval * 3);
        Assert.Equal(leader.Status.Commit, cluster[3].Status.Commit);
    }

    // Goal: an Append that begins before the start of the log is judged by what lies behind it. §5.1.
    [Fact]
    public void An_append_from_before_the_start_is_cut_to_what_is_news()
    {
        TestServer server = Lone.Follower(configure: o => o with { TrailingEntries = 0 });
        server.Step(Lone.Append(2, 2, 1, 1, 4, 2, 2, 2));
        server.Flush();
        server.TakeSnapshot();
        Assert.Equal(4UL, server.Status.LogStart.Index.Value);
        server.TakeSent();

        server.Step(Lone.Append(2, 2, 1, 1, 4, 2));
        Assert.Equal((RaftMessageKind.AppendReply, 2UL), Gist(Assert.Single(server.TakeSent())));
        server.Step(Lone.Append(2, 2, 2, 2, 5, 2, 2, 2));
        server.Flush();
        Assert.Equal((RaftMessageKind.AppendReply, 5UL), Gist(Assert.Single(server.TakeSent())));
        Assert.Equal((5UL, 5UL), (server.Status.LastIndex.Value, server.Status.Commit.Value));
    }

    // Goal: a log that was compacted is recovered from snapshot and rest, and leads as well as any. §5.1.
    [Fact]
    public void A_compacted_server_recovers_and_leads()
    {
        TestCluster cluster = Compacted(trailing: 2, commands: 10, out TestServer leader);
        leader.Propose(1);
        cluster.Settle();
        ulong last = leader.Status.LastIndex.Value;

        leader.Crash();
        Assert.Equal((last, last - 1), (leader.Status.LastIndex.Value, leader.Status.Commit.Value));
        cluster.Elect(1);
        Assert.Equal(cluster[1].Status.Commit, cluster[3].Status.Commit);
    }

    private static TestCluster Compacted(ulong trailing, int commands, out TestServer leader, int isolated = 0)
    {
        var cluster = new TestCluster(3, configure: o => o with { TrailingEntries = trailing });
        leader = cluster.Elect(1);
        if (isolated > 0)
        {
            cluster.Isolate(isolated);
        }

        for (int i = 0; i < commands; i++)
        {
            leader.Propose((byte)i);
        }

        cluster.Settle();
        leader.TakeSnapshot();
        return cluster;
    }

    private static void DeliverHeartbeatsUntil(TestCluster cluster, TestServer leader, Func<bool> holds) =>
        cluster.DeliverUntil(() =>
        {
            leader.Sleep(TestCluster.HeartbeatInterval);
            return holds();
        });

    private static SnapshotHandle Snapshot(ulong index, ulong term) => new(
        new LogPosition(new LogIndex(index), new Term(term)),
        new LogIndex(1),
        TestCodec.Instance.Encode(new Configuration(Enumerable.Range(1, 3).Select(i => TestCluster.Configured(i)).ToArray())),
        Length: 0);

    private static RaftMessage Offer(int from, ulong term, ulong index, ulong logTerm) => new()
    {
        Kind = RaftMessageKind.Snapshot, From = TestCluster.Id(from), To = Lone.Self, Term = new Term(term),
        Index = new LogIndex(index), LogTerm = new Term(logTerm), AddedAt = new LogIndex(1),
    };

    private static (RaftMessageKind Kind, ulong Index) Gist(in RaftMessage message)
    {
        Assert.False(message.Reject);
        return (message.Kind, message.Index.Value);
    }
}
