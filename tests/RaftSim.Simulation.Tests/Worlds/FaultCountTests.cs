using Xunit.Abstractions;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What is counted as a fault has had an effect: without it the run would have been another.</summary>
public sealed class FaultCountTests(ITestOutputHelper output)
{
    private static readonly Duration Span = Duration.Seconds(12);

    /// <summary>Every kind of fault.</summary>
    public static TheoryData<FaultKind> Kinds => [.. FaultCounts.Kinds];

    // Goal: a run in which a kind of fault has fired is another one than the run without it, and is the same when nothing fired.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_fault_that_has_fired_has_changed_the_run(FaultKind kind)
    {
        int fired = 0;
        for (ulong seed = 1; seed <= 4; seed++)
        {
            SimulationResult with = SimWorld.Swarm(seed, 3, FaultPlan.Of(kind), zones: 0).Run(Span);
            SimulationResult without = SimWorld.Swarm(seed, 3, FaultPlan.None, zones: 0).Run(Span);

            // A wall clock only stamps, and no stamp is in the hash.
            Assert.True(
                with.Faults[kind] == 0 || kind == FaultKind.Skew || with.TraceHash != without.TraceHash,
                $"seed {seed}: {FaultCounts.NameOf(kind)} is said to have fired {with.Faults[kind]} times");
            fired += with.Faults[kind] > 0 ? 1 : 0;
        }

        output.WriteLine($"{FaultCounts.NameOf(kind)} fired in {fired} of 4 worlds");
        Assert.True(fired > 0 || kind is FaultKind.ZoneLoss or FaultKind.ZoneCut or FaultKind.UpgradeTransfer);
    }

    // Goal: what a script does to a world counts only when something comes of it.
    [Theory]
    [InlineData(FaultKind.SlowDisk, "slow-disk s0 100")]
    [InlineData(FaultKind.OneWay, "block s0 s1")]
    [InlineData(FaultKind.Isolate, "isolate leader")]
    [InlineData(FaultKind.Partition, "partition s0")]
    [InlineData(FaultKind.Pause, "pause leader 1s")]
    public void What_a_script_does_counts_when_something_comes_of_it(FaultKind kind, string verb)
    {
        const string World = "servers 3\nfor 10s\nrequests none\n";
        string down = string.Concat(Enumerable.Range(0, 3).Select(server => $"at 3s crash s{server}\n"));
        string idle = verb.Replace("leader", "s0", StringComparison.Ordinal);
        SimulationResult inVain = SimScenario.Parse(World + down + "at 4s " + idle).Run().RequireSuccess();
        Assert.Equal(SimScenario.Parse(World + down).Run().TraceHash, inVain.TraceHash);
        Assert.Equal(0, inVain.Faults[kind]);

        string script = $"{World}at 4s {verb}\nat 4s propose leader text";
        Assert.Equal(1, SimScenario.Parse(script).Run().RequireSuccess().Faults[kind]);
    }

    // Goal: a disk that is full while nobody needs more of it has done nothing; it is counted when it refuses something.
    [Fact]
    public void A_full_disk_counts_when_it_refuses_something()
    {
        const string World = "servers 3\nfor 20s\n";
        SimulationResult inVain = SimScenario.Parse(World + "at 5s full-disk s0").Run().RequireSuccess();
        Assert.Equal(SimScenario.Parse(World).Run().TraceHash, inVain.TraceHash);
        Assert.Equal(0, inVain.Faults[FaultKind.FullDisk]);

        SimWorld world = new(seed: 1);
        int leader = world.AwaitLeader();
        world.FillDisk(leader, isFull: true);
        Assert.Equal(0, world.Faults[FaultKind.FullDisk]);
        world.Propose(leader, new byte[100_000]);
        world.RunFor(Duration.Seconds(1));
        Assert.Equal(1, world.Faults[FaultKind.FullDisk]);
    }

    // Goal: a fault that strikes nobody, since all are down, is not counted, and fails the run that has asked for it.
    [Theory]
    [InlineData(FaultKind.PowerLoss)]
    [InlineData(FaultKind.QuorumLoss)]
    [InlineData(FaultKind.RestartLoop)]
    [InlineData(FaultKind.RollingRestart)]
    [InlineData(FaultKind.Freeze)]
    [InlineData(FaultKind.Partition)]
    [InlineData(FaultKind.Isolate)]
    [InlineData(FaultKind.SlowLink)]
    [InlineData(FaultKind.Congestion)]
    [InlineData(FaultKind.BurstLoss)]
    [InlineData(FaultKind.ConnectionReset)]
    [InlineData(FaultKind.StalledDisk)]
    [InlineData(FaultKind.SlowServer)]
    public void What_strikes_nobody_is_not_counted(FaultKind kind)
    {
        SimWorld world = new(seed: 3);
        for (int server = 0; server < 3; server++)
        {
            world.Crash(server);
        }

        SimulationResult result = world.WithFaults(FaultPlan.Of(kind)).WithWorkload(Workload.None).Run(Span);
        Assert.Equal(0, result.Faults[kind]);
        Assert.Equal("never-struck", result.Violation!.Checker);
    }
}
