using BenchmarkDotNet.Attributes;
using RaftSim.Simulation;

namespace RaftSim.Benchmarks;

/// <summary>A calm world of five servers, with all checkers: one operation is one simulated second.</summary>
public class WorldBenchmarks
{
    private const int Seconds = 20;

    private SimWorld _world = null!;

    // Past its first election and the promotion of its servers, as a world is most of the time.
    [IterationSetup]
    public void Settle()
    {
        _world = new SimWorld(seed: 42, servers: 5);
        _world.RunFor(Duration.Seconds(30));
        if (_world.Leader is null)
        {
            throw new InvalidOperationException("the world has no leader");
        }
    }

    [Benchmark(Description = "simulated second, nobody asks", OperationsPerInvoke = Seconds)]
    public void Idle() => _world.RunFor(Duration.Seconds(Seconds));

    [Benchmark(Description = "simulated second, 20 requests", OperationsPerInvoke = Seconds)]
    public SimulationResult Busy()
    {
        SimulationResult result = _world.Run(Duration.Seconds(Seconds));
        return result.Violation is null ? result : throw new InvalidOperationException($"{result.Violation}");
    }
}
