using RaftSim.Server;
using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation.Tests.Timing;

/// <summary>What a run measures, against what a script did to it.</summary>
public sealed class RunTimesTests
{
    // Goal: the time of a command is from asking to the answer, by the world's own records.
    [Fact]
    public void Commands_take_from_asking_to_the_answer()
    {
        SimWorld world = new(seed: 3, servers: 3);
        world.RunFor(Duration.Seconds(3));
        for (int i = 0; i < 50; i++)
        {
            world.Propose(i % 3, new byte[] { (byte)i });
            world.RunFor(Duration.Milliseconds(20));
        }

        List<Duration> took =
        [
            .. world.Requests.Where(static one => one is { Request: ProposeRequest, Reply: CommandReply })
                .Select(static one => one.AnsweredAt!.Value - one.AskedAt).Order(),
        ];
        Assert.Equal(50, took.Count);
        Spans measured = world.Result.Times.Commands;
        Assert.Equal(took.Count, measured.Count);
        Assert.Equal(took[^1], measured.Max);
        Assert.InRange(measured.Percentile(50).Nanos, took[24].Nanos, took[24].Nanos * 65 / 64);
        Assert.Equal(0, world.Result.Times.Failovers.Count);
    }

    // Goal: from the crash of a leader, or its being cut off, to the first commit of the next one; the first leader has none.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failover_begins_when_the_leader_is_lost(bool isCutOff)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SimWorld world = new(seed, servers: 5);
            world.RunFor(Duration.Seconds(5));
            int old = world.Leader!.Value;
            Duration lostAt = world.Now;
            if (isCutOff)
            {
                world.Isolate(old);
            }
            else
            {
                world.Crash(old);
            }

            ulong committed = world.Committed.Value;
            Assert.True(world.RunUntil(() => world.Committed.Value > committed, Duration.Seconds(30)));
            Spans failovers = world.Result.Times.Failovers;
            Assert.Equal(1, failovers.Count);

            // The last heartbeat came at most an interval before, and took its time; a message under way may come a little later.
            Duration since = world.Now - lostAt;
            Assert.InRange((failovers.Max - since).Nanos, -5_000_000, 120_000_000);
        }
    }

    // Goal: the standstill is the time without a majority, if somebody waits; and none if nobody does.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_standstill_is_the_time_for_which_callers_waited(bool isAsked)
    {
        SimWorld world = new(seed: 8, servers: 3);
        world.RunFor(Duration.Seconds(5));
        int leader = world.Leader!.Value;
        world.Crash((leader + 1) % 3);
        world.Crash((leader + 2) % 3);
        Duration askedAt = world.Now;
        for (int i = 0; i < 40; i++)
        {
            if (isAsked)
            {
                world.Propose(leader, new byte[] { (byte)i });
            }

            world.RunFor(Duration.Milliseconds(100));
        }

        world.Restart((leader + 1) % 3);
        ulong committed = world.Committed.Value;
        Assert.True(world.RunUntil(() => world.Committed.Value > committed, Duration.Seconds(30)));
        Assert.Equal(isAsked ? world.Now - askedAt : Duration.Zero, world.Result.Times.Standstill);
    }

    // Goal: a script says what it requires, and fails by name when that is not so.
    [Theory]
    [InlineData("require failovers max <= 30s\nrequire commands p50 <= 1s", null)]
    [InlineData("require failovers max <= 1ms", "failovers max <= 1ms was asked for, but it was ")]
    [InlineData("require standstill max <= 1ms", "standstill max <= 1ms was asked for, but it was ")]
    public void A_scenario_requires_times(string lines, string? breach)
    {
        SimScenario scenario = SimScenario.Parse($"""
            seed 4
            servers 3
            requests every 20ms
            for 20s
            {lines}
            at 5s crash leader
            at 8s restart s0
            at 8s restart s1
            at 8s restart s2
            """);
        Assert.Equal(scenario.ToString(), SimScenario.Parse(scenario.ToString()).ToString());
        SimulationResult result = scenario.Run();
        Assert.Equal(breach is null ? null : "required", result.Violation?.Checker);
        Assert.StartsWith(breach ?? "", result.Violation?.Explanation ?? "", StringComparison.Ordinal);
        Assert.InRange(result.Times.Failovers.Count, 1, 3);
    }
}
