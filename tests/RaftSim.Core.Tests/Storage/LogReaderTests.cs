using RaftSim.Storage;

namespace RaftSim.Core.Tests.Storage;

/// <summary>Reading a stopped server's log gives what the server itself would make of it, and writes nothing.</summary>
public sealed class LogReaderTests
{
    private const string First = "log-0000000000000001.seg";
    private const string Second = "log-0000000000000002.seg";
    private const string Third = "log-0000000000000003.seg";

    // Goal: identity, state, segments and frames are told as they are.
    [Fact]
    public void A_log_is_told_as_it_was_written()
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();

        LogReading reading = StoredLogs.Read(disk);

        Assert.Null(reading.Damage);
        Assert.Equal((StoredLogs.S1, StoredLogs.D1), (reading.Id, reading.Disk));
        Assert.Equal(new HardState(new(2), StoredLogs.S1), reading.State.HardState);
        Assert.Equal(10, reading.State.Entries.Count);
        Assert.Equal([First, Second, Third], reading.Segments.Select(segment => segment.File.Name));
        Assert.All(reading.Segments, segment => Assert.Equal((0L, ""), (segment.Rest, segment.RestRule)));

        // A batch and a mark each; two segments say besides that the log goes on.
        Assert.Equal((18UL, 17UL), (reading.Frames, reading.SyncedThrough));
        Assert.Equal(20UL, reading.Segments.Aggregate(0UL, (sum, segment) => sum + segment.Frames));
        Assert.Equal(StoredLogs.Render(StoredLogs.Start(disk).State!), StoredLogs.Render(reading.State));
    }

    // Goal: a folder without a log is no error and no log.
    [Fact]
    public void An_empty_folder_holds_no_log()
    {
        LogReading reading = StoredLogs.Read(new MemoryDisk());

        Assert.Null(reading.Damage);
        Assert.True(reading.Id.IsNone);
        Assert.Empty(reading.Segments);
    }

    // Goal: an entry is found in the frame that holds it now, not in one from which it was cut, nor in a mark.
    [Fact]
    public void An_entry_is_found_in_its_frame()
    {
        LogReading reading = StoredLogs.Read(StoredLogs.OfThreeSegments());

        const long batch = 1024;
        Assert.Equal(new(new(First), batch, "entry 1: x"), reading.DamageAt(new(1), "x"));
        Assert.Equal(new(new(First), batch, "entry 2: x"), reading.DamageAt(new(2), "x"));
        LogDamage third = reading.DamageAt(new(3), "x");
        Assert.Equal(First, third.File.Name);
        Assert.True(third.Offset > batch);
        Assert.Equal(Third, reading.DamageAt(new(10), "x").File.Name);
    }

    // Goal: a file that a crash left half made is told.
    [Fact]
    public void An_unfinished_segment_is_told()
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();
        StoredLogs.Do(disk, new(1, DiskOpKind.Create, new("log-0000000000000004.seg.tmp")));

        Assert.Equal("log-0000000000000004.seg.tmp", Assert.Single(StoredLogs.Read(disk).Unfinished).Name);
    }

    // Goal: the end of a write that nobody was told about is no damage: it is told, and a server drops it.
    [Fact]
    public void A_torn_tail_is_no_damage()
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();
        LogSegment last = StoredLogs.Read(disk).Segments[^1];
        byte[] torn = "RSF1 and no more"u8.ToArray();
        StoredLogs.Do(disk, new(1, DiskOpKind.Write, last.File, Offset: last.End, Data: torn));

        LogReading reading = StoredLogs.Read(disk);

        Assert.Null(reading.Damage);
        Assert.Equal(10, reading.State.Entries.Count);
        Assert.Equal(
            (last.End, 16L, "the checksum of the frame's head does not match"),
            (reading.Segments[^1].End, reading.Segments[^1].Rest, reading.Segments[^1].RestRule));
        Assert.Equal(StoredLogs.Render(StoredLogs.Start(disk).State!), StoredLogs.Render(reading.State));
    }

    // Goal: a missing segment is refused, in the server's words, wherever it was.
    [Theory]
    [InlineData(Second, Second + ", offset 0: the segment is missing, but there is " + Third)]
    [InlineData(Third, Third + ", offset 0: the segment is missing, but " + Second + " says it exists")]
    public void A_missing_segment_is_damage(string file, string text)
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();
        StoredLogs.Do(disk, new(1, DiskOpKind.Delete, new(file)));

        Assert.Equal(text, StoredLogs.Read(disk).Damage.ToString());
        Assert.Equal(text, StoredLogs.Start(disk).Refusal);
    }

    // Goal: a log whose beginning is gone is refused, unless a snapshot holds it.
    [Fact]
    public void A_missing_beginning_is_damage()
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();
        StoredLogs.Do(disk, new(1, DiskOpKind.Delete, new(First)));

        LogReading reading = StoredLogs.Read(disk);
        Assert.Equal(
            $"{Second}, offset 0: the log begins behind index 6, but there is no snapshot", reading.Damage.ToString());
        Assert.Equal(new LogPosition(new(6), new(2)), StoredLogs.Start(disk).State!.LogStart);
    }

    // Goal: a head that is cut short, and one of a later format, are refused.
    [Fact]
    public void A_bad_head_is_damage()
    {
        MemoryDisk disk = StoredLogs.OfThreeSegments();
        StoredLogs.Do(disk, new(1, DiskOpKind.Truncate, new(Second), Length: 100));
        Assert.Equal(
            $"{Second}, offset 0: the file ends inside its head of 1024 bytes", StoredLogs.Read(disk).Damage.ToString());

        disk = StoredLogs.OfThreeSegments();
        StoredLogs.Do(disk, new(1, DiskOpKind.Write, new(First), Offset: 8, Data: new byte[] { 9 }));
        Assert.Equal(
            $"{First}, offset 0: format version 9 is not known (this program knows 2)",
            StoredLogs.Read(disk).Damage.ToString());
    }

    // Goal: a disk that fails is told with the file and what failed.
    [Fact]
    public void A_failing_disk_is_told()
    {
        LogReader reader = new(new MemoryDisk());
        reader.Open();
        reader.Complete(new DiskCompletion(1, DiskStatus.Failed, Detail: "no such device"));

        Assert.Equal("List failed: Failed: no such device", reader.Result!.Damage!.Value.Rule);
    }

    // Goal: whichever bit is turned, reader and server agree: both refuse in the same words, or both read the same.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_flipped_bit_is_judged_as_a_server_judges_it(ulong seed)
    {
        Prng prng = new(seed);
        string[] files = [First, Second, Third];
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            MemoryDisk disk = StoredLogs.OfThreeSegments();
            string file = files[prng.Below(3)];
            long used = StoredLogs.Do(disk, new(1, DiskOpKind.Size, new(file)));
            long offset = (long)prng.Below(prng.Chance(1, 2) ? 1_500 : (ulong)used);
            int bit = (int)prng.Below(8);
            StoredLogs.Flip(disk, file, offset, bit);

            LogReading reading = StoredLogs.Read(disk);
            (RecoveredState? state, string refusal) = StoredLogs.Start(disk);

            string what = $"seed {seed}, bit {bit} of byte {offset} of {file}";
            Assert.True(refusal == $"{reading.Damage}", $"{what}: reader {reading.Damage}, server {refusal}");
            Assert.True(
                state is null || StoredLogs.Render(state) == StoredLogs.Render(reading.State), $"{what}: other states");
            refused += state is null ? 1 : 0;
        }

        Assert.InRange(refused, 50, 199);
    }
}
