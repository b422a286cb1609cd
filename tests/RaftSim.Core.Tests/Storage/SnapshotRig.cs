using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>A store of snapshots on a memory disk that fails when told to; ends of operations are told one by one.</summary>
internal sealed class SnapshotRig : IDisk
{
    public const int ChunkBytes = SnapshotFormat.ChunkBytesMin;

    private readonly Queue<DiskCompletion> _ends = new();
    private ulong _lastTag;

    public SnapshotRig(MemoryDisk? disk = null)
    {
        Disk = disk ?? new();
        Store = new(this);
    }

    public MemoryDisk Disk { get; }

    public SnapshotStore Store { get; }

    /// <summary>How an operation ends that is not carried out; <see cref="DiskStatus.Ok"/>: it is carried out.</summary>
    public Func<DiskOp, DiskStatus> Fault { get; set; } = _ => DiskStatus.Ok;

    /// <summary>The kinds of all operations so far.</summary>
    public List<(DiskOpKind Kind, string File)> Operations { get; } = [];

    /// <summary>The names in the folder.</summary>
    public string[] Files => [.. FilesOf(Disk)];

    public static StoredSnapshot Snapshot(ulong index, ulong id = 0, ulong term = 2) =>
        new(new(9, id == 0 ? index : id), new(7, 8), new(new(index), new(term)), ChunkBytes);

    /// <summary>A sealed chunk: full, or the last with so many bytes of content.</summary>
    public static byte[] Chunk(in StoredSnapshot snapshot, ulong number, int lastBytes = -1)
    {
        byte[] chunk = new byte[SnapshotFormat.ChunkHeaderBytes + (lastBytes < 0 ? ChunkBytes : lastBytes)];
        chunk.AsSpan(SnapshotFormat.ChunkHeaderBytes).Fill((byte)((snapshot.Id.Low * 16) + number));
        SnapshotFormat.SealChunk(chunk, snapshot.Id, number, lastBytes >= 0);
        return chunk;
    }

    /// <summary>All chunks of a snapshot: full ones, then a short one.</summary>
    public static byte[][] Chunks(StoredSnapshot snapshot, int count = 3) =>
        [.. Enumerable.Range(0, count).Select(i => Chunk(snapshot, (ulong)i, i == count - 1 ? 10 : -1))];

    public static FileId[] ListOf(MemoryDisk disk)
    {
        disk.Submit(new(1, DiskOpKind.List));
        Assert.True(disk.TryTakeCompletion(out DiskCompletion listed));
        return listed.Files.ToArray();
    }

    /// <summary>A store that has looked through the folder.</summary>
    public static SnapshotRig Opened(MemoryDisk? disk = null)
    {
        SnapshotRig rig = new(disk);
        rig.Store.Open(StoredLogs.S1, StoredLogs.D1);
        Assert.Equal([new(SnapshotStoreEventKind.Opened)], rig.Run());
        return rig;
    }

    /// <summary>Why a server refuses the snapshots of a folder.</summary>
    public static string Refusal(MemoryDisk disk, ServerId? server = null, DiskId? identity = null)
    {
        SnapshotRig rig = new(disk);
        rig.Store.Open(server ?? StoredLogs.S1, identity ?? StoredLogs.D1);
        SnapshotStoreEvent happened = Assert.Single(rig.Run());
        Assert.Equal(SnapshotStoreEventKind.Failed, happened.Kind);
        Assert.Null(rig.Store.Current);
        return happened.Text;
    }

    public void Submit(in DiskOp op)
    {
        Assert.Equal(SnapshotStore.TicketBit, op.Ticket & SnapshotStore.TicketBit);
        Operations.Add((op.Kind, op.File.ToString()));
        DiskStatus status = Fault(op);
        if (status != DiskStatus.Ok)
        {
            _ends.Enqueue(new(op.Ticket, status, Detail: "as told"));
            return;
        }

        Disk.Submit(op);
        Assert.True(Disk.TryTakeCompletion(out DiskCompletion end));
        _ends.Enqueue(end);
    }

    /// <summary>Tells the store of the end of one operation; false if there is none.</summary>
    public bool Step()
    {
        if (!_ends.TryDequeue(out DiskCompletion end))
        {
            return false;
        }

        Store.Complete(end);
        return true;
    }

    /// <summary>Tells it of all; returns what happened.</summary>
    public List<SnapshotStoreEvent> Run()
    {
        while (Step())
        {
        }

        List<SnapshotStoreEvent> events = [];
        while (Store.TryTakeEvent(out SnapshotStoreEvent happened))
        {
            events.Add(happened);
        }

        return events;
    }

    /// <summary>Writes a whole snapshot.</summary>
    public void Write(StoredSnapshot snapshot, int chunks = 3)
    {
        Store.Create(snapshot);
        byte[][] all = Chunks(snapshot, chunks);
        for (int i = 0; i < chunks; i++)
        {
            Store.Write(all[i]);
            SnapshotStoreEventKind wanted = i < chunks - 1 ? SnapshotStoreEventKind.Written : SnapshotStoreEventKind.Finished;
            Assert.Equal([new(wanted)], Run());
        }
    }

    /// <summary>Reads a chunk of the current snapshot.</summary>
    public SnapshotStoreEvent Read(ulong chunk)
    {
        Store.Read(chunk, ++_lastTag);
        SnapshotStoreEvent read = Assert.Single(Run());
        Assert.Equal(_lastTag, read.Tag);
        return read;
    }

    /// <summary>The current snapshot is this one, whole.</summary>
    public void Holds(StoredSnapshot snapshot, int chunks = 3)
    {
        Assert.Equal(snapshot, Store.Current);
        byte[][] all = Chunks(snapshot, chunks);
        for (int i = 0; i < chunks; i++)
        {
            SnapshotStoreEvent read = Read((ulong)i);
            Assert.Equal((SnapshotStoreEventKind.Read, ""), (read.Kind, read.Text));
            Assert.Equal(all[i], read.Chunk.ToArray());
            Assert.Equal(i == chunks - 1, read.IsLast);
        }

        Assert.Equal((ulong)chunks, Store.CurrentChunks);
    }

    private static IEnumerable<string> FilesOf(MemoryDisk disk) => ListOf(disk).Select(file => file.ToString());
}
