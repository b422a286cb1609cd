using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>A disk without space stops a log for a while and costs nothing, whenever space goes and comes back.</summary>
public sealed class FullDiskTests
{
    private readonly MemoryDisk _memory = new();
    private readonly Queue<DiskOp> _waiting = new();
    private WriteAheadLog _log = null!;
    private Func<DiskOp, bool> _isRefused = _ => false;
    private ulong _sequence;

    // Goal: what fits into the space made before is durable; what does not waits, is told once for each try, and becomes
    // durable when there is space again. Nothing is lost over a restart.
    [Theory]
    [InlineData(DiskOpKind.Preallocate)]
    [InlineData(DiskOpKind.Create)]
    public void A_full_disk_is_survived(DiskOpKind refused)
    {
        Open(StoredLogs.Options);
        _isRefused = op => op.Kind == refused;
        List<WriteAheadLogEvent> events = [];
        while (events.Count(happened => happened.Kind == WriteAheadLogEventKind.Durable) == (int)_sequence)
        {
            Append(4_000);
            RunAll();
            events.AddRange(Events());
        }

        // Two segments' worth of space was not there: at most one was filled.
        Assert.InRange(_sequence, 10UL, 20UL);
        Assert.Contains(new(WriteAheadLogEventKind.Full), events);
        _log.RetrySpace();
        RunAll();
        Assert.Equal([new(WriteAheadLogEventKind.Full)], Events());

        _isRefused = _ => false;
        _log.RetrySpace();
        RunAll();
        events = Events();
        Assert.Equal(new(WriteAheadLogEventKind.SpaceBack), events[0]);
        Assert.Contains(new(WriteAheadLogEventKind.Durable, _sequence), events);
        Assert.Equal((int)_sequence, StoredLogs.Start(_memory).State!.Entries.Count);
    }

    // Goal: a retry while a segment begins fills no file that is not written to any more: it would be taken for the new
    // one, which would claim a length that it never had, and be refused at the next start.
    [Fact]
    public void A_retry_while_a_segment_begins_does_no_harm()
    {
        Open(StoredLogs.Options with { SegmentBytes = (2 << 20) + (128 << 10) });
        bool isFull = false;
        while (!isFull)
        {
            if (_sequence > 43)
            {
                _isRefused = op => op.Kind == DiskOpKind.Preallocate;
            }

            Append(30_000);
            RunAll();
            isFull = Events().Contains(new(WriteAheadLogEventKind.Full));
        }

        Append(700_000);
        while (_waiting.Peek().Kind != DiskOpKind.SyncDirectory)
        {
            RunOne();
        }

        _isRefused = _ => false;
        _log.RetrySpace();
        RunAll();
        for (int i = 0; i < 3; i++)
        {
            Append(1);
            RunAll();
        }

        Assert.Contains(new(WriteAheadLogEventKind.Durable, _sequence), Events());
        (RecoveredState? state, string refusal) = StoredLogs.Start(_memory);
        Assert.Equal("", refusal);
        Assert.Equal((int)_sequence, state!.Entries.Count);
    }

    // Goal: a segment that waits for space goes on as soon as anything shows that there is some.
    [Fact]
    public void A_segment_that_waits_goes_on_when_another_file_finds_space()
    {
        Open(StoredLogs.Options with { SegmentBytes = (2 << 20) + (128 << 10) });
        _isRefused = op => op.Kind == DiskOpKind.Preallocate && op.File.Name.EndsWith(".tmp", StringComparison.Ordinal);
        Append(600_000);
        RunAll();
        Append(600_000);
        Append(400_000);
        Append(700_000);
        RunAll();
        _isRefused = _ => false;
        if (Events()[^1].Kind == WriteAheadLogEventKind.Full)
        {
            _log.RetrySpace();
        }

        Append(10);
        RunAll();

        Assert.Contains(new(WriteAheadLogEventKind.Durable, _sequence), Events());
        Assert.Equal((int)_sequence, StoredLogs.Start(_memory).State!.Entries.Count);
    }

    private void Open(WriteAheadLogOptions options)
    {
        _log = new(new Waiting(_waiting), options);
        _log.Open();
        RunAll();
        Assert.Equal([new(WriteAheadLogEventKind.Opened)], Events());
    }

    private void Append(int bytes)
    {
        _sequence++;
        _log.Append(new(_sequence, null, null, null, StoredLogs.Entries(_sequence, 1, new string('x', bytes))));
        _log.Flush();
    }

    private void RunAll()
    {
        while (_waiting.Count > 0)
        {
            RunOne();
        }
    }

    private void RunOne()
    {
        DiskOp op = _waiting.Dequeue();
        if (_isRefused(op))
        {
            _log.Complete(new(op.Ticket, DiskStatus.Full, Detail: "no space"));
            return;
        }

        _memory.Submit(op);
        Assert.True(_memory.TryTakeCompletion(out DiskCompletion completion));
        _log.Complete(completion);
    }

    private List<WriteAheadLogEvent> Events()
    {
        List<WriteAheadLogEvent> events = [];
        while (_log.TryTakeEvent(out WriteAheadLogEvent happened))
        {
            events.Add(happened);
        }

        return events;
    }

    private sealed class Waiting(Queue<DiskOp> operations) : IDisk
    {
        public void Submit(in DiskOp op) => operations.Enqueue(op);
    }
}
