using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>Snapshots on disks that are full, fail, rot, or hold what does not belong there.</summary>
public sealed class SnapshotFaultTests
{
    private const string FileOf5 = "snapshot-0000000000000005-0000000000000002.snap";
    private const string FileOf9 = "snapshot-0000000000000009-0000000000000002.snap";

    private static readonly StoredSnapshot Of5 = SnapshotRig.Snapshot(5);
    private static readonly StoredSnapshot Of9 = SnapshotRig.Snapshot(9);

    // Goal: a full disk, at whichever operation and for however many, ends the attempt with one event; the current
    // snapshot stays, and a later attempt works.
    [Fact]
    public void A_full_disk_ends_the_attempt_and_nothing_else()
    {
        int attempts = 0;
        foreach (int until in (int[])[1, 2, int.MaxValue])
        {
            for (int at = 1; Attempt(at, until); at++)
            {
                attempts++;
            }
        }

        // Creation, head, two chunks with a sync each, name and its sync.
        Assert.Equal(8 * 3, attempts);
    }

    // Goal: what is left under way of an attempt that a full disk ended does not stop the server, whatever comes next.
    [Fact]
    public void A_full_disk_is_no_failure_of_the_next_attempt()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Fault = op => op.Kind == DiskOpKind.Write ? DiskStatus.Full : DiskStatus.Ok;
        rig.Store.Create(Of5);
        rig.Store.Write(SnapshotRig.Chunk(Of5, 0));
        Assert.True(rig.Step() && rig.Step());
        Assert.True(rig.Store.TryTakeEvent(out SnapshotStoreEvent happened));
        Assert.Equal(SnapshotStoreEventKind.Full, happened.Kind);

