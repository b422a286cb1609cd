using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>A log whose beginning goes, because a snapshot holds it.</summary>
public sealed class LogReleaseTests
{
    private static readonly ClusterId _cluster = new(7, 8);
    private static readonly HardState _voted = new(new(2), StoredLogs.S1);

    private readonly RecordingDisk _disk = new();
    private ulong _sequence;

    // Goal: exactly the segments without an entry behind the index go, the oldest first, each durably before the next.
    [Fact]
    public void Segments_that_a_snapshot_holds_go_one_at_a_time()
    {
        for (ulong through = 0; through <= 12; through++)
        {
            WriteAheadLog log = OfEntries(12);
            LogSegment[] segments = [.. StoredLogs.Read(_disk.Inner).Segments];
            Assert.InRange(segments.Length, 4, 12);
            _disk.Operations.Clear();

            log.Release(new(through));
            Assert.Empty(Run(log));

            // Where a segment begins can only be told from the log that is left when those before it are gone.
            (DiskOpKind Kind, string File)[] operations = [.. _disk.Operations.Where(each => each.Kind != DiskOpKind.Write)];
            int gone = operations.Length / 2;
            for (int i = 0; i < gone; i++)
            {
                Assert.Equal((DiskOpKind.Delete, segments[i].File.ToString()), operations[2 * i]);
                Assert.Equal(DiskOpKind.SyncDirectory, operations[(2 * i) + 1].Kind);
            }

            ulong start = StartOf(_disk.Inner);
            Assert.InRange(start, 0UL, through);
            Assert.Equal([.. segments.Skip(gone).Select(one => one.File)], FilesOf(_disk.Inner));
            if (gone < segments.Length - 1)
            {
                StoredLogs.Do(_disk.Inner, new(1, DiskOpKind.Delete, segments[gone].File));
                Assert.True(StartOf(_disk.Inner) > through, $"segment {gone + 1} should have gone with index {through}");
            }

            _disk.Clear();
        }
    }

    // Goal: a deletion that fails leaves no gap in front of what is left, so that the folder can be read afterwards.
    [Fact]
    public void A_deletion_that_fails_leaves_no_gap()
    {
        WriteAheadLog log = OfEntries(12);
        int before = FilesOf(_disk.Inner).Length;
        _disk.FailsToDelete = true;

        log.Release(new(9));
        WriteAheadLogEvent happened = Assert.Single(Run(log));

        Assert.Equal(WriteAheadLogEventKind.Failed, happened.Kind);
        Assert.Equal(before, FilesOf(_disk.Inner).Length);
        Assert.Equal(12UL, Indexes(Recovered())[^1]);
    }

