using RaftSim.Conformance;
using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>The simulated disk behaves as a disk; reopening is a power cut that loses all that was not synced.</summary>
public sealed class SimDiskConformanceTests : DiskConformance
{
    private readonly Queue<ulong> _wakes = new();
    private readonly SimDisk _disk;

    public SimDiskConformanceTests() => _disk = new(new Prng(1), new(), (wake, _) => _wakes.Enqueue(wake));

    protected override IDisk Disk => _disk;

    protected override DiskCompletion AwaitCompletion()
    {
        Assert.True(_disk.TryComplete(_wakes.Dequeue(), out DiskCompletion completion), "nothing completed");
        return completion;
    }

    protected override void Reopen() => _disk.Crash(new Prng(2), SimDiskCrash.LoseAll);
}
