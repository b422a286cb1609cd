using RaftSim.Cli.Commands;
using RaftSim.Simulation;
using RaftSim.Simulation.Timing;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>The exit code of a range of seeds in which no promise was broken.</summary>
public sealed class CampaignEndTests
{
    private static readonly SimulationRequest _usual =
        new(1, 2_000, null, Duration.Seconds(60), FaultPlan.All, null, null);

    private static readonly SimulationResult _plain = new SimWorld(seed: 1, servers: 1).Result;

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
        SimWorld world = new(seed: 1, servers: 3);
        world.Crash(0);
        Assert.Equal((0, ""), Conclude(request, Of(299, world.Result)));
        Assert.Equal(
            (1, "FAILED: never struck in any of these worlds: bridge\n"), Conclude(request, Of(300, world.Result)));
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
        SimCampaign campaign = Of(10, _plain);
        (int code, string error) = Conclude(request, campaign);
        Assert.Equal(1, code);
        Assert.Contains("no command was acknowledged", error, StringComparison.Ordinal);
        campaign.Times.Commands.Add(Duration.Seconds(1));
        Assert.Equal((0, ""), Conclude(request, campaign));
        campaign.Times.Commands.Add(Duration.Seconds(3));
        Assert.Equal(
            (1, "FAILED: commands max <= 2s was asked for, but it was 3s\n"), Conclude(request, campaign));
    }

    // Goal: worlds that nobody asked to recover are told: they have shown less than the others.
    [Fact]
    public void A_campaign_tells_how_many_worlds_were_not_asked_to_recover()
    {
        using StringWriter told = new() { NewLine = "\n" };
        SimCampaign campaign = Of(197, _plain);
        CampaignEnd.TellLost(campaign, told);
        Assert.Equal("", told.ToString());
        for (int i = 0; i < 3; i++)
        {
            campaign.Add(_plain with { IsRecoverable = false });
        }

        CampaignEnd.TellLost(campaign, told);
        Assert.Equal(
            "3 of 200 worlds lost more disks than a cluster can do without, and were not asked to recover\n", told.ToString());
    }

    private static SimCampaign Of(int worlds, SimulationResult each)
    {
        SimCampaign campaign = new();
        for (int i = 0; i < worlds; i++)
        {
            campaign.Add(each);
        }

        return campaign;
    }

    // So many worlds, in which every kind of fault has struck.
    private static (int Code, string Error) Conclude(SimulationRequest request, int worlds, StatesReached reached)
    {
        FaultCounts faults = new();
        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            faults.Fired(kind);
        }

        return Conclude(request, Of(worlds, _plain with { Reached = reached, Faults = faults }));
    }

    private static (int Code, string Error) Conclude(SimulationRequest request, SimCampaign campaign)
    {
        using StringWriter error = new() { NewLine = "\n" };
        int code = CampaignEnd.Conclude(request, campaign, error);
        return (code, error.ToString());
    }
}
