using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// A data folder in memory that one server at a time uses, from its own thread. What was written is still there when the
/// server is started again in the same process.
/// </summary>
internal sealed class MemoryFolder(MemoryDisk disk, Action<DiskCompletion> completed) : IDisk
{
    /// <inheritdoc/>
    public void Submit(in DiskOp op)
    {
        disk.Submit(op);
        while (disk.TryTakeCompletion(out DiskCompletion completion))
        {
            // Queued as an input, not called back: the server sees it in its next round.
            completed(completion);
        }
    }
}
