using BenchmarkDotNet.Attributes;
using RaftSim.Simulation;

namespace RaftSim.Benchmarks;

/// <summary>A calm world of five servers, with all checkers: one operation is one simulated second.</summary>
public class WorldBenchmarks
{
    // Long, for the sake of the just-in-time compiler: the first few thousand simulated seconds are several times slower.
    private const int IdleSeconds = 2000;
    private const int BusySeconds = 200;
    private const int RequestsPerSecond = 20;

    private static readonly byte[] _payload = new byte[64];

    private SimWorld _world = null!;

    // Past its first election and the promotion of its servers, as a world is most of the time.
    [IterationSetup]
    public void Settle()
    {
        _world = new SimWorld(seed: 42, servers: 5);
        _world.RunFor(Duration.Seconds(30));
        CoreGroup.Require(_world.Leader is not null);
    }

    [Benchmark(Description = "simulated second, nobody asks", OperationsPerInvoke = IdleSeconds)]
    public void Idle() => _world.RunFor(Duration.Seconds(IdleSeconds));

    [Benchmark(Description = "simulated second, 20 commands", OperationsPerInvoke = BusySeconds)]
    public void Busy()
    {
        for (int i = 0; i < BusySeconds * RequestsPerSecond; i++)
        {
            _world.Propose(i % _world.ServerCount, _payload);
            _world.RunFor(Duration.Milliseconds(1000 / RequestsPerSecond));
        }

        CoreGroup.Require(_world.Result.Acknowledged == BusySeconds * RequestsPerSecond);
    }
}
