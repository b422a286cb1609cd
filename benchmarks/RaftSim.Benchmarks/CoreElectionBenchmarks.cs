using BenchmarkDotNet.Attributes;

namespace RaftSim.Benchmarks;

/// <summary>From nothing to a leader: one operation is one group made, elected, and its first entry committed.</summary>
public class CoreElectionBenchmarks
{
    private const int Groups = 1024;

    [Params(3, 5)]
    public int Voters { get; set; }

    [Benchmark(Description = "fresh group elected", OperationsPerInvoke = Groups)]
    public int ElectFresh()
    {
        int delivered = 0;
        for (ulong seed = 0; seed < Groups; seed++)
        {
            CoreGroup group = new(Voters, seed);
            group.Elect();
            delivered += group.Delivered;
        }

        return delivered;
    }
}
