namespace RaftSim.Simulation.Tests.Storage;

/// <summary>
/// The log over a disk that loses what was not synced: whatever the moment, what was called durable is recovered, and
/// what is recovered is the state after some batch, never a mix.
/// </summary>
public sealed class WriteAheadLogCrashTests
{
    private static readonly SimDiskCrash[] Crashes =
        [SimDiskCrash.LoseAll, SimDiskCrash.KeepAll, SimDiskCrash.PointInTime, SimDiskCrash.Each];

    // Goal: a crash before, in and behind every disk operation of a server's life (issue: kill -9 at any moment).
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Crash_at_every_operation_recovers_what_was_durable(ulong seed)
    {
        int crashAt = 0;
        for (bool goesOn = true; goesOn; crashAt++)
        {
            foreach (SimDiskCrash crash in Crashes)
            {
                for (int unheard = 0; unheard < 6; unheard++)
                {
                    LogRig rig = new(seed) { Luck = new Prng(seed).Derive((ulong)unheard) };
                    rig.Hint = $"seed {seed}, crash {crash} behind operation {crashAt} and {unheard % 3} unheard";
                    goesOn = Live(rig, 12, crashAt);
                    for (int i = 0; i < unheard % 3; i++)
                    {
                        rig.CarryOutUnheard();
                    }

                    rig.Crash(crash);
                    LiveOn(rig);
                }
            }
        }

        Assert.True(crashAt > 50, $"a life of {crashAt} operations shows little");
    }

    // Goal: the same while a crashed log is being recovered: cutting the torn tail is itself torn.
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Crash_at_every_operation_of_a_recovery_recovers_what_was_durable(ulong seed)
    {
        int recoveries = 0;
        for (int crashAt = 0; crashAt < 60; crashAt++)
        {
            foreach (SimDiskCrash crash in Crashes)
            {
                int again = 0;
                for (bool goesOn = true; goesOn; again++)
                {
                    LogRig rig = new(seed) { Luck = new Prng(seed).Derive((ulong)again) };
                    rig.Hint = $"seed {seed}, crash {crash} behind operation {crashAt}, again behind {again}";
                    Live(rig, 12, crashAt);
                    rig.Crash(SimDiskCrash.Each);
                    rig.Start();
                    goesOn = Steps(rig, again);
                    rig.Crash(crash);
                    LiveOn(rig);
                    recoveries++;
                }
            }
        }

        Assert.True(recoveries > 1000, $"{recoveries} recoveries show little");
    }

    // Goal: long lives with many crashes of all kinds; nothing that was cut off ever comes back.
    [Fact]
    public void Many_lives_with_many_crashes_recover_what_was_durable()
    {
        ulong[] faults = new ulong[(int)SimDiskFault.Wipe + 1];
        for (ulong seed = 100; seed < 300; seed++)
        {
            LogRig rig = new(seed);
            for (int life = 0; life < 8; life++)
            {
                rig.Hint = $"seed {seed}, life {life}";
                Live(rig, 10, (int)rig.Script.Below(80) + rig.Delivered);
                Assert.Null(rig.Failure);
                rig.Crash(SimDiskCrash.Any);
            }

            rig.Hint = $"seed {seed}, at last";
            LiveOn(rig);
            for (int fault = 0; fault < faults.Length; fault++)
            {
                faults[fault] += rig.Disk.Count((SimDiskFault)fault);
            }
        }

        Assert.True(faults[(int)SimDiskFault.WriteTorn] > 20, "hardly a write was torn");
        Assert.True(faults[(int)SimDiskFault.WriteLost] > 200, "hardly a write was lost");
        Assert.True(faults[(int)SimDiskFault.NameLost] > 200, "hardly a name was lost");
    }

    // Goal: frames that a crash has left behind the torn end of a log never connect to what is written over it, though all have
    // the same length, a sector: of several in one write some are lost and later ones are kept, and then there is one more.
    [Fact]
    public void What_is_left_behind_a_torn_end_never_comes_back()
    {
        // With what stands around it a sector.
        const int Bytes = 438;
        int shorter = 0;
        for (ulong seed = 2_000; seed < 2_100; seed++)
        {
            LogRig rig = new(seed) { Hint = $"seed {seed}" };
            rig.StartAndRun();
            for (int i = 0; i < 6; i++)
            {
                rig.AppendEven(Bytes);
            }

            int appended = rig.Model.Batches;
            Assert.True(Steps(rig, 2));
            rig.CarryOutUnheard();
            rig.Crash(SimDiskCrash.Each);
            rig.StartAndRun();
            shorter += rig.Model.Batches < appended ? 1 : 0;
            rig.AppendEven(Bytes);
            rig.Run();
            rig.Crash(SimDiskCrash.LoseAll);
            rig.StartAndRun();
            rig.Model.IsComplete(rig.Log.Recovered, rig.Hint);
        }

        Assert.True(shorter > 20, $"an end was torn in {shorter} of 100 cases");
    }

    // Goal: after a failed sync nothing is called durable; a restart of the process alone, which still sees the lost
    // pages in the cache, makes them durable before it builds on them (fsyncgate, M07).
    [Fact]
    public void Failed_operations_are_final_and_a_restart_believes_no_lost_page()
    {
        int failures = 0;
        for (ulong seed = 1000; seed < 1400; seed++)
        {
            LogRig rig = new(seed, new() { SyncFailuresPerMillion = 30_000, FailuresPerMillion = 3_000 });
            for (int life = 0; life < 8; life++)
            {
                rig.Hint = $"seed {seed}, life {life}";
                Live(rig, 10, (int)rig.Script.Below(80) + rig.Delivered);
                if (rig.Failure is not null)
                {
                    failures++;
                    Assert.Contains("simulated input/output error", rig.Failure, StringComparison.Ordinal);
                }

                if (rig.Script.Chance(1, 2))
                {
                    rig.Disk.Kill(rig.Luck);
                }
                else
                {
                    rig.Crash(SimDiskCrash.Any);
                }
            }
        }

        Assert.True(failures > 300, $"{failures} failures show little");
    }

    // A server's life: opens, appends batches at any time, until it heard of so many operations; false if it ended sooner.
    private static bool Live(LogRig rig, int batches, int until)
    {
        if (rig.Delivered == until)
        {
            return true;
        }

        rig.Start();
        while (!rig.IsOpened && rig.Failure is null)
        {
            if (!rig.Step() || rig.Delivered == until)
            {
                return true;
            }
        }

        for (int i = 0; i < batches; i++)
        {
            rig.Append();
            for (ulong steps = rig.Script.Below(7); steps > 0 && rig.Step(); steps--)
            {
                if (rig.Delivered == until)
                {
                    return true;
                }
            }
        }

        while (rig.Step())
        {
            if (rig.Delivered == until)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Steps(LogRig rig, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            if (!rig.Step())
            {
                return false;
            }
        }

        return true;
    }

    // After a crash: recovers, goes on, and all that is durable by then survives a cut that loses all the rest.
    private static void LiveOn(LogRig rig)
    {
        rig.StartAndRun();
        Assert.True(rig.IsOpened, $"{rig.Hint}: {rig.Failure}");
        for (int i = 0; i < 3; i++)
        {
            rig.Append();
        }

        rig.Run();
        rig.Crash(SimDiskCrash.LoseAll);
        rig.StartAndRun();
        Assert.True(rig.IsOpened, $"{rig.Hint}, the second time: {rig.Failure}");
        rig.Model.IsComplete(rig.Log.Recovered, rig.Hint);
    }
}