    // Goal: what is left is what was: entries behind the start, cluster, term and vote, though their frames are gone.
    [Fact]
    public void The_rest_of_a_released_log_comes_back()
    {
        WriteAheadLog log = OfEntries(12);
        log.Release(new(9));
        Run(log);

        RecoveredState state = Recovered();
        Assert.InRange(state.LogStart.Index.Value, 4UL, 9UL);
        Assert.Equal(new Term(2), state.LogStart.Term);
        Assert.Equal((_cluster, _voted), (state.Cluster, state.HardState));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (ulong)i).Where(i => i > state.LogStart.Index.Value), Indexes(state));
        Assert.All(state.Entries, entry => Assert.Equal(Letter(entry.Index.Value), (char)entry.Payload.Span[0]));
    }

    // Goal: a released log goes on, in the same process and behind a restart, and is released again.
    [Fact]
    public void A_released_log_goes_on()
    {
        WriteAheadLog log = OfEntries(12);
        log.Release(new(7));
        Append(log, 13, 20);
        log = Opened();
        Append(log, 21, 24);
        log.Release(new(22));
        Assert.Empty(Run(log));

        RecoveredState state = Recovered();
        Assert.InRange(state.LogStart.Index.Value, 19UL, 22UL);
        Assert.Equal(24UL, Indexes(state)[^1]);
        Assert.Equal((_cluster, _voted), (state.Cluster, state.HardState));
    }

    // Goal: releasing what is released, or more than there is, keeps the segment that is written to.
    [Fact]
    public void The_segment_written_to_is_never_released()
    {
        WriteAheadLog log = OfEntries(12);
        log.Release(new(1_000));
        Run(log);
        _disk.Operations.Clear();
        log.Release(new(1_000));
        log.Release(new(3));

        Assert.Empty(_disk.Operations);
        Append(log, 13, 13);
        Assert.Equal(13UL, Indexes(Recovered())[^1]);
    }

    // Goal: a log begun anew behind a fetched snapshot holds what follows it, and term and vote stay.
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(9)]
    public void A_log_restarted_behind_a_place_comes_back(int more)
    {
        WriteAheadLog log = OfEntries(5);
        log.Append(new LogBatch(++_sequence, null, null, null, default) { RestartAt = new(new(100), new(4)) });
        log.Flush();
        Assert.Equal([new(WriteAheadLogEventKind.Durable, _sequence)], Run(log));
        Append(log, 101, 100 + (ulong)more);
        Same(new(new(100), new(4)), more, Recovered());

        log.Release(new(100));
        Run(log);
        RecoveredState state = Recovered();
        Same(new(new(100), new(4)), more, state);
        Assert.Equal((_cluster, _voted), (state.Cluster, state.HardState));
    }

    // Goal: entries that come with the restart, in its very batch, come back too.
    [Fact]
    public void A_restart_may_bring_entries()
    {
        WriteAheadLog log = OfEntries(5);
        log.Append(new LogBatch(++_sequence, null, new HardState(new(9), default), null, StoredLogs.Entries(101, 9, "x", "y"))
        {
            RestartAt = new(new(100), new(4)),
        });
        log.Flush();
        Run(log);

        RecoveredState state = Recovered();
        Assert.Equal((new LogPosition(new(100), new(4)), new Term(9)), (state.LogStart, state.HardState.Term));
        Assert.Equal([101UL, 102], Indexes(state));
    }

    // Goal: entries cut off in a later segment from before its beginning: with the earlier segments gone, the log starts
    // with the entry that came in place of the first one cut.
    [Fact]
    public void A_cut_from_before_what_is_left_comes_back()
    {
        WriteAheadLog log = OfEntries(12);
        log.Append(new(++_sequence, null, new HardState(new(3), default), new LogIndex(5), StoredLogs.Entries(5, 3, "e", "f")));
        log.Append(new(++_sequence, null, null, null, StoredLogs.Entries(7, 3, "g")));
        log.Flush();
        Run(log);
        Assert.Equal((new LogPosition(default, default), 7), (Recovered().LogStart, Recovered().Entries.Count));

        // The last segment begins behind index 9 or later: only a snapshot of as much lets the others go.
        log.Release(new(12));
        Run(log);

        RecoveredState state = Recovered();
        Assert.Equal(new LogPosition(new(5), new(3)), state.LogStart);
        Assert.Equal([6UL, 7], Indexes(state));
        Assert.Equal("f", System.Text.Encoding.UTF8.GetString(state.Entries[0].Payload.Span));
        Assert.Equal(new HardState(new(3), default), state.HardState);
    }

    // Goal: entries cut off without others in their place, at the end of a segment: a snapshot of just what is left does
    // not let that segment go, for the term at the start would be lost and with it the entry behind it.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_start_of_unknown_term_stays_within_the_snapshot(ulong snapshot)
    {
        WriteAheadLog log = OfEntries(6);
        int segments = FilesOf(_disk.Inner).Length;
        log.Append(new(++_sequence, null, null, new LogIndex(4), default));
        log.Flush();
        Run(log);
        Append(log, 4, 12);
        Assert.True(FilesOf(_disk.Inner).Length > segments);

        log.Release(new(snapshot));
        Run(log);

        RecoveredState state = Recovered();
        Assert.InRange(state.LogStart.Index.Value, 0UL, snapshot);
        Assert.Equal(12UL, Indexes(state)[^1]);
    }

    // Goal: a log that ends with a cut below its start, nothing behind, is no error.
    [Fact]
    public void A_cut_below_the_start_with_nothing_behind_comes_back()
    {
        WriteAheadLog log = OfEntries(12);
        log.Append(new(++_sequence, null, null, new LogIndex(5), default));
        log.Flush();
        Run(log);
        log.Release(new(12));
        Run(log);

        RecoveredState state = Recovered();
        Assert.Equal(new LogIndex(4), state.LogStart.Index);
        Assert.Empty(state.Entries);
        log = Opened();
        log.Append(new(++_sequence, null, null, null, StoredLogs.Entries(5, 4, "a", "b")));
        log.Flush();
        Run(log);
        Assert.Equal([6UL], Indexes(Recovered()));
    }

    // Goal: a snapshot without a log is refused by server and reader: nobody knows for whom this server voted.
    [Fact]
    public void A_snapshot_without_a_log_is_refused()
    {
        SnapshotRig rig = SnapshotRig.Opened();
        rig.Write(SnapshotRig.Snapshot(5));
        const string text = "snapshot-0000000000000005-0000000000000002.snap, offset 0: "
            + "there is a snapshot, but no log: term and vote are lost";

        Assert.Equal(text, StoredLogs.Start(rig.Disk).Refusal);
        Assert.Equal(text, StoredLogs.Read(rig.Disk).Damage.ToString());
    }

    // Goal: a segment missing behind those that were released is still refused.
    [Fact]
    public void A_gap_behind_the_start_is_refused()
    {
        WriteAheadLog log = OfEntries(12);
        log.Release(new(4));
        Run(log);
        FileId[] left = FilesOf(_disk.Inner);
        StoredLogs.Do(_disk.Inner, new(1, DiskOpKind.Delete, left[1]));

        Assert.Equal(
            $"{left[1]}, offset 0: the segment is missing, but there is {left[2]}",
            StoredLogs.Start(_disk.Inner).Refusal);
    }

    private static ulong StartOf(MemoryDisk disk)
    {
        (RecoveredState? state, string refusal) = StoredLogs.Start(disk);
        Assert.True(state is not null, refusal);
        return state.LogStart.Index.Value;
    }

    private static FileId[] FilesOf(MemoryDisk disk) =>
        [.. SnapshotRig.ListOf(disk).Where(file => file.ToString().EndsWith(".seg", StringComparison.Ordinal))];

    private static char Letter(ulong index) => (char)('a' + (index % 26));

    private static ulong[] Indexes(RecoveredState state) => [.. state.Entries.Select(entry => entry.Index.Value)];

    private static void Same(LogPosition start, int more, RecoveredState state)
    {
        Assert.Equal(start, state.LogStart);
        Assert.Equal(Enumerable.Range(101, more).Select(i => (ulong)i), Indexes(state));
    }

    // A cluster, a vote, and entries of which three fit into a segment.
    private WriteAheadLog OfEntries(ulong count)
    {
        WriteAheadLog log = Opened();
        log.Append(new(++_sequence, _cluster, _voted, null, default));
        log.Flush();
        Run(log);
        Append(log, 1, count);
        return log;
    }

    private void Append(WriteAheadLog log, ulong from, ulong to)
    {
        for (ulong i = from; i <= to; i++)
        {
            log.Append(new(++_sequence, null, null, null, StoredLogs.Entries(i, 2, new string(Letter(i), 20_000))));
            log.Flush();
            Assert.Equal([new(WriteAheadLogEventKind.Durable, _sequence)], Run(log));
        }
    }

    private WriteAheadLog Opened()
    {
        WriteAheadLog log = new(_disk, StoredLogs.Options);
        log.Open();
        Assert.Equal([new(WriteAheadLogEventKind.Opened)], Run(log));
        _sequence = 0;
        return log;
    }

    private RecoveredState Recovered()
    {
        (RecoveredState? state, string refusal) = StoredLogs.Start(_disk.Inner);
        Assert.True(state is not null, refusal);
        return state;
    }

    private List<WriteAheadLogEvent> Run(WriteAheadLog log)
    {
        while (_disk.Inner.TryTakeCompletion(out DiskCompletion completion))
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

    private sealed class RecordingDisk : IDisk
    {
        internal MemoryDisk Inner { get; private set; } = new();

        internal List<(DiskOpKind Kind, string File)> Operations { get; } = [];

        internal bool FailsToDelete { get; set; }

        public void Submit(in DiskOp op)
        {
            Operations.Add((op.Kind, op.File.ToString()));
            bool fails = FailsToDelete && op.Kind == DiskOpKind.Delete;
            FailsToDelete &= !fails;
            Inner.Submit(fails ? op with { File = new FileId("no such file") } : op);
        }

        internal void Clear()
        {
            Inner = new();
            Operations.Clear();
        }
    }
}
