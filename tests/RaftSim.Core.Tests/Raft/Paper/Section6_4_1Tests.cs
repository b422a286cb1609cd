using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>
/// Dissertation §6.4.1, the leader's side: when it may answer reads by its lease. What the others promise for it is in
/// <see cref="Section6_4_1PromiseTests"/>.
/// </summary>
public sealed class Section6_4_1Tests
{
    private const int DriftPpm = 50_000;

    // Goal: leases are off by default: a read asks a majority, however lately one has answered. §6.4.1.
    [Fact]
    public void Without_leases_each_read_asks_a_majority()
    {
        var cluster = new TestCluster(3);
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval * 3);

        Assert.False(TestCluster.Options(1).ReadLease);
        Assert.Equal(ProposeResult.Accepted, Ask(leader, 1));
        Assert.Empty(leader.Reads);
        Assert.Contains(leader.TakeSent(), m => m.Kind == RaftMessageKind.Heartbeat);
    }

    // Goal: once a majority has answered a round, reads are answered at once and send nothing. §6.4.1.
    [Fact]
    public void A_round_that_a_majority_answered_gives_a_lease()
    {
        TestServer leader = ReadyLeader(voters: 5);
        ulong round = Beat(leader);
        Answer(leader, 2, round);
        AssertAsks(leader);
        Answer(leader, 3, round);

        AssertHoldsLease(leader);
        Assert.Equal(leader.Status.Commit, leader.Reads[^1].Index);
    }

    // Goal: the lease counts from when the round left, not from when its answers came, and is shorter than the election
    // timeout by what two clocks may differ. §6.4.1.
    [Theory]
    [InlineData(0, 999_999_000)]
    [InlineData(DriftPpm, 904_760_904)]
    [InlineData(RaftOptions.ClockDriftPpmDefault, 818_180_818)]
    [InlineData(RaftOptions.ClockDriftPpmLimit, 666_665_666)]
    public void The_lease_counts_from_when_the_round_left(int driftPpm, long nanos)
    {
        TestServer leader = ReadyLeader(driftPpm: driftPpm);
        ulong round = Beat(leader);
        MonoTime left = leader.Now;
        leader.PassTo(left + Duration.Milliseconds(300));
        Answer(leader, 2, round);

        leader.PassTo(left + new Duration(nanos - 1));
        AssertHoldsLease(leader);
        leader.PassTo(left + new Duration(nanos));
        AssertAsks(leader);
    }

    // Goal: answers that took longer than the lease give none. §6.4.1.
    [Fact]
    public void Answers_that_come_too_late_give_no_lease()
    {
        TestServer leader = ReadyLeader();
        ulong round = Beat(leader);
        leader.PassTo(leader.Now + Duration.Milliseconds(950));
        Answer(leader, 2, round);

        AssertAsks(leader);
    }

    // Goal: when the answers to several rounds come together, the lease counts from the first of them: no more is
    // claimed than is known, and the next round makes up for it. §6.4.1.
    [Fact]
    public void A_later_round_stands_for_the_one_before_it()
    {
        TestServer leader = ReadyLeader();
        Beat(leader);
        MonoTime left = leader.Now;
        ulong second = Beat(leader);
        Answer(leader, 2, second);

        leader.PassTo(left + new Duration(904_760_903));
        AssertHoldsLease(leader);
        leader.PassTo(left + new Duration(904_760_904));
        AssertAsks(leader);
    }

    // Goal: what a minority or non-voters answer gives no lease, and a lease that a majority gave ends in time. §6.4.1.
    [Fact]
    public void A_minority_keeps_no_lease_alive()
    {
        var cluster = new TestCluster(voters: 5, nonVoters: 2, configure: WithLeases);
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval);
        AssertHoldsLease(leader);
        cluster.Cut([3, 4, 5], [1, 2, 6, 7]);

        cluster.Run(Duration.Milliseconds(950));

        Assert.Equal(RaftRole.Leader, leader.Status.Role);
        AssertAsks(leader);
    }

    // Goal: every heartbeat renews the lease, so that reads are always answered at once. §6.4.1.
    [Fact]
    public void Heartbeats_renew_the_lease()
    {
        var cluster = new TestCluster(3, configure: WithLeases);
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval);

        for (int i = 0; i < 40; i++)
        {
            AssertHoldsLease(leader);
            cluster.Run(Duration.Milliseconds(77));
        }
    }

    // Goal: the rule of the first commit of the term holds for leases as well: before it a leader does not know what is
    // committed. §6.4, step 1.
    [Fact]
    public void No_lease_serves_before_the_first_commit_of_the_term()
    {
        TestServer leader = Lone.Leader(terms: [2, 2], term: 2, configure: WithLeases);
        Answer(leader, 2, Beat(leader), term: 3);

        Assert.Equal(ProposeResult.NoCommitThisTerm, Ask(leader, 1));
        Assert.Empty(leader.Reads);

        leader.Step(Lone.AppendReply(2, 3, 4));
        AssertHoldsLease(leader);
    }

    // Goal: a single voter needs nobody for its lease, either.
    [Fact]
    public void A_single_voter_has_its_lease_from_itself()
    {
        var cluster = new TestCluster(voters: 1, nonVoters: 1, configure: WithLeases);
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval);

        AssertHoldsLease(leader);
    }

    // Goal: who was told to take over may be elected at any time: there is no lease from then on to the end of the
    // term, even if the transfer is given up. §3.10, §6.4.1; etcd-io/raft issue 99.
    [Fact]
    public void A_leader_that_has_sent_its_successor_off_has_no_lease_in_this_term()
    {
        TestServer leader = ReadyLeader();
        Answer(leader, 2, Beat(leader));
        leader.Node.TransferLeadership(TestCluster.Id(2), leader.Now);
        leader.Pump();
        Assert.Contains(leader.TakeSent(), m => m.Kind == RaftMessageKind.TimeoutNow);
        AssertAsks(leader);

        KeepUp(leader, TestCluster.ElectionTimeout);

        Assert.True(leader.Status.TransferTarget.IsNone);
        Answer(leader, 2, Beat(leader));
        AssertAsks(leader);
    }

    // Goal: while the target of a transfer catches up the lease does not serve; when that is given up before the
    // target was told to campaign, nothing has happened that could have broken it. §3.10, §6.4.1.
    [Fact]
    public void A_transfer_that_never_sent_its_target_off_only_suspends_the_lease()
    {
        TestServer leader = ReadyLeader();
        leader.Node.TransferLeadership(TestCluster.Id(3), leader.Now);
        leader.Pump();
        Answer(leader, 2, Beat(leader));
        AssertAsks(leader);

        KeepUp(leader, TestCluster.ElectionTimeout);

        Assert.True(leader.Status.TransferTarget.IsNone);
        Answer(leader, 2, Beat(leader));
        AssertHoldsLease(leader);
    }

    // Goal: a lease that one configuration gave does not serve another one; the next round gives a new one. §4.1,
    // §6.4.1.
    [Fact]
    public void A_change_of_configuration_ends_the_lease()
    {
        TestServer leader = ReadyLeader();
        ulong round = Beat(leader);
        Answer(leader, 2, round);
        AssertHoldsLease(leader);

        Assert.True(leader.Change(ConfigurationChangeKind.Demote, TestCluster.Id(3)).IsAccepted);
        Answer(leader, 3, round);
        AssertAsks(leader);

        Answer(leader, 2, Beat(leader));
        AssertHoldsLease(leader);
    }

    // Goal: a round that left before a change of configuration gives no lease after it. §4.1, §6.4.1.
    [Fact]
    public void A_round_from_before_a_change_of_configuration_gives_no_lease()
    {
        TestServer leader = ReadyLeader();
        ulong round = Beat(leader);
        Assert.True(leader.Change(ConfigurationChangeKind.Demote, TestCluster.Id(3)).IsAccepted);
        Answer(leader, 2, round);

        AssertAsks(leader);
    }

    // Goal: a leader that is no voter any more counts the others alone, and has no lease when it has gone. §4.2.2,
    // §6.4.1.
    [Fact]
    public void A_leader_that_votes_no_more_counts_the_others_alone()
    {
        TestServer leader = ReadyLeader(voters: 4);
        Assert.True(leader.Change(ConfigurationChangeKind.Remove, leader.Id).IsAccepted);
        ulong round = Beat(leader);
        Answer(leader, 2, round);
        AssertAsks(leader);
        Answer(leader, 2, round = Beat(leader));
        Answer(leader, 3, round);
        AssertHoldsLease(leader);

        leader.Flush();
        leader.Step(Lone.AppendReply(2, 2, leader.Status.LastIndex.Value));
        leader.Step(Lone.AppendReply(3, 2, leader.Status.LastIndex.Value));
        Assert.Equal(ProposeResult.NotLeader, Ask(leader, 1));
    }

    // Goal: who steps down takes no lease along, not even when it leads again at once. §6.4.1.
    [Fact]
    public void A_leader_that_steps_down_loses_its_lease()
    {
        TestServer leader = ReadyLeader();
        ulong round = Beat(leader);
        Answer(leader, 2, round);
        leader.Step(Lone.Heartbeat(2, 3));
        Assert.Equal(ProposeResult.NotLeader, Ask(leader, 1));

        // Its former leader asks it to take over, so hardly any time passes.
        leader.Step(Lone.Append(2, 3, 2, 2, commit: 2, 3));
        leader.Step(Lone.Heartbeat(2, 3) with { Kind = RaftMessageKind.TimeoutNow });
        leader.Flush();
        leader.Step(Lone.VoteReply(2, 4));
        leader.Flush();
        leader.Step(Lone.AppendReply(2, 4, 4));
        Assert.True(leader.Status.HasCommittedThisTerm);
        AssertAsks(leader);

        Answer(leader, 3, round, term: 4);
        AssertAsks(leader);
        Answer(leader, 3, Beat(leader), term: 4);
        AssertHoldsLease(leader);
    }

    // Goal: a leader that is cut off answers by its lease only as long as nobody else leads. §6.4.1.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_leader_that_is_cut_off_answers_nothing_once_another_leads(ulong seed)
    {
        var cluster = new TestCluster(5, seed: seed, configure: o => WithLeases(o) with { ClockDriftPpmMax = 0 });
        TestServer leader = cluster.Elect(1);
        cluster.Run(TestCluster.HeartbeatInterval);
        cluster.Isolate(1);
        int answered = 0;
        for (ulong read = 1; cluster.Leader is null || cluster.Leader == leader; read++)
        {
            Ask(leader, read);
            answered += leader.Reads.Count;
            leader.Reads.Clear();
            cluster.Run(Duration.Milliseconds(10));
            Assert.InRange(read, 1UL, 1_000UL);
        }

        Ask(leader, 10_000);
        Assert.Empty(leader.Reads);
        Assert.InRange(answered, 50, 100);
    }

    private static RaftOptions WithLeases(RaftOptions options) =>
        options with { ReadLease = true, ClockDriftPpmMax = DriftPpm };

    private static TestServer ReadyLeader(int voters = 3, int driftPpm = DriftPpm)
    {
        TestServer leader = Lone.Leader(voters, configure: o => WithLeases(o) with { ClockDriftPpmMax = driftPpm });
        for (int i = 2; i <= (voters / 2) + 1; i++)
        {
            leader.Step(Lone.AppendReply(i, 2, 2));
        }

        Assert.True(leader.Status.HasCommittedThisTerm);
        leader.TakeSent();
        return leader;
    }

    // The regular heartbeats; says which round they are.
    private static ulong Beat(TestServer leader)
    {
        leader.TakeSent();
        leader.Sleep(TestCluster.HeartbeatInterval);
        return leader.TakeSent().First(m => m.Kind == RaftMessageKind.Heartbeat).Round;
    }

    private static void Answer(TestServer leader, int from, ulong round, ulong term = 2) =>
        leader.Step(Lone.HeartbeatReply(from, term) with { Round = round });

    // Time passes; s2 answers, so that the leader stays.
    private static void KeepUp(TestServer leader, Duration span)
    {
        for (MonoTime end = leader.Now + span; leader.Now < end;)
        {
            Answer(leader, 2, Beat(leader));
        }
    }

    private static ProposeResult Ask(TestServer leader, ulong context)
    {
        ProposeResult result = leader.Node.RequestRead(context, leader.Now);
        leader.Pump();
        return result;
    }

    private static void AssertHoldsLease(TestServer leader)
    {
        int before = leader.Reads.Count;
        leader.TakeSent();
        Assert.Equal(ProposeResult.Accepted, Ask(leader, 100));
        Assert.Equal(before + 1, leader.Reads.Count);
        Assert.DoesNotContain(leader.TakeSent(), m => m.Kind == RaftMessageKind.Heartbeat);
    }

    private static void AssertAsks(TestServer leader)
    {
        int before = leader.Reads.Count;
        Assert.Equal(ProposeResult.Accepted, Ask(leader, 200));
        Assert.Equal(before, leader.Reads.Count);
    }
}
