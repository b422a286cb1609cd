using RaftSim.Autopilot;
using Peer = RaftSim.Tests.Autopilot.DriverBench.Peer;

namespace RaftSim.Tests.Autopilot;

public sealed class AutopilotDriverStateTests
{
    private static readonly Duration Second = Duration.Seconds(1);

    // Goal: the leader is not asked; its contact is 0 and its log is the reference (raft-autopilot, health of the leader).
    [Fact]
    public void Single_server_has_its_state_at_once()
    {
        DriverBench bench = new DriverBench(new Peer("s1")).Started();

        Assert.Empty(bench.Asked);
        AutopilotServerState leader = Assert.Single(bench.Driver.State!.Servers);
        Assert.Equal(new ServerStats(Duration.Zero, new(3), new(1_000)), leader.Stats);
        Assert.True(leader.Health.Healthy);
    }

    // Goal: a silent server delays a state by half an interval at most (raft-autopilot, gatherNextStateInputs).
    [Fact]
    public void Round_ends_after_half_an_interval_whoever_is_missing()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        MonoTime start = bench.Now;
        Assert.Empty(bench.States);
        Assert.Equal(start + Second, bench.Driver.NextDeadline);

        bench.Run(Second);

        Assert.Equal([start + Second], bench.States);
        Assert.False(bench.Driver.State!.Find(new("s3"))!.Health.Healthy);
    }

    // Goal: a state every interval, counted from the start, however long answers take (raft-autopilot, run loop).
    [Fact]
    public void Rounds_keep_a_fixed_cadence()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        MonoTime start = bench.Now;

        bench.Run(Duration.Seconds(20));

        Assert.Equal(
            Enumerable.Range(0, 11).Select(i => start + (Duration.Seconds(2) * i)),
            bench.Asked.Where(asked => asked.Server == new ServerId("s2")).Select(asked => asked.At));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => start + Second + (Duration.Seconds(2) * i)), bench.States);
    }

    // Goal: beats that were slept through are not made up for, and the cadence stays (a paused process must not storm).
    [Fact]
    public void Missed_beats_are_skipped()
    {
        DriverBench bench = Three().Started();
        MonoTime start = bench.Now;
        bench.Sleep(Duration.Milliseconds(7_500));

        bench.Run(Duration.Zero);

        Assert.Equal([start, start + Duration.Milliseconds(7_500)], bench.States);
        Assert.Equal(start + Duration.Seconds(8), bench.Driver.NextDeadline);
    }

    // Goal: an early tick does nothing and leaves the deadline (shells may tick whenever they like).
    [Fact]
    public void Early_ticks_are_harmless()
    {
        DriverBench bench = Three().Started();
        MonoTime deadline = bench.Driver.NextDeadline;
        for (int i = 0; i < 19; i++)
        {
            bench.Sleep(Duration.Milliseconds(100));
            bench.TickAndTake();
        }

        Assert.Single(bench.States);
        Assert.Equal(deadline, bench.Driver.NextDeadline);
    }

    // Goal: a lost reply costs one round, not the server's voice (no request is waited for longer than an interval).
    [Fact]
    public void Lost_reply_is_asked_for_again_in_the_next_round()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        bench.Run(Duration.Milliseconds(1_500));
        bench["s3"].Answers = true;

        bench.Run(Second);

        Assert.True(bench.Driver.State!.Healthy);
        Assert.Equal(2, bench.States.Count);
    }

    // Goal: what a server was long ago must not pass for what it is (replies carry their round).
    [Fact]
    public void Late_reply_of_an_older_round_is_ignored()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        ulong first = bench.Asked[^1].Round;
        bench.Run(Duration.Seconds(2));

        bench.Reply(new("s3"), first);
        bench.Run(Second);

        AutopilotServerState late = bench.Driver.State!.Find(new("s3"))!;
        Assert.Equal(default, late.Stats);
        Assert.False(late.Health.Healthy);

        // Nor does it take the place of the answer to the round that is open.
        bench.Run(Second);
        bench.Reply(new("s3"), first);
        bench.Reply(new("s3"), bench.Asked[^1].Round);
        bench.Run(Duration.Zero);
        Assert.True(bench.Driver.State!.Healthy);
    }

    // Goal: also when its server was not asked in the open round, an older answer is not counted as one to it.
    [Fact]
    public void Late_reply_does_not_end_a_later_round()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        bench.Sleep(Duration.Milliseconds(3_900));
        bench.Run(Duration.Zero);
        bench["s2"].Answers = false;
        bench.Run(Second);
        ulong skipped = bench.Asked.Last(asked => asked.Server == new ServerId("s3")).Round;
        Assert.NotEqual(skipped, bench.Asked[^1].Round);
        int states = bench.States.Count;

        bench.Reply(new("s3"), skipped);
        bench.Run(Duration.Zero);

        Assert.Equal(states, bench.States.Count);
        Assert.Equal(default, bench.Driver.State!.Find(new("s3"))!.Stats);
    }

    // Goal: a second reply, or one from somebody who was not asked, changes nothing (transports may repeat).
    [Fact]
    public void Replies_count_once_and_only_from_those_asked()
    {
        DriverBench bench = Three();
        bench["s2"].Answers = false;
        bench["s3"].Answers = false;
        bench.Started();
        ulong round = bench.Asked[^1].Round;

        bench.Reply(new("s2"), round);
        bench["s2"].Stats = new(Duration.Zero, new(9), new(9));
        bench.Reply(new("s2"), round);
        bench.Reply(new("s1"), round);
        bench.Run(Duration.Zero);
        Assert.Empty(bench.States);

        bench.Run(Second);
        Assert.Equal(new(3), bench.Driver.State!.Find(new("s2"))!.Stats.LastTerm);
    }

    // Goal: at most one request to a server within an interval, also when rounds bunch up after a pause.
    [Fact]
    public void Server_with_a_fresh_request_outstanding_is_skipped()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        bench.Sleep(Duration.Milliseconds(3_900));
        bench.Run(Duration.Zero);
        bench.Asked.Clear();

        bench.Run(Duration.Milliseconds(1_100));

        // The round of 4 s began as soon as that of 3.9 s was over; s3 still had a second to answer.
        Assert.Equal(["s2"], bench.Asked.Select(asked => asked.Server.ToString()));
    }

    // Goal: those that left are not asked, failed and unknown ones are (raft-autopilot, aliveServers).
    [Fact]
    public void Only_those_that_left_are_not_asked()
    {
        var bench = new DriverBench(
            new("s1"),
            new("s2") { Status = NodeStatus.Failed },
            new("s3") { Status = NodeStatus.Unknown },
            new("s4") { Status = NodeStatus.Left },
            new("s5") { Status = null });
        bench.Started();

        Assert.Equal(["s2", "s3"], bench.Asked.Select(asked => asked.Server.ToString()));
    }

    // Goal: the reference is the log end from before the questions (raft-autopilot, order of the inputs); else one dead
    // server would make everybody look behind by what was written while waiting for it.
    [Fact]
    public void Answers_are_judged_by_the_log_end_at_the_question()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        bench.LastIndex += 10_000;

        bench.Run(Second);

        Assert.True(bench.Driver.State!.Find(new("s2"))!.Health.Healthy);
    }

    // Goal: without a configuration the old state stays, nobody is notified, and the reason is told once (raft-autopilot,
    // updateState).
    [Fact]
    public void Failed_computation_keeps_the_state_and_says_so_once()
    {
        DriverBench bench = Three().Started();
        AutopilotState before = bench.Driver.State!;
        bench.Config = null;

        bench.Run(Duration.Seconds(9));

        Assert.Same(before, bench.Driver.State);
        Assert.Single(bench.States);
        Assert.Equal("no new state: there is no autopilot configuration yet", Assert.Single(bench.Events[1..]));

        bench.Config = AutopilotConfig.Default;
        bench.Run(Duration.Seconds(2));
        Assert.Equal(2, bench.States.Count);
    }

    // Goal: health is told when it changes, with the reason, and not otherwise.
    [Fact]
    public void Health_is_told_when_it_changes()
    {
        DriverBench bench = Three().Started();
        Assert.Equal(["the cluster is healthy: failure tolerance 1"], bench.Events);
        bench.Events.Clear();

        bench["s3"].Stats = new(Duration.Milliseconds(312), new(3), bench.LastIndex);
        bench.Run(Duration.Seconds(6));
        Assert.Equal(
            [
                "s3 is unhealthy: last contact 312ms over 200ms",
                "the cluster is unhealthy: failure tolerance 0, unhealthy: s3",
            ],
            bench.Events);
        bench.Events.Clear();

        bench["s3"].Stats = null;
        bench.Run(Duration.Seconds(6));
        Assert.Equal(["s3 is healthy", "the cluster is healthy: failure tolerance 1"], bench.Events);
    }

    // Goal: each rule of health has its own words for people.
    [Theory]
    [InlineData(0, 3, 600, "400 entries behind, more than 250")]
    [InlineData(0, 2, 1_000, "term 2 is not 3")]
    [InlineData(0, 4, 1_000, "term 4 is not 3")]
    [InlineData(-1, 3, 1_000, "never contacted by the leader")]
    [InlineData(0, 0, 0, "it has not reported yet")]
    [InlineData(200_000_001, 3, 1_000, "last contact 200.000001ms over 200ms")]
    public void Reasons_are_given(long contact, ulong term, ulong index, string reason)
    {
        DriverBench bench = Three();
        bench["s3"].Stats = new(new(contact), new(term), new(index));
        bench.Started();
        Assert.Contains($"s3 is unhealthy: {reason}", bench.Events);
    }

    // Goal: membership's opinion is a reason, too.
    [Fact]
    public void Server_that_is_not_alive_is_told_as_such()
    {
        DriverBench bench = Three();
        bench["s3"].Status = NodeStatus.Failed;
        bench.Started();
        Assert.Contains("s3 is unhealthy: not alive: membership has it as failed", bench.Events);
    }

    // Goal: intervals that cannot work are refused at once.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(-5, 10)]
    public void Impossible_intervals_are_refused(long state, long reconcile) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new AutopilotDriver(new(state), new(reconcile), new StablePromoter()));

    private static DriverBench Three() => new(new("s1"), new("s2"), new("s3"));
}
