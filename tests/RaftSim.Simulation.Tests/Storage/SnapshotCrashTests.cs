using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>
/// Log and snapshots on a disk that loses what was not synced: whatever the moment, a whole snapshot and the log behind it
/// hold everything that was called durable.
/// </summary>
public sealed class SnapshotCrashTests
{
    private static readonly SimDiskCrash[] _crashes =
        [SimDiskCrash.LoseAll, SimDiskCrash.KeepAll, SimDiskCrash.PointInTime, SimDiskCrash.Each, SimDiskCrash.Any];

    // Goal: a crash behind every disk operation of a server that takes, gives up and fetches snapshots and lets its log
    // go: one whole snapshot at least as new as the last one told, and every durable batch in it or behind it.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Crash_at_every_operation_leaves_a_whole_snapshot_and_its_log(ulong seed)
    {
        int crashAt = 0;
        int shortened = 0;
        int untold = 0;
        for (bool goesOn = true; goesOn; crashAt++)
        {
            foreach (SimDiskCrash crash in _crashes)
            {
                int tries = crash is SimDiskCrash.LoseAll or SimDiskCrash.KeepAll ? 2 : 4;
                for (int unheard = 0; unheard < tries; unheard++)
                {
                    SnapshotLogRig rig = new(seed) { Luck = new Prng(seed).Derive((ulong)unheard) };
                    rig.Hint = $"seed {seed}, crash {crash} behind operation {crashAt} and {unheard % 3} unheard";
                    goesOn = rig.Live(rig.Life(), crashAt);
                    for (int i = 0; i < unheard % 3; i++)
                    {
                        rig.CarryOutUnheard();
                    }

                    rig.Crash(crash);
                    LiveOn(rig);
                    shortened += rig.Model.Shortened;
                    untold += rig.Model.Untold;
                }
            }
        }

        Assert.True(crashAt > 100, $"a life of {crashAt} operations shows little");
        Assert.True(shortened > 500, $"{shortened} logs without their beginning show little");
        Assert.True(untold > 10, $"{untold} snapshots whole but not told show little");
    }

    // Goal: the same while a crashed folder is being opened, cleaned and gone on with.
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Crash_at_every_operation_of_an_opening_leaves_a_whole_snapshot_and_its_log(ulong seed)
    {
        int recoveries = 0;
        bool lives = true;
        for (int crashAt = (int)seed; lives; crashAt += 7)
        {
            foreach (SimDiskCrash crash in _crashes)
            {
                int again = 0;
                for (bool goesOn = true; goesOn; again++)
                {
                    SnapshotLogRig rig = new(seed) { Luck = new Prng(seed).Derive((ulong)again) };
                    rig.Hint = $"seed {seed}, crash {crash} behind operation {crashAt}, again behind {again}";
                    lives = rig.Live(rig.Life(), crashAt);
                    rig.Crash(SimDiskCrash.Each);
                    goesOn = rig.Live(Reopening(rig), rig.Delivered + again);
                    rig.Crash(crash);
                    LiveOn(rig);
                    recoveries++;
                }
            }
        }

        Assert.True(recoveries > 1000, $"{recoveries} recoveries show little");
    }

    // Goal: long lives with many crashes of all kinds end with one snapshot and a short log; whatever a crash left, a
    // reader finds no damage and the snapshot that the server then starts from.
    [Fact]
    public void Many_lives_with_many_crashes_leave_a_whole_snapshot_and_its_log()
    {
        int shortened = 0;
        for (ulong seed = 100; seed < 200; seed++)
        {
            SnapshotLogRig rig = new(seed);
            for (int life = 0; life < 8; life++)
            {
                rig.Hint = $"seed {seed}, life {life}";
                rig.Live(life % 2 == 0 ? rig.Life() : Reopening(rig), rig.Delivered + (int)rig.Script.Below(200));
                rig.Crash(SimDiskCrash.Any);
            }

            rig.Hint = $"seed {seed}, at last";
            LogReading reading = rig.Read();
            Assert.True(reading.Damage is null, $"{rig.Hint}: {reading.Damage}");
            rig.Start();
            rig.Run();
            Assert.True(reading.Snapshot?.Snapshot == rig.Model.Finished, $"{rig.Hint}: {reading.Snapshot} was read");
            rig.Crash(SimDiskCrash.Any);
            LiveOn(rig);
            shortened += rig.Model.Shortened;
        }

        Assert.True(shortened > 300, $"{shortened} logs without their beginning show little");
    }

    private static IEnumerable<bool> Reopening(SnapshotLogRig rig)
    {
        rig.Start();
        while (!rig.IsOpened)
        {
            yield return true;
        }

        foreach (bool moment in rig.GoOn())
        {
            yield return moment;
        }
    }

    // After a crash: opens, goes on, and all that is durable by then survives a cut that loses all the rest.
    private static void LiveOn(SnapshotLogRig rig)
    {
        rig.Start();
        rig.Run();
        Assert.True(rig.IsOpened, $"{rig.Hint}: not opened");
        rig.Live(rig.GoOn());
        HoldsOneSnapshot(rig);
        ulong sequence = rig.Model.Last.Sequence;
        StoredSnapshot? finished = rig.Model.Finished;

        rig.Crash(SimDiskCrash.LoseAll);
        rig.Start();
        rig.Run();
        Assert.True(rig.IsOpened, $"{rig.Hint}: not opened the second time");
        Assert.True(sequence == rig.Model.Last.Sequence, $"{rig.Hint}: batch {sequence} is lost");
        Assert.True(finished == rig.Model.Finished, $"{rig.Hint}: {finished} is lost");
        HoldsOneSnapshot(rig);
    }

    private static void HoldsOneSnapshot(SnapshotLogRig rig)
    {
        string[] files = [.. rig.Snapshots];
        Assert.True(
            files.Length == (rig.Model.Finished is null ? 0 : 1), $"{rig.Hint}: {string.Join(' ', files)} are there");
    }
}