        rig.Fault = _ => DiskStatus.Ok;
        rig.Store.Create(Of9);
        Assert.Empty(rig.Run());
        rig.Write(Of9);
        rig.Holds(Of9);
    }

    // Goal: a file that vanishes while it is written is a failure: it must never be called finished.
    [Theory]
    [InlineData(DiskOpKind.Write)]
    [InlineData(DiskOpKind.Sync)]
    [InlineData(DiskOpKind.Rename)]
    public void A_vanished_file_is_never_called_finished(DiskOpKind kind)
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Fault = op => op.Kind == kind ? DiskStatus.NotFound : DiskStatus.Ok;
        rig.Store.Create(Of5);
        rig.Store.Write(SnapshotRig.Chunk(Of5, 0, 10));

        Assert.Equal(
            [new(SnapshotStoreEventKind.Failed, Text: $"{FileOf5}.tmp: {kind} failed: NotFound: as told")], rig.Run());
        Assert.Null(rig.Store.Current);
    }

    // Goal: any other failure is told once, with the file and the operation, and is final.
    [Fact]
    public void Any_other_failure_is_told_once()
    {
        foreach (DiskOpKind kind in Enum.GetValues<DiskOpKind>())
        {
            SnapshotRig rig = new(Stored());
            rig.Fault = op => op.Kind == kind ? DiskStatus.Failed : DiskStatus.Ok;
            rig.Store.Open(StoredLogs.S1, StoredLogs.D1);
            List<SnapshotStoreEvent> events = rig.Run();
            if (events is [{ Kind: SnapshotStoreEventKind.Opened }])
            {
                rig.Store.Create(Of9);
                rig.Store.Write(SnapshotRig.Chunk(Of9, 0, 10));
                events = rig.Run();
            }

            if (kind is DiskOpKind.Size or DiskOpKind.Preallocate or DiskOpKind.Truncate)
            {
                Assert.Equal([new(SnapshotStoreEventKind.Finished)], events);
                continue;
            }

            string file = kind switch
            {
                DiskOpKind.List or DiskOpKind.SyncDirectory => "",
                DiskOpKind.Read or DiskOpKind.Delete => FileOf5,
                _ => $"{FileOf9}.tmp",
            };
            SnapshotStoreEvent failed = Assert.Single(
                events, happened => happened.Kind != SnapshotStoreEventKind.Finished || kind != DiskOpKind.Delete);
            Assert.Equal(new(SnapshotStoreEventKind.Failed, Text: $"{file}: {kind} failed: Failed: as told"), failed);
        }
    }

    // Goal: a flipped bit in any chunk is found when it is read, with file and offset; the other chunks stay good.
    [Fact]
    public void A_flipped_bit_is_damage_with_file_and_offset()
    {
        int[] lengths = [SnapshotRig.ChunkBytes, SnapshotRig.ChunkBytes, 10];
        for (int chunk = 0; chunk < 3; chunk++)
        {
            long start = 512 + (chunk * (SnapshotFormat.ChunkHeaderBytes + SnapshotRig.ChunkBytes));
            for (int at = 0; at < SnapshotFormat.ChunkHeaderBytes + lengths[chunk]; at++)
            {
                MemoryDisk disk = Stored();
                StoredLogs.Flip(disk, FileOf5, start + at, (chunk + at) % 8);
                SnapshotRig rig = SnapshotRig.Opened(disk);
                for (int i = 0; i < 3; i++)
                {
                    SnapshotStoreEvent read = rig.Read((ulong)i);
                    if (i != chunk)
                    {
                        Assert.Equal(SnapshotStoreEventKind.Read, read.Kind);
                        continue;
                    }

                    Assert.Equal(SnapshotStoreEventKind.Damaged, read.Kind);
                    Assert.StartsWith($"{FileOf5}, offset {start}: ", read.Text, StringComparison.Ordinal);
                    Assert.Contains($"chunk {chunk}", read.Text, StringComparison.Ordinal);
                }
            }
        }
    }

    // Goal: a file that ends inside a chunk, or between two, is damage at that chunk.
    [Fact]
    public void A_file_cut_short_is_damage()
    {
        for (int length = 512; length < 512 + (2 * (SnapshotFormat.ChunkHeaderBytes + SnapshotRig.ChunkBytes)); length += 7)
        {
            MemoryDisk disk = Stored();
            StoredLogs.Do(disk, new(1, DiskOpKind.Truncate, new(FileOf5), Length: length));
            int broken = (length - 512) / (SnapshotFormat.ChunkHeaderBytes + SnapshotRig.ChunkBytes);

            SnapshotStoreEvent read = SnapshotRig.Opened(disk).Read((ulong)broken);

            Assert.Equal(SnapshotStoreEventKind.Damaged, read.Kind);
            Assert.Contains($"chunk {broken}", read.Text, StringComparison.Ordinal);
        }
    }

    // Goal: what does not belong to this server, or is not what its name says, is refused in words.
    [Fact]
    public void What_does_not_belong_here_is_refused()
    {
        string head = $"{FileOf5}, offset 0: ";
        Assert.Equal(
            $"{head}the snapshot is of server s1, disk {StoredLogs.D1}; the log of s2, disk {StoredLogs.D1}",
            SnapshotRig.Refusal(Stored(), new("s2")));
        Assert.Equal(
            $"{head}the snapshot is of server s1, disk {StoredLogs.D1}; the log of s1, disk {new DiskId(3, 4)}",
            SnapshotRig.Refusal(Stored(), identity: new(3, 4)));

        MemoryDisk renamed = Stored();
        StoredLogs.Do(renamed, new(1, DiskOpKind.Rename, new(FileOf5), new(FileOf9)));
        Assert.Equal(
            $"{FileOf9}, offset 0: the snapshot inside ends at index 5 of term 2: the file was renamed",
            SnapshotRig.Refusal(renamed));
    }

    // Goal: a head of a later version, of another kind of file, or cut off is refused in words.
    [Fact]
    public void A_head_that_cannot_be_read_is_refused()
    {
        string head = $"{FileOf5}, offset 0: ";
        MemoryDisk version = Stored();
        StoredLogs.Do(version, new(1, DiskOpKind.Write, new(FileOf5), Offset: 8, Data: new byte[] { 9 }));
        Assert.Equal(
            $"{head}format version 9 is not known (this program knows 2)", SnapshotRig.Refusal(version));

        MemoryDisk kind = Stored();
        StoredLogs.Flip(kind, FileOf5, 3, 1);
        Assert.Equal($"{head}this is not the head of a snapshot", SnapshotRig.Refusal(kind));

        foreach (int length in (int[])[0, 8, 511])
        {
            MemoryDisk cut = Stored();
            StoredLogs.Do(cut, new(1, DiskOpKind.Truncate, new(FileOf5), Length: length));
            Assert.Equal($"{head}the file ends inside its head of 512 bytes", SnapshotRig.Refusal(cut));
        }
    }

    // Goal: whichever bit of the head is turned, the snapshot is refused.
    [Fact]
    public void A_flipped_bit_in_the_head_is_refused()
    {
        for (int at = 0; at < 512; at++)
        {
            MemoryDisk disk = Stored();
            StoredLogs.Flip(disk, FileOf5, at, at % 8);
            Assert.StartsWith($"{FileOf5}, offset 0: ", SnapshotRig.Refusal(disk), StringComparison.Ordinal);
        }
    }

    // One attempt with operations from 'at' on, so many, on a full disk; false when it was over before.
    private static bool Attempt(int at, int count)
    {
        SnapshotRig rig = SnapshotRig.Opened(Stored());
        int operation = 0;
        bool wasFull = false;
        rig.Fault = op =>
        {
            operation += op.Kind == DiskOpKind.Delete ? 0 : 1;
            bool isFull = op.Kind != DiskOpKind.Delete && operation >= at && operation - at < count;
            wasFull |= isFull;
            return isFull ? DiskStatus.Full : DiskStatus.Ok;
        };
        rig.Store.Create(Of9);
        rig.Store.Write(SnapshotRig.Chunk(Of9, 0));
        List<SnapshotStoreEvent> events = rig.Run();
        if (rig.Store.IsWriting)
        {
            rig.Store.Write(SnapshotRig.Chunk(Of9, 1, 10));
            events.AddRange(rig.Run());
        }

        if (!wasFull || events.Exists(happened => happened.Kind == SnapshotStoreEventKind.Finished))
        {
            return false;
        }

        Assert.Single(events, new SnapshotStoreEvent(SnapshotStoreEventKind.Full));
        Assert.DoesNotContain(events, happened => happened.Kind == SnapshotStoreEventKind.Failed);
        rig.Fault = _ => DiskStatus.Ok;
        rig.Holds(Of5);
        rig.Write(Of9);
        rig.Holds(Of9);
        Assert.Equal([FileOf9], rig.Files);
        return true;
    }

    private static MemoryDisk Stored()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Write(Of5);
        return rig.Disk;
    }
}
