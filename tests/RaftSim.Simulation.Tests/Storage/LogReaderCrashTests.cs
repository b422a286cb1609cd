using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>Whatever a crash leaves behind, reading it tells what the server will make of it.</summary>
public sealed class LogReaderCrashTests
{
    // Goal: after crashes of all kinds the reader finds no damage and the very state that the server then recovers,
    // also where a torn tail is dropped; and reading has changed nothing.
    [Fact]
    public void Reading_a_crashed_folder_tells_what_its_server_recovers()
    {
        int torn = 0;
        for (ulong seed = 500; seed < 700; seed++)
        {
            LogRig rig = new(seed);
            for (int life = 0; life < 6; life++)
            {
                rig.Hint = $"seed {seed}, life {life}";
                rig.Start();
                for (ulong steps = 5 + rig.Script.Below(80); steps > 0; steps--)
                {
                    if (rig.IsOpened && rig.Script.Chance(1, 2))
                    {
                        rig.Append();
                    }

                    rig.Step();
                }

                rig.Crash(life % 2 == 0 ? SimDiskCrash.Each : SimDiskCrash.Any);
                LogReading reading = rig.Read();
                LogReading again = rig.Read();
                rig.StartAndRun();

                Assert.True(reading.Damage is null, $"{rig.Hint}: {reading.Damage}");
                string told = LogModel.Render(reading.State);
                Assert.True(told == LogModel.Render(again.State), $"{rig.Hint}: the second reading differs");
                Assert.True(
                    told == LogModel.Render(rig.Log.Recovered),
                    $"{rig.Hint}: read\n{told}\nrecovered\n{LogModel.Render(rig.Log.Recovered)}");
                torn += reading.Segments.Count(segment => segment.Rest > 0);
            }
        }

        Assert.True(torn > 15, $"{torn} torn tails show little");
    }
}
