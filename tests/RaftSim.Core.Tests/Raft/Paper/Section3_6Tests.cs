using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §3.6: safety.</summary>
public sealed class Section3_6Tests
{
    // Goal: only a candidate whose log is at least as up to date as the voter's gets the vote: the later last term
    // first, then the longer log. §3.6.1.
    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(4, 2, true)]
    [InlineData(2, 2, false)]
    [InlineData(1, 3, true)]
    [InlineData(9, 1, false)]
    [InlineData(0, 0, false)]
    public void A_voter_refuses_a_candidate_with_an_older_log(ulong index, ulong logTerm, bool isGranted)
    {
        TestServer voter = Lone.Follower(terms: [1, 2], term: 3);
        voter.Step(Lone.PreVote(2, 4, index, logTerm));
        Assert.Equal(!isGranted, Assert.Single(voter.TakeSent()).Reject);

        voter.Step(Lone.Vote(2, 4, index, logTerm));
        voter.Flush();
        Assert.Equal(!isGranted, Assert.Single(voter.TakeSent()).Reject);
        Assert.Equal(isGranted ? TestCluster.Id(2) : default, voter.Status.Vote);
    }

    // Goal: an entry of an earlier term is not committed by counting, but with the first entry of the current term. §3.6.2.
    [Fact]
    public void Entries_of_earlier_terms_commit_only_with_one_of_the_current_term()
    {
        TestServer leader = Lone.Leader(terms: [2, 2], term: 4);

        leader.Step(Lone.AppendReply(2, 5, 3));
        leader.Step(Lone.AppendReply(3, 5, 3));
        Assert.Equal(0UL, leader.Status.Commit.Value);
        Assert.False(leader.Status.HasCommittedThisTerm);

        leader.Step(Lone.AppendReply(2, 5, 4));
        Assert.Equal(4UL, leader.Status.Commit.Value);
        Assert.True(leader.Status.HasCommittedThisTerm);
        Assert.Equal([1UL, 2UL, 3UL, 4UL], leader.Committed.Select(e => e.Index.Value));
    }

    // Goal: the schedule of figure 3.8 loses no committed entry: the old entry on three of five servers is not taken for
    // committed in (c), so (d) may overwrite it. §3.6.2.
    [Fact]
    public void The_schedule_of_figure_3_8_commits_nothing_that_is_lost()
    {
        var cluster = new TestCluster(5, configure: o => o with { AppendEntriesMax = 1 });

        // (a) s1 leads and stores entry 3 of its term on itself and s2 only.
        TestServer s1 = cluster.Elect(1);
        Term termA = s1.Status.Term;
        cluster.Cut([1, 2], [3, 4, 5]);
        s1.Propose(2);
        cluster.Settle();
        Assert.Equal(2UL, s1.Status.Commit.Value);

        // (b) s1 crashes; s5 is elected by s3 and s4 and stores another entry 3 on itself only.
        s1.Crash();
        cluster.Campaign(5);
        cluster.DeliverUntil(() => cluster[5].Status.Role == RaftRole.Leader);
        Term termB = cluster[5].Status.Term;
        cluster.Isolate(5);
        cluster.Settle();

        // (c) s5 crashes; s1 leads again and stores its old entry on s3, too, but its new one only on s2.
        cluster[5].Crash();
        cluster.Heal();
        cluster.Isolate(5);
        cluster.Campaign(1);
        cluster.Settle();
        Assert.Equal(termB, s1.Status.Term);
        cluster.Campaign(1);
        cluster.DeliverUntil(() => s1.Status.Role == RaftRole.Leader);
        cluster.Isolate(4);
        LogIndex three = new(3);
        cluster.DeliverUntil(() => MatchOf(s1, 3) == three && MatchOf(s1, 2) > three);
        Assert.Equal(3, cluster.Servers.Values.Count(s => s.Disk.Count >= 3 && s.Disk[2].Term == termA));
        Assert.True(s1.Status.Commit < three);

        // (d) s1 crashes; s5 is elected by s3 and s4 and overwrites the entry everywhere.
        s1.Crash();
        cluster.Network.Clear();
        cluster.Heal();
        cluster.Cut([1], [2, 3, 4, 5]);
        cluster.Elect(5);
        cluster.Heal();
        cluster.Run(Duration.Seconds(2));
        Assert.All(cluster.Servers.Values, s => Assert.Equal(termB, s.Node.TermAt(three)));
        Assert.All(cluster.Servers.Values.Where(s => s != s1), s => Assert.Equal(cluster[5].Committed, s.Committed));
    }

    // Goal: leadership changes keep what was committed. §3.6.3, Leader Completeness.
    [Fact]
    public void A_new_leader_has_all_committed_entries()
    {
        var cluster = new TestCluster(5);
        TestServer old = cluster.Elect(1);
        cluster.Cut([4, 5], [1, 2, 3]);
        old.Propose(7);
        cluster.Settle();
        ulong committed = old.Status.Commit.Value;
        Assert.Equal(3UL, committed);

        cluster.Heal();
        cluster.Isolate(1);
        cluster.Run(Duration.Seconds(8));

        TestServer next = Assert.IsType<TestServer>(cluster.Leader);
        Assert.Contains(next, new[] { cluster[2], cluster[3] });
        Assert.All(cluster.Servers.Values, s => Assert.Equal(old.Committed[2], s.Committed[2]));
    }

    private static LogIndex MatchOf(TestServer leader, int number) =>
        leader.Node.GetProgress().Single(p => p.Server == TestCluster.Id(number)).Match;
}
