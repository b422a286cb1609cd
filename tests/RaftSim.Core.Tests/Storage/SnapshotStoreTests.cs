using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>Snapshots in the data folder: written chunk by chunk, replaced, given up, refused.</summary>
public sealed class SnapshotStoreTests
{
    private const string FileOf5 = "snapshot-0000000000000005-0000000000000002.snap";
    private const string FileOf9 = "snapshot-0000000000000009-0000000000000002.snap";

    private static readonly StoredSnapshot Of5 = SnapshotRig.Snapshot(5);
    private static readonly StoredSnapshot Of9 = SnapshotRig.Snapshot(9);

    // Goal: what was written comes back chunk by chunk, in the same process and after a restart.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void A_snapshot_comes_back_chunk_by_chunk(int chunks)
    {
        SnapshotRig rig = SnapshotRig.Opened();
        Assert.Null(rig.Store.Current);
        rig.Write(Of5, chunks);
        rig.Holds(Of5, chunks);
        Assert.Equal([FileOf5], rig.Files);

        SnapshotRig again = SnapshotRig.Opened(rig.Disk);
        Assert.Equal(0UL, again.Store.CurrentChunks);
        again.Holds(Of5, chunks);
        Assert.False(again.Store.IsWriting);
    }

    // Goal: every chunk is synced before the next, and the final name is given last and made durable before it counts.
    [Fact]
    public void A_chunk_is_synced_before_the_next_and_the_name_before_the_end()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Operations.Clear();
        rig.Write(Of5, 2);

