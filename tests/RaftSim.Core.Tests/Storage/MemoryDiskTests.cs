using RaftSim.Conformance;
using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

public sealed class MemoryDiskTests : DiskConformance
{
    private readonly MemoryDisk _disk = new();

    protected override IDisk Disk => _disk;

    protected override DiskCompletion AwaitCompletion()
    {
        Assert.True(_disk.TryTakeCompletion(out DiskCompletion completion), "nothing completed");
        return completion;
    }

    protected override void Reopen()
    {
    }
}
