namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What many worlds have shown together.</summary>
public sealed class CampaignTests
{
    // Goal: a user's own states are counted over worlds, and one that none reached is named.
    [Fact]
    public void States_of_ones_own_can_be_required_of_a_campaign()
    {
        SimCampaign campaign = new();
        for (ulong seed = 1; seed <= 20; seed++)
        {
            SimWorld world = new(seed, servers: 3);
            world.RunFor(Duration.Seconds(3));
            world.Crash(0);
            world.RunFor(Duration.Seconds(6));
            world.Sometimes($"led by {world.Leader}");
            campaign.Add(world.Result);
        }

        Assert.Equal(20UL, campaign.Worlds);
        Assert.Equal(20UL, campaign.Sometimes.Values.Aggregate((left, right) => left + right));
        Assert.Equal(["led by 0", "led by 3"], campaign.NeverReached("led by 0", "led by 1", "led by 2", "led by 3"));
        Assert.Null(campaign.Failure);
    }

    // Goal: results in another order are the same campaign, and of several failures the one with the smallest seed is kept.
    [Fact]
    public void The_order_of_results_makes_no_difference()
    {
        List<SimulationResult> results = [];
        for (ulong seed = 1; seed <= 6; seed++)
        {
            SimulationResult result = new SimWorld(seed, servers: 3)
                .WithFaults(FaultPlan.Of(FaultKind.Crash)).Run(Duration.Seconds(10));
            results.Add(seed is 3 or 5
                ? result with { Violation = new Violation("mine", Duration.Zero, "it is so") }
                : result);
        }

        SimCampaign forward = new();
        SimCampaign backward = new();
        results.ForEach(forward.Add);
        results.Reverse();
        results.ForEach(backward.Add);
        Assert.Equal(3UL, forward.Failure?.Seed);
        Assert.Equal(3UL, backward.Failure?.Seed);
        Assert.Equal(forward.TraceSum, backward.TraceSum);
        Assert.Equal(forward.Reached, backward.Reached);
        Assert.Equal(forward.Events, backward.Events);
        Assert.Equal(forward.Simulated, backward.Simulated);
        Assert.Equal(forward.Times.ToString(), backward.Times.ToString());
        Assert.Equal(forward.Faults.Describe([]), backward.Faults.Describe([]));
        Assert.Equal([FaultKind.Wipe], forward.NeverStruck(FaultKind.Crash, FaultKind.Wipe));
    }
}
