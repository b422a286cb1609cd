using System.Text;
using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>Logs on a memory disk, written as a server writes them, damaged by hand, and read.</summary>
internal static class StoredLogs
{
    public static readonly ServerId S1 = new("s1");
    public static readonly DiskId D1 = new(1, 1);

    public static WriteAheadLogOptions Options => new() { SegmentBytes = 64 << 10, NewId = S1, NewDisk = D1 };

    /// <summary>A folder with these batches; every one is durable before the next is written.</summary>
    public static MemoryDisk Of(params LogBatch[] batches)
    {
        MemoryDisk disk = new();
        WriteAheadLog log = new(disk, Options);
        log.Open();
        Drain(disk, log);
        foreach (LogBatch batch in batches)
        {
            log.Append(batch);
            log.Flush();
            Drain(disk, log);
        }

        return disk;
    }

    /// <summary>A log of three segments: one batch with term and vote, then entries of 20,000 bytes.</summary>
    public static MemoryDisk OfThreeSegments() => Of(
    [
        new(1, new ClusterId(7, 8), new HardState(new(2), S1), null, Entries(1, 2, "a", "b", "c")),
        new(2, null, null, new LogIndex(3), Entries(3, 2, "d")),
        .. Enumerable.Range(4, 7).Select(i => new LogBatch(
            (ulong)i, null, null, null, Entries((ulong)i, 2, new string((char)('a' + i), 20_000)))),
    ]);

    /// <summary>Consecutive commands of a term.</summary>
    public static ReadOnlyMemory<ReadOnlyMemory<LogEntry>> Entries(ulong first, ulong term, params string[] texts) =>
        Slices([.. texts.Select((text, i) => new LogEntry(
            new(first + (ulong)i), new(term), EntryKind.Command, Encoding.UTF8.GetBytes(text)))]);

    /// <summary>Entries as a batch takes them.</summary>
    public static ReadOnlyMemory<ReadOnlyMemory<LogEntry>> Slices(params LogEntry[] entries) =>
        new ReadOnlyMemory<LogEntry>[] { entries };

    /// <summary>Reads the log without writing; whatever would write makes the test fail.</summary>
    public static LogReading Read(MemoryDisk disk)
    {
        LogReader reader = new(new ReadOnly(disk));
        reader.Open();
        while (reader.Result is null)
        {
            Assert.True(disk.TryTakeCompletion(out DiskCompletion completion), "the reader waits for nothing");
            reader.Complete(completion);
        }

        return reader.Result;
    }

    /// <summary>What a server makes of the folder: what it recovers, or why it refuses.</summary>
    public static (RecoveredState? State, string Refusal) Start(MemoryDisk disk)
    {
        WriteAheadLog log = new(disk, Options);
        log.Open();
        List<WriteAheadLogEvent> events = Drain(disk, log);
        WriteAheadLogEvent happened = Assert.Single(events);
        return happened.Kind == WriteAheadLogEventKind.Opened ? (log.Recovered, "") : (null, happened.Text);
    }

    /// <summary>Carries one operation out by hand.</summary>
    public static long Do(MemoryDisk disk, DiskOp op)
    {
        disk.Submit(op);
        Assert.True(disk.TryTakeCompletion(out DiskCompletion completion));
        Assert.Equal(DiskStatus.Ok, completion.Status);
        return completion.Length;
    }

    /// <summary>Turns one bit over.</summary>
    public static void Flip(MemoryDisk disk, string file, long offset, int bit)
    {
        byte[] one = new byte[1];
        Assert.Equal(1, Do(disk, new(1, DiskOpKind.Read, new(file), Offset: offset, Buffer: one)));
        one[0] ^= (byte)(1 << bit);
        Do(disk, new(1, DiskOpKind.Write, new(file), Offset: offset, Data: one));
    }

    /// <summary>Everything of a recovered state, as text.</summary>
    public static string Render(RecoveredState state) => string.Join('\n', state.Entries
        .Select(entry => $"{entry.Index}/{entry.Term} {entry.Kind} {Encoding.UTF8.GetString(entry.Payload.Span)}")
        .Prepend($"{state.Cluster} {state.HardState}"));

    /// <summary>Lets the disk do everything it was asked for; returns what the log tells.</summary>
    public static List<WriteAheadLogEvent> Drain(MemoryDisk disk, WriteAheadLog log)
    {
        while (disk.TryTakeCompletion(out DiskCompletion completion))
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

    private sealed class ReadOnly(MemoryDisk disk) : IDisk
    {
        public void Submit(in DiskOp op)
        {
            Assert.True(op.Kind is DiskOpKind.List or DiskOpKind.Size or DiskOpKind.Read, $"{op.Kind} is no reading");
            disk.Submit(op);
        }
    }
}
