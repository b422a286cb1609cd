using RaftSim.Simulation.Crashes;
using Xunit.Abstractions;

namespace RaftSim.Simulation.Tests.Crashes;

/// <summary>Every scenario, with a crash at every operation of every disk and with every kind of loss.</summary>
public sealed class CrashEnumerationTests(ITestOutputHelper output)
{
    private static IEnumerable<Scenario> All => [.. LogScenarios.All, .. SnapshotScenarios.All, .. ClusterScenarios.All];

    public static TheoryData<string> Names => [.. All.Select(scenario => scenario.Name)];

    // Goal: whatever a server was doing with its disk when it crashed, and whatever the disk has lost: nothing that was
    // acknowledged is lost, no promise is broken, and the cluster recovers.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_server_may_crash_at_any_operation_of_its_disk(string name)
    {
        CrashEnumeration enumeration = All.Single(scenario => scenario.Name == name).Enumerate();
        Assert.NotEmpty(enumeration.Points);
        output.WriteLine($"{enumeration.Points.Count} points");
        CrashFailure? failure = enumeration.Run();
        Assert.True(failure is null, $"{name}: {failure}");
    }

    // Goal: an enumeration can fail. With disks whose syncs lie it comes to a point at which what was told is gone, says which
    // promise was broken and where; that point alone fails in the same way, and another one does not.
    [Fact]
    public void Syncs_that_lie_are_found_and_the_point_is_told()
    {
        Scenario scenario = LogScenarios.All.Single(one => one.Name == "commands one after the other");
        CrashEnumeration enumeration = scenario.Enumerate(spoil: world =>
        {
            foreach (SimServer server in world.Servers)
            {
                server.Disk.FailNext(SimDiskFault.SyncLie);
            }
        });
        CrashFailure failure = Assert.IsType<CrashFailure>(enumeration.Run());
        Assert.IsType<SimulationFailedException>(failure.Cause);
        Assert.Contains("promises-kept", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains($"Run({failure.Point})", failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(failure.ToString(), enumeration.Run(failure.Point)!.ToString());
        Assert.Null(scenario.Enumerate().Run(failure.Point));
    }

    // Goal: a script that loses what was acknowledged to it, or that gives up, is a failure like a broken promise.
    [Fact]
    public void What_the_script_throws_is_a_failure_of_its_point()
    {
        CrashEnumeration enumeration = new(
            () => new SimWorld(seed: 1, servers: 1),
            world => Assert.True(world.RunUntil(() => world.Leader == 0, Duration.Seconds(10)) && !HasRestarted(world)));
        int done = 0;
        CrashFailure failure = Assert.IsType<CrashFailure>(enumeration.Run((count, of) =>
        {
            done = count;
            Assert.Equal(enumeration.Points.Count, of);
        }));
        Assert.Equal(enumeration.Points[done], failure.Point);
        Assert.IsNotType<SimulationFailedException>(failure.Cause);

        static bool HasRestarted(SimWorld world) => world.Faults[FaultKind.CrashAtIo] > 0;
    }

    // Goal: a point that is not reached is told, and so is one that is over: neither has shown anything.
    [Fact]
    public void A_point_that_is_never_reached_is_a_failure()
    {
        CrashEnumeration enumeration = LogScenarios.All.First().Enumerate();
        CrashPoint beyond = new(0, 1_000, CrashMoment.Before, SimDiskCrash.LoseAll);
        Assert.Contains("did not come to the operation", enumeration.Run(beyond)!.ToString(), StringComparison.Ordinal);

        SimWorld world = new(seed: 1, servers: 1);
        world.RunFor(Duration.Seconds(5));
        CrashPoint over = new(0, world.DiskOperations(0), CrashMoment.Before, SimDiskCrash.LoseAll);
        Assert.Throws<ArgumentException>(() => world.CrashAt(over, Duration.Seconds(1)));
    }
}
