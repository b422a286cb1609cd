using RaftSim.Simulation.Scenarios;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>A script that heals the network while faults go on: what the old ones end by themselves is over already.</summary>
public sealed class HealTests
{
    // Goal: an older cut that would have ended later ends no newer one; what is told is what is so.
    [Theory]
    [InlineData(FaultKind.CutLink)]
    [InlineData(FaultKind.FlappingLink)]
    [InlineData(FaultKind.OneWay)]
    public void An_older_cut_does_not_end_a_newer_one(FaultKind kind)
    {
        int cuts = 0;
        int blocked = 0;
        for (ulong seed = 1; seed <= 10; seed++)
        {
            using StringWriter trace = new();
            SortedDictionary<string, int> open = new(StringComparer.Ordinal);
            SimulationResult result = new SimWorld(seed, servers: 2) { Trace = trace }
                .WithFaults(FaultPlan.Of(kind))
                .WithSteps([.. Enumerable.Range(1, 590).Select(step => new ScenarioStep(
                    step, Duration.Milliseconds(100 * step), step % 8 == 0 ? "heal" : "look", 2, world => Look(world, step)))])
                .Run(Duration.Seconds(60));
            Assert.Null(result.Violation);

            void Look(SimWorld world, int step)
            {
                cuts += Follow(trace, open);
                blocked += RequireSo(world, open);
                if (step % 8 == 0)
                {
                    world.Heal();
                    open.Clear();
                    Assert.Equal(0, RequireSo(world, open));
                }
            }
        }

        Assert.InRange(cuts, 40, int.MaxValue);
        Assert.InRange(blocked, 40, int.MaxValue);
    }

    // Takes in what the network was told to do since; returns how many links were cut.
    private static int Follow(StringWriter trace, SortedDictionary<string, int> open)
    {
        int cuts = 0;
        foreach (string line in trace.ToString().Split('\n'))
        {
            string[] words = line.Split(' ');
            if (words.Length > 3 && words[1] == "network" && words[2] is "cuts" or "mends")
            {
                foreach (string link in words[3..])
                {
                    open[link] = open.GetValueOrDefault(link) + (words[2] == "cuts" ? 1 : -1);
                    cuts += words[2] == "cuts" ? 1 : 0;
                }
            }
        }

        trace.GetStringBuilder().Clear();
        return cuts;
    }

    private static int RequireSo(SimWorld world, SortedDictionary<string, int> open)
    {
        Assert.Equal(open.GetValueOrDefault("s0>s1") > 0, world.Network.IsBlocked(0, 1));
        Assert.Equal(open.GetValueOrDefault("s1>s0") > 0, world.Network.IsBlocked(1, 0));
        Assert.All(open.Values, static count => Assert.InRange(count, 0, int.MaxValue));
        return open.Values.Count(count => count > 0);
    }
}
