using RaftSim.Simulation.Shrinking;
using RaftSim.Tidy;

namespace RaftSim.Simulation.Tests.Shrinking;

/// <summary>The test that shrinking writes is a test: one that it wrote is compiled and run with all others.</summary>
public sealed class ShrunkTestTests
{
    // Goal: what is written is the file Worlds/Seed708Tests.cs, letter for letter, whose test runs here like any other.
    [Fact]
    public void The_test_that_is_written_is_compiled_and_run_here()
    {
        SimScenario scenario = new()
        {
            Seed = 708,
            IsSwarm = true,
            Calm = SwarmTraits.Messages | SwarmTraits.Pace,
            Faults = FaultPlan.Of(FaultKind.Crash, FaultKind.Drop),
            Duration = Duration.Seconds(20),
        };
        Decision[] all = [.. Record(scenario).Select(entry => entry.Decision)];
        SimScenario few = scenario with
        {
            Only =
            [
                .. all.Where(decision => decision.Kind == DecisionKind.Strike).Take(3),
                .. all.Where(decision => decision.Kind == DecisionKind.Message).Take(3),
                .. all.Where(decision => decision.Kind == DecisionKind.Request).Take(3),
            ],
        };
        DecisionLog log = new();
        SimulationResult result = few.Run(decisions: log).RequireSuccess();
        Golden.Check("Worlds/Seed708Tests.cs", new ShrunkRun(few, result, log.Entries, null).ToTest());
    }

    // Goal: other worlds are written as they are made, too.
    [Fact]
    public void Worlds_without_a_swarm_are_written_with_their_work()
    {
        SimScenario scenario = new()
        {
            Seed = 9,
            Faults = FaultPlan.Of(FaultKind.Crash, FaultKind.Pause),
            RequestGap = Duration.Milliseconds(50),
            Only = [],
        };
        string test = new ShrunkRun(scenario, scenario.Run(), [], null).ToTest();
        const string World = "new SimWorld(9, 3).WithFaults(FaultPlan.Of(FaultKind.Crash, FaultKind.Pause))";
        Assert.Contains(World, test, StringComparison.Ordinal);
        Assert.Contains(".WithWorkload(new Workload { Gap = new Duration(50000000) })", test, StringComparison.Ordinal);
        Assert.Contains(".WithOnly([])", test, StringComparison.Ordinal);
    }

    // Goal: a script's own steps are part of what is written: the test reads the scenario.
    [Fact]
    public void Worlds_with_steps_are_written_as_their_script()
    {
        SimScenario scenario = SimScenario.Parse("seed 3\nat 1s crash s1\nat 2s expect committed 900\n");
        string test = new ShrunkRun(scenario, scenario.Run(), [], null).ToTest();
        string script = test.Split("\"\"\"")[1].Replace("\n            ", "\n", StringComparison.Ordinal);
        Assert.Contains("SimScenario.Parse(\"\"\"\n            # scenario after 2s: ", test, StringComparison.Ordinal);
        Assert.Equal(scenario.ToString(), SimScenario.Parse(script).ToString());
        Assert.Contains("            .Run()\n            .RequireSuccess();", test, StringComparison.Ordinal);
    }

    // Goal: a run with options of its own is written as a test that says that they are missing, and is none without them.
    [Fact]
    public void Worlds_with_options_of_ones_own_are_written_with_a_place_for_them()
    {
        SimScenario scenario = SimScenario.Parse("seed 708\nswarm\nfaults crash\nfor 5s\nplanned 9s\n");
        string test = new ShrunkRun(scenario, scenario.Run(), [], options => options).ToTest();
        string script = test.Split("\"\"\"")[1].Replace("\n            ", "\n", StringComparison.Ordinal);
        Assert.Equal(scenario.ToString(), SimScenario.Parse(script).ToString());
        Assert.Contains("""
                        // The run had options of its own: put in here what was given to the Shrinker.
                        .Run(adjust: TheOptionsOfTheRun)
                        .RequireSuccess();
            """, test, StringComparison.Ordinal);
        string plain = new ShrunkRun(scenario, scenario.Run(), [], null).ToTest();
        Assert.Contains(".WithPlanned(new Duration(9000000000))", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("adjust", plain, StringComparison.Ordinal);
    }

    private static IReadOnlyList<DecisionEntry> Record(SimScenario scenario)
    {
        DecisionLog log = new();
        scenario.Run(decisions: log).RequireSuccess();
        return log.Entries;
    }
}
