using Xunit.Abstractions;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Many seeds, each a world of its own make-up: what a campaign runs by the thousand, in small.</summary>
public sealed class SwarmTests(ITestOutputHelper output)
{
    private const ulong First = 1_000;
    private const int Count = 40;

    // Goal: no seed of the range breaks a promise, every kind of fault strikes, and much is done: no empty success.
    [Fact]
    public void A_range_of_seeds_keeps_every_promise_under_every_fault()
    {
        long[] faults = new long[FaultCounts.Kinds.Length];
        int acknowledged = 0;
        int elections = 0;
        for (ulong seed = First; seed < First + Count; seed++)
        {
            SimulationResult result = SimWorld.Swarm(seed).Run(Duration.Seconds(20)).RequireSuccess();
            acknowledged += result.Acknowledged;
            elections += result.Elections;
            foreach (FaultKind kind in FaultCounts.Kinds)
            {
                faults[(int)kind] += result.Faults[kind];
            }
        }

        output.WriteLine($"seeds {First}..{First + Count - 1}: {elections} elections, {acknowledged} acknowledged");
        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            Assert.True(faults[(int)kind] > 0, $"no {FaultPlan.NameOf(kind)} in any of {Count} seeds");
        }

        Assert.True(acknowledged > 50 * Count, $"{acknowledged} commands in {Count} seeds show little");
        Assert.True(elections > 2 * Count, $"{elections} elections in {Count} seeds show little");
    }

    // Goal: every kind of fault alone is survived, and does strike when it is asked for.
    [Theory]
    [InlineData(FaultKind.Drop)]
    [InlineData(FaultKind.Duplicate)]
    [InlineData(FaultKind.Reorder)]
    [InlineData(FaultKind.Delay)]
    [InlineData(FaultKind.Partition)]
    [InlineData(FaultKind.OneWay)]
    [InlineData(FaultKind.Isolate)]
    [InlineData(FaultKind.Crash)]
    [InlineData(FaultKind.PowerLoss)]
    [InlineData(FaultKind.Wipe)]
    [InlineData(FaultKind.Pause)]
    [InlineData(FaultKind.SlowDisk)]
    [InlineData(FaultKind.Drift)]
    [InlineData(FaultKind.Configure)]
    [InlineData(FaultKind.Remove)]
    [InlineData(FaultKind.Transfer)]
    [InlineData(FaultKind.FullDisk)]
    public void Every_kind_of_fault_alone_is_survived(FaultKind kind)
    {
        long fired = 0;
        for (ulong seed = 2_000; seed < 2_003; seed++)
        {
            SimWorld world = SimWorld.Swarm(seed, faults: FaultPlan.Of(kind));
            fired += world.Run(Duration.Seconds(20)).RequireSuccess().Faults[kind];
        }

        Assert.True(fired > 0, $"{FaultPlan.NameOf(kind)} never struck");
    }

    // Goal: without faults nothing is lost: every request of the workload is answered, and one leader is enough.
    [Fact]
    public void Without_faults_everything_is_answered_under_one_leader()
    {
        SimulationResult result = SimWorld.Swarm(3_000, 5, FaultPlan.None).Run(Duration.Seconds(30)).RequireSuccess();
        Assert.Equal(1, result.Elections);
        Assert.Equal(result.Requests, result.Answered);
        Assert.All(FaultCounts.Kinds.ToArray(), kind => Assert.Equal(0, result.Faults[kind]));
    }
}
