using BenchmarkDotNet.Attributes;
using RaftSim.Simulation;

namespace RaftSim.Benchmarks;

/// <summary>Worlds of campaigns and of many servers, with all checkers: one operation is one simulated second.</summary>
public class HardWorldBenchmarks
{
    private const int Seeds = 20;
    private const int SecondsOfSeed = 60;
    private const int ManyServers = 500;
    private const int SecondsOfMany = 5;

    // 100 commands a second, and nothing else is asked.
    private static readonly Workload _work = new() { Gap = Duration.Milliseconds(10), ReadsPerMille = 0 };

    private SimWorld _many = null!;
    private ulong _seed;

    // Every run other seeds: what one seed draws is no measure. What follows when the faults have ended is not counted.
    [Benchmark(Description = "simulated second, all faults, 100 commands", OperationsPerInvoke = Seeds * SecondsOfSeed)]
    public void AllFaults()
    {
        for (int i = 0; i < Seeds; i++)
        {
            new SimWorld(++_seed, servers: 5)
                .WithFaults(FaultPlan.All)
                .WithWorkload(_work)
                .Run(Duration.Seconds(SecondsOfSeed))
                .RequireSuccess();
        }
    }

    [GlobalSetup(Target = nameof(Many))]
    public void Form()
    {
        _many = new SimWorld(seed: 42, servers: ManyServers);
        _many.RunFor(Duration.Seconds(30));
        CoreGroup.Require(_many.Leader is not null);
    }

    [Benchmark(Description = "simulated second, 500 servers, nobody asks", OperationsPerInvoke = SecondsOfMany)]
    public void Many() => _many.RunFor(Duration.Seconds(SecondsOfMany));
}
