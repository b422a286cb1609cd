using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>A disk without space stops a log for a while and costs nothing.</summary>
public sealed class FullDiskTests
{
    private readonly ScarceDisk _disk = new();

    // Goal: what fits into the space made before is durable; what does not waits, is told once for each try, and becomes
    // durable when there is space again. Nothing is lost over a restart.
    [Theory]
    [InlineData(DiskOpKind.Preallocate)]
    [InlineData(DiskOpKind.Create)]
    public void A_full_disk_is_survived(DiskOpKind refused)
    {
        WriteAheadLog log = new(_disk, StoredLogs.Options);
        log.Open();
        Run(log);
        _disk.Refused = refused;
        List<WriteAheadLogEvent> events = [];
        ulong sequence = 0;
        while (events.Count(happened => happened.Kind == WriteAheadLogEventKind.Durable) == (int)sequence)
        {
            log.Append(new(++sequence, null, null, null, StoredLogs.Entries(sequence, 1, new string('x', 4_000))));
            log.Flush();
            events.AddRange(Run(log));
        }

        // Two segments' worth of space was not there: at most one was filled.
        Assert.InRange(sequence, 10UL, 20UL);
        Assert.Contains(new(WriteAheadLogEventKind.Full), events);
        log.RetrySpace();
        Assert.Equal([new(WriteAheadLogEventKind.Full)], Run(log));

        _disk.Refused = null;
        log.RetrySpace();
        events = Run(log);
        Assert.Equal(new(WriteAheadLogEventKind.SpaceBack), events[0]);
        Assert.Contains(new(WriteAheadLogEventKind.Durable, sequence), events);
        Assert.Equal((int)sequence, StoredLogs.Start(_disk.Memory).State!.Entries.Count);
    }

    private List<WriteAheadLogEvent> Run(WriteAheadLog log)
    {
        while (_disk.TryTakeCompletion(out DiskCompletion completion))
        {
            log.Complete(completion);
        }

        List<WriteAheadLogEvent> events = [];
        while (log.TryTakeEvent(out WriteAheadLogEvent happened))
        {
            events.Add(happened);
        }

        return events;
    }

    // Refuses one kind of operation for want of space.
    private sealed class ScarceDisk : IDisk
    {
        private readonly Queue<DiskCompletion> _ends = new();

        public MemoryDisk Memory { get; } = new();

        public DiskOpKind? Refused { get; set; }

        public void Submit(in DiskOp op)
        {
            if (op.Kind == Refused)
            {
                _ends.Enqueue(new(op.Ticket, DiskStatus.Full, Detail: "no space"));
                return;
            }

            Memory.Submit(op);
            Assert.True(Memory.TryTakeCompletion(out DiskCompletion completion));
            _ends.Enqueue(completion);
        }

        public bool TryTakeCompletion(out DiskCompletion completion) => _ends.TryDequeue(out completion);
    }
}