        Assert.Equal(
            [
                DiskOpKind.Create, DiskOpKind.Write, DiskOpKind.Write, DiskOpKind.Sync, DiskOpKind.Write, DiskOpKind.Sync,
                DiskOpKind.Rename, DiskOpKind.SyncDirectory,
            ],
            rig.Operations.Select(operation => operation.Kind));
    }

    // Goal: a second snapshot takes the place of the first, whose file goes only after the second's name is durable.
    [Fact]
    public void A_second_snapshot_takes_the_place_of_the_first()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Write(Of5);
        rig.Operations.Clear();
        rig.Write(Of9);

        rig.Holds(Of9);
        Assert.Equal([FileOf9], rig.Files);
        int named = rig.Operations.FindIndex(operation => operation.Kind == DiskOpKind.SyncDirectory);
        int deleted = rig.Operations.IndexOf((DiskOpKind.Delete, FileOf5));
        Assert.InRange(named, 0, deleted - 1);
        Assert.Equal(DiskOpKind.SyncDirectory, rig.Operations[deleted + 1].Kind);
    }

    // Goal: the first snapshot is served to the end of the second's writing.
    [Fact]
    public void The_first_snapshot_is_read_while_the_second_is_written()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Write(Of5);
        rig.Store.Create(Of9);
        rig.Store.Write(SnapshotRig.Chunk(Of9, 0));
        rig.Run();

        rig.Holds(Of5);
        Assert.True(rig.Store.IsWriting);
    }

    // Goal: a snapshot that is given up, however far it got before its end, leaves nothing and tells nothing.
    [Fact]
    public void An_abandoned_snapshot_leaves_nothing()
    {
        for (int chunks = 0; chunks < 3; chunks++)
        {
            for (int steps = 0; steps < 3; steps++)
            {
                SnapshotRig rig = SnapshotRig.Opened();
                rig.Write(Of5);
                rig.Store.Create(Of9);
                for (int i = 0; i < chunks; i++)
                {
                    rig.Run();
                    rig.Store.Write(SnapshotRig.Chunk(Of9, (ulong)i));
                }

                for (int i = 0; i < steps; i++)
                {
                    rig.Step();
                }

                rig.Store.Abandon();
                Assert.False(rig.Store.IsWriting);
                rig.Store.Abandon();
                rig.Run();

                Assert.Equal([FileOf5], rig.Files);
                rig.Holds(Of5);
                rig.Write(Of9);
                rig.Holds(Of9);
            }
        }
    }

    // Goal: beginning another snapshot gives up the one under way, whose late ends are not taken for the new one's.
    [Fact]
    public void Another_snapshot_takes_over_from_one_under_way()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Store.Create(Of5);
        rig.Store.Write(SnapshotRig.Chunk(Of5, 0));
        rig.Store.Create(Of9);

        Assert.Empty(rig.Run());
        rig.Write(Of9);
        rig.Holds(Of9);
        Assert.Equal([FileOf9], rig.Files);
    }

    // Goal: given up while it gets its name, fetched again under the same name: the file is not taken for an old one
    // (it once was, and the only snapshot was deleted).
    [Fact]
    public void A_snapshot_given_up_while_renamed_can_be_written_again()
    {
        for (int steps = 0; steps < 2; steps++)
        {
            SnapshotRig rig = SnapshotRig.Opened();
            rig.Store.Create(Of5);
            rig.Store.Write(SnapshotRig.Chunk(Of5, 0, 10));
            while (rig.Operations[^1].Kind != DiskOpKind.Rename)
            {
                Assert.True(rig.Step());
            }

            for (int i = 0; i < steps; i++)
            {
                rig.Step();
            }

            rig.Store.Abandon();
            rig.Write(SnapshotRig.Snapshot(5, 77));
            rig.Holds(SnapshotRig.Snapshot(5, 77));
            Assert.Equal([FileOf5], rig.Files);
            SnapshotRig.Opened(rig.Disk).Holds(SnapshotRig.Snapshot(5, 77));
        }
    }

    // Goal: given up while it gets its name: the file goes when the next snapshot is whole, also one of less.
    [Fact]
    public void A_snapshot_given_up_while_renamed_goes_with_the_next()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Store.Create(Of9);
        rig.Store.Write(SnapshotRig.Chunk(Of9, 0, 10));
        while (rig.Operations[^1].Kind != DiskOpKind.Rename)
        {
            Assert.True(rig.Step());
        }

        rig.Store.Abandon();
        Assert.Empty(rig.Run());
        Assert.Null(rig.Store.Current);
        rig.Write(Of5);

        Assert.Equal([FileOf5], rig.Files);
    }

    // Goal: of two whole snapshots, as a crash leaves them, the newest counts; the other goes once that has proved good.
    [Fact]
    public void Of_two_whole_snapshots_the_newest_counts()
    {
        MemoryDisk disk = OfTwo();

        SnapshotRig rig = SnapshotRig.Opened(disk);
        rig.Holds(Of9);
        Assert.Equal([FileOf5, FileOf9], rig.Files);
        rig.Store.DropOld();
        Assert.Empty(rig.Run());
        Assert.Equal([FileOf9], rig.Files);
        rig.Operations.Clear();
        rig.Store.DropOld();
        Assert.Empty(rig.Operations);
    }

    // Goal: of the same index the later term counts.
    [Fact]
    public void Of_one_index_the_later_term_counts()
    {
        SnapshotRig first = SnapshotRig.Opened();
        first.Write(SnapshotRig.Snapshot(5, 1, 0x1f));
        SnapshotRig rig = SnapshotRig.Opened(first.Disk);
        rig.Fault = op => op.Kind == DiskOpKind.Delete ? DiskStatus.NotFound : DiskStatus.Ok;
        rig.Write(SnapshotRig.Snapshot(5, 2, 0x100));

        Assert.Equal(2, rig.Files.Length);
        SnapshotRig.Opened(rig.Disk).Holds(SnapshotRig.Snapshot(5, 2, 0x100));
    }

    // Goal: what a crash left half made is deleted at the start, and nothing else is.
    [Fact]
    public void Unfinished_files_are_deleted_at_opening()
    {
        SnapshotRig first = SnapshotRig.Opened();
        first.Write(Of5);
        first.Store.Create(Of9);
        first.Store.Write(SnapshotRig.Chunk(Of9, 0));
        string[] others = ["log-0000000000000001.seg.tmp", "snapshot-5.snap", "snapshot.snap.tmp", $"{FileOf9}.old"];
        foreach (string other in others)
        {
            StoredLogs.Do(first.Disk, new(1, DiskOpKind.Create, new(other)));
        }

        Assert.Contains($"{FileOf9}.tmp", first.Files);
        SnapshotRig rig = SnapshotRig.Opened(first.Disk);

        Assert.Equal([.. others.Append(FileOf5).Order(StringComparer.Ordinal)], rig.Files);
        rig.Holds(Of5);
    }

    // Goal: a chunk of another snapshot, of another place, or of a wrong length is never written.
    [Fact]
    public void Only_a_good_chunk_is_written()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Store.Create(Of5);

        Assert.Throws<InvariantException>(() => rig.Store.Write(SnapshotRig.Chunk(Of9, 0)));
        Assert.Throws<InvariantException>(() => rig.Store.Write(SnapshotRig.Chunk(Of5, 1)));
        byte[] changed = SnapshotRig.Chunk(Of5, 0);
        changed[^1] ^= 1;
        Assert.Throws<InvariantException>(() => rig.Store.Write(changed));
        rig.Store.Write(SnapshotRig.Chunk(Of5, 0, 0));
        Assert.Throws<InvariantException>(() => rig.Store.Write(SnapshotRig.Chunk(Of5, 1)));
        Assert.Equal([new(SnapshotStoreEventKind.Finished)], rig.Run());
    }

    // Goal: without a snapshot there is nothing to read, and that is said at once.
    [Fact]
    public void Nothing_is_read_without_a_snapshot()
    {
        SnapshotRig rig = SnapshotRig.Opened();

        Assert.Equal("there is no snapshot", Assert.Throws<InvalidOperationException>(() => rig.Store.Read(0, 1)).Message);
    }

    private static MemoryDisk OfTwo()
    {
        SnapshotRig first = SnapshotRig.Opened();
        first.Write(Of5);
        first.Fault = op => op.Kind == DiskOpKind.Delete ? DiskStatus.NotFound : DiskStatus.Ok;
        first.Write(Of9);
        return first.Disk;
    }
}
