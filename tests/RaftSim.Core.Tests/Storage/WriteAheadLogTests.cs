using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

public sealed class WriteAheadLogTests
{
    private static readonly ServerId S1 = new("s1");
    private static readonly DiskId D1 = new(1, 1);

    private readonly MemoryDisk _disk = new();

    // Goal: everything a batch can hold comes back as it was (dissertation figure 3.1, persistent state).
    [Fact]
    public void Batches_come_back_after_reopening()
    {
        WriteAheadLog log = Opened();
        log.Append(new(1, new ClusterId(7, 8), new HardState(new(2), S1), null, Entries(1, "a", "", "ccc")));
        log.Append(new(2, null, new HardState(new(3), default), new LogIndex(3), Entries(3, "d")));
        log.Append(new(3, null, null, new LogIndex(2), default));
        log.Append(new(4, null, null, null, Slices(Entries(2, "e"), Entries(3, "f", "g"))));
        log.Flush();
        Assert.Equal([new(WriteAheadLogEventKind.Durable, 4)], Run(log));

        RecoveredState state = Opened().Recovered;
        Assert.Equal(new ClusterId(7, 8), state.Cluster);
        Assert.Equal(new HardState(new(3), default), state.HardState);
        Assert.Equal("a e f g", string.Join(' ', state.Entries.Select(Text)));
        Assert.Equal([1UL, 2, 3, 4], state.Entries.Select(entry => entry.Index.Value));
    }

    // Goal: an empty folder gets the new identity, a folder with a log keeps its own.
    [Fact]
    public void Identity_is_kept()
    {
        WriteAheadLog first = Opened();
        Assert.Equal((S1, D1), (first.Id, first.Disk));

        WriteAheadLog second = Opened(new() { NewId = new("s2"), NewDisk = new(2, 2) });
        Assert.Equal((S1, D1), (second.Id, second.Disk));
    }

    // Goal: an operator's id is stored in an empty folder, and must be the one of a folder that has one.
    [Fact]
    public void Requested_id_must_be_the_stored_one()
    {
        WriteAheadLogOptions asked = new() { RequestedId = new("mine"), NewId = S1, NewDisk = D1 };
        Assert.Equal(new ServerId("mine"), Opened(asked).Id);
        Assert.Equal(new ServerId("mine"), Opened(asked).Id);

        Assert.Equal(
            "log-0000000000000001.seg, offset 0: this folder belongs to server mine, not to other as asked for",
            Refusal(asked with { RequestedId = new("other") }));
    }

    // Goal: one write and one sync for everything that gathered while a write was under way (group commit).
    [Fact]
    public void Batches_gather_behind_a_write()
    {
        CountingDisk disk = new(_disk);
        WriteAheadLog log = new(disk, Options);
        log.Open();
        Run(log);
        disk.Clear();

        log.Append(new(1, null, null, null, Entries(1, "a")));
        log.Flush();
        for (ulong i = 2; i <= 10; i++)
        {
            log.Append(new(i, null, null, null, Entries(i, "b")));
            log.Flush();
        }

        Assert.Equal([new(WriteAheadLogEventKind.Durable, 1), new(WriteAheadLogEventKind.Durable, 10)], Run(log));
        Assert.Equal(2, disk.Count(DiskOpKind.Sync));
    }

    // Goal: a log goes on over many segments, also with batches larger than one.
    [Fact]
    public void Log_spans_segments()
    {
        WriteAheadLogOptions small = Options with { SegmentBytes = 64 << 10 };
        WriteAheadLog log = Opened(small);
        for (ulong i = 1; i <= 60; i++)
        {
            string text = new('x', i % 20 == 0 ? 150_000 : (int)i * 100);
            log.Append(new(i, null, null, null, Entries(i, text)));
            log.Flush();
            Assert.Equal(new(WriteAheadLogEventKind.Durable, i), Assert.Single(Run(log)));
        }

        RecoveredState state = Opened(small).Recovered;
        Assert.Equal(60, state.Entries.Count);
        Assert.All(state.Entries, entry => Assert.Equal(
            entry.Index.Value % 20 == 0 ? 150_000 : (int)entry.Index.Value * 100, entry.Payload.Length));
    }

    // Goal: an entry of a kind that this program does not know stops it, with the index; it is never passed over.
    [Fact]
    public void Unknown_kind_of_entry_is_refused_with_its_index()
    {
        WriteAheadLog log = Opened();
        LogEntry unknown = new(new(2), new(1), (EntryKind)9, default);
        log.Append(new(1, null, null, null, Slices(Entries(1, "a"), new ReadOnlyMemory<LogEntry>[] { new[] { unknown } })));
        log.Flush();
        Run(log);

        Assert.Equal("log-0000000000000001.seg, offset 1024: entry 2 is of the unknown kind 9", Refusal(Options));
    }

    private static WriteAheadLogOptions Options => new() { NewId = S1, NewDisk = D1 };

    private static ReadOnlyMemory<ReadOnlyMemory<LogEntry>> Entries(ulong first, params string[] texts) =>
        new ReadOnlyMemory<LogEntry>[]
        {
            texts.Select((text, i) => new LogEntry(
                new(first + (ulong)i), new(1), EntryKind.Command, System.Text.Encoding.UTF8.GetBytes(text))).ToArray(),
        };

    private static ReadOnlyMemory<ReadOnlyMemory<LogEntry>> Slices(params ReadOnlyMemory<ReadOnlyMemory<LogEntry>>[] parts) =>
        parts.SelectMany(part => part.ToArray()).ToArray();

    private static string Text(LogEntry entry) => System.Text.Encoding.UTF8.GetString(entry.Payload.Span);

    private WriteAheadLog Opened(WriteAheadLogOptions? options = null)
    {
        WriteAheadLog log = new(_disk, options ?? Options);
        log.Open();
        Assert.Equal(new(WriteAheadLogEventKind.Opened), Assert.Single(Run(log)));
        return log;
    }

    private string Refusal(WriteAheadLogOptions options)
    {
        WriteAheadLog log = new(_disk, options);
        log.Open();
        WriteAheadLogEvent refused = Assert.Single(Run(log));
        Assert.Equal(WriteAheadLogEventKind.Failed, refused.Kind);
        return refused.Text;
    }

    private List<WriteAheadLogEvent> Run(WriteAheadLog log) => StoredLogs.Drain(_disk, log);

    private sealed class CountingDisk(IDisk inner) : IDisk
    {
        private readonly List<DiskOpKind> _kinds = [];

        public void Submit(in DiskOp op)
        {
            _kinds.Add(op.Kind);
            inner.Submit(op);
        }

        internal int Count(DiskOpKind kind) => _kinds.Count(each => each == kind);

        internal void Clear() => _kinds.Clear();
    }
}
