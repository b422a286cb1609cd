using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>Reading a stopped server's folder with a snapshot in front of its log.</summary>
public sealed class SnapshotReadingTests
{
    private const string FileOf6 = "snapshot-0000000000000006-0000000000000002.snap";
    private const string First = "log-0000000000000001.seg";
    private const string Second = "log-0000000000000002.seg";

    private static readonly StoredSnapshot _snapshot = SnapshotRig.Snapshot(6);
    private static readonly byte[] _manifest = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];

    // Goal: the snapshot is told as it is, every chunk read, and the log may begin behind it.
    [Fact]
    public void A_snapshot_is_told_as_it_was_written()
    {
        MemoryDisk disk = Folder();
        StoredLogs.Do(disk, new(1, DiskOpKind.Delete, new(First)));

        LogReading reading = StoredLogs.Read(disk);

        Assert.Null(reading.Damage);
        SnapshotReading snapshot = Assert.IsType<SnapshotReading>(reading.Snapshot);
        Assert.Equal((FileOf6, _snapshot), (snapshot.File.Name, snapshot.Snapshot));
        Assert.Equal((2UL, 104L), (snapshot.Chunks, snapshot.Bytes));
        Assert.Equal(_manifest, snapshot.Manifest.ToArray());
        Assert.Equal(new LogPosition(new(6), new(2)), reading.State.LogStart);
        Assert.Equal(4, reading.State.Entries.Count);
    }

    // Goal: a log that begins behind the end of the snapshot has a hole, and that is damage.
    [Fact]
    public void A_hole_between_snapshot_and_log_is_damage()
    {
        MemoryDisk disk = Folder(SnapshotRig.Snapshot(5));
        StoredLogs.Do(disk, new(1, DiskOpKind.Delete, new(First)));

        Assert.Equal(
            $"{Second}, offset 0: the log begins behind index 6, but the snapshot ends at index 5",
            StoredLogs.Read(disk).Damage.ToString());
    }

    // Goal: whichever byte of the snapshot is wrong, the reader says where; the server finds the same.
    [Fact]
    public void A_flipped_bit_is_damage_as_a_store_finds_it()
    {
        long length = StoredLogs.Do(Folder(), new(1, DiskOpKind.Size, new(FileOf6)));
        for (int at = 0; at < length; at += at is > 110 and < 500 ? 31 : 1)
        {
            MemoryDisk disk = Folder();
            StoredLogs.Flip(disk, FileOf6, at, at % 8);

            string told = StoredLogs.Read(disk).Damage.ToString() ?? "";

            long chunk = (at - 512) / (SnapshotFormat.ChunkHeaderBytes + SnapshotRig.ChunkBytes);
            string found = at < 512 ? SnapshotRig.Refusal(disk) : SnapshotRig.Opened(disk).Read((ulong)chunk).Text;
            Assert.True(told.Length > 0 && told == found, $"byte {at}: reader '{told}', server '{found}'");
        }
    }

    // Goal: of two snapshots the reader takes the one that a server takes, and an unfinished one is only told.
    [Fact]
    public void The_newest_snapshot_is_read()
    {
        MemoryDisk disk = Folder();
        SnapshotRig rig = SnapshotRig.Opened(disk);
        rig.Fault = op => op.Kind == DiskOpKind.Delete ? DiskStatus.NotFound : DiskStatus.Ok;
        Write(rig, SnapshotRig.Snapshot(8));
        rig.Store.Create(SnapshotRig.Snapshot(10));

        LogReading reading = StoredLogs.Read(disk);

        Assert.Null(reading.Damage);
        Assert.Equal(SnapshotRig.Snapshot(8), reading.Snapshot!.Snapshot);
        Assert.Equal(SnapshotRig.Snapshot(8), SnapshotRig.Opened(disk).Store.Current);
        Assert.Contains(reading.Unfinished, file => file.Name.Contains("a-0000000000000002", StringComparison.Ordinal));
    }

    // A log of three segments, the second behind index 6, and a snapshot of two chunks whose manifest ends in the second.
    private static MemoryDisk Folder(StoredSnapshot? snapshot = null)
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();
        Write(SnapshotRig.Opened(disk), snapshot ?? _snapshot);
        return disk;
    }

    private static void Write(SnapshotRig rig, StoredSnapshot snapshot)
    {
        byte[] content = SnapshotPrefix.Of(_manifest);
        rig.Store.Create(snapshot);
        for (int i = 0; i < 2; i++)
        {
            byte[] chunk = [.. new byte[SnapshotFormat.ChunkHeaderBytes], .. content.Skip(i * 64).Take(64)];
            SnapshotFormat.SealChunk(chunk, snapshot.Id, (ulong)i, i == 1);
            rig.Store.Write(chunk);
            rig.Run();
        }

        Assert.Equal(snapshot, rig.Store.Current);
    }
}
