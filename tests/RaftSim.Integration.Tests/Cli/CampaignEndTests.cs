using RaftSim.Cli.Commands;
using RaftSim.Simulation;
using RaftSim.Simulation.Timing;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>The exit code of a range of seeds in which no promise was broken.</summary>
public sealed class CampaignEndTests
{
    private static readonly SimulationRequest _usual =
        new(1, 2_000, null, Duration.Seconds(60), FaultPlan.All, null, null);

    // Goal: a campaign that is large enough and never came to some state exits with 1 and names it; one that came to all exits
    // with 0, and so does a smaller one, or one of other worlds than the usual.
    [Fact]
    public void A_campaign_that_misses_a_state_exits_with_1_and_names_it()
    {
        StatesReached every =
            StatesReached.All.ToArray().Aggregate(default(StatesReached), (reached, state) => reached.With(state));
        StatesReached allButOne = StatesReached.All.ToArray().Where(state => state != SimState.SplitVote)
            .Aggregate(default(StatesReached), (reached, state) => reached.With(state));
        Assert.Equal((0, ""), Conclude(_usual, 2_000, every));
        Assert.Equal((1, "FAILED: never reached in any of these worlds: split-vote\n"), Conclude(_usual, 2_000, allButOne));
        Assert.Equal((0, ""), Conclude(_usual, 1_999, allButOne));
        Assert.Equal((0, ""), Conclude(_usual with { Servers = 3 }, 2_000, allButOne));
        Assert.Equal((0, ""), Conclude(_usual with { Faults = FaultPlan.None }, 2_000, default));
    }

    // Goal: one in which a kind of fault never struck exits with 1 and names it, if there were enough worlds for it.
    [Fact]
    public void A_campaign_that_misses_a_fault_exits_with_1_and_names_it()
    {
        SimulationRequest request = _usual with { Faults = FaultPlan.Of(FaultKind.Bridge, FaultKind.Crash) };
        Assert.Equal((0, ""), Conclude(request, 299, default, FaultKind.Bridge));
        Assert.Equal(
            (1, "FAILED: never struck in any of these worlds: bridge\n"), Conclude(request, 300, default, FaultKind.Bridge));
    }

    // Goal: a campaign in which something took longer than it may exits with 1 and says how long, and one in which it never came
    // about does, too.
    [Fact]
    public void A_campaign_in_which_something_takes_too_long_exits_with_1_and_says_how_long()
    {
        SimulationRequest request = _usual with
        {
            Requirements =
            [
                new(RunMeasure.Commands, 50, Duration.Milliseconds(1_100)), new(RunMeasure.Commands, 100, Duration.Seconds(2)),
            ],
        };
        RunTimes times = new();
        times.Commands.Add(Duration.Seconds(1));
        Assert.Equal((0, ""), Conclude(request, 10, default, times: times));
        times.Commands.Add(Duration.Seconds(3));
        Assert.Equal(
            (1, "FAILED: commands max <= 2s was asked for, but it was 3s\n"), Conclude(request, 10, default, times: times));
        (int code, string error) = Conclude(request, 10, default);
        Assert.Equal(1, code);
        Assert.Contains("no command was acknowledged", error, StringComparison.Ordinal);
    }

    // Goal: worlds that nobody asked to recover are told: they have shown less than the others.
    [Fact]
    public void A_campaign_tells_how_many_worlds_were_not_asked_to_recover()
    {
        using StringWriter told = new() { NewLine = "\n" };
        CampaignEnd.TellLost(0, 200, told);
        Assert.Equal("", told.ToString());
        CampaignEnd.TellLost(3, 200, told);
        Assert.Equal(
            "3 of 200 worlds lost more disks than a cluster can do without, and were not asked to recover\n", told.ToString());
    }

    private static (int Code, string Error) Conclude(
        SimulationRequest request, ulong worlds, StatesReached reached, FaultKind? missed = null, RunTimes? times = null)
    {
        using StringWriter error = new() { NewLine = "\n" };
        int code = CampaignEnd.Conclude(request, worlds, kind => kind != missed, reached, times ?? new RunTimes(), error);
        return (code, error.ToString());
    }
}
