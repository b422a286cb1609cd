using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>Space that is gone and comes back at the wrong moment: found by reading, reproduced here.</summary>
public sealed class ScarceSpaceTests
{
    private readonly MemoryDisk _memory = new();
    private readonly Queue<DiskOp> _waiting = new();
    private readonly WriteAheadLog _log;
    private Func<DiskOp, bool> _isRefused = _ => false;
    private ulong _sequence;

    public ScarceSpaceTests()
    {
        _log = new(new Waiting(_waiting), StoredLogs.Options with { SegmentBytes = (2 << 20) + (128 << 10) });
        _log.Open();
        RunAll();
        Assert.Equal([new(WriteAheadLogEventKind.Opened)], Events());
    }

    // Goal: a retry while a segment begins fills no file that is not written to any more: it would be taken for the new
    // one, which would claim a length that it never had, and be refused at the next start.
    [Fact]
    public void A_retry_while_a_segment_begins_does_no_harm()
    {
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
