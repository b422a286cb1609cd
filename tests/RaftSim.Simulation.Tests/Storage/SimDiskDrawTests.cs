using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>What befalls an operation of a disk follows from its number alone, whatever befell the others.</summary>
public sealed class SimDiskDrawTests
{
    private const int Operations = 400;
    private static readonly SimDiskOptions _failing = new() { FailuresPerMillion = 200_000, SyncFailuresPerMillion = 300_000 };

    // Goal: that some operations stall moves neither the delays nor the failures of others.
    [Fact]
    public void Stalls_leave_other_operations_as_they_were()
    {
        List<(Duration Delay, DiskStatus Status)> plain = Run(_failing, Operations, Operations);
        List<(Duration Delay, DiskStatus Status)> stalled = Run(
            _failing with { StallsPerMillion = 250_000 }, Operations, Operations);
        Assert.Equal(plain.Select(one => one.Status), stalled.Select(one => one.Status));
        int same = plain.Zip(stalled).Count(pair => pair.First.Delay == pair.Second.Delay);
        Assert.InRange(same, Operations / 2, Operations - 1);
    }

    // Goal: that failures are possible moves no delay, and each of the two chances has draws of its own.
    [Fact]
    public void Failures_leave_delays_as_they_were()
    {
        List<(Duration Delay, DiskStatus Status)> plain = Run(new SimDiskOptions(), Operations, Operations);
        List<(Duration Delay, DiskStatus Status)> failing = Run(_failing, Operations, Operations);
        Assert.Equal(plain.Select(one => one.Delay), failing.Select(one => one.Delay));
        Assert.Contains(failing, one => one.Status == DiskStatus.Failed);
        Assert.DoesNotContain(plain, one => one.Status == DiskStatus.Failed);
    }

    // Goal: a life of a disk is the same however long the one before it was.
    [Fact]
    public void The_length_of_one_life_leaves_the_next_as_it_was()
    {
        SimDiskOptions options = _failing with { StallsPerMillion = 250_000 };
        List<(Duration Delay, DiskStatus Status)> shorter = Run(options, 10, Operations);
        List<(Duration Delay, DiskStatus Status)> longer = Run(options, 34, Operations);
        Assert.Equal(shorter.Skip(10).Take(300), longer.Skip(34).Take(300));
        Assert.NotEqual(shorter.Take(10), longer.Skip(34).Take(10));
    }

    // So many operations, every second one a sync; the power fails once behind some of them.
    private static List<(Duration Delay, DiskStatus Status)> Run(SimDiskOptions options, int crashBehind, int count)
    {
        List<(Duration Delay, DiskStatus Status)> seen = [];
        Duration last = Duration.Zero;
        ulong next = 0;
        SimDisk disk = new(new Prng(7), options, (wake, delay) => (next, last) = (wake, delay));
        FileId file = new("a.file");
        for (ulong ticket = 1; ticket <= (ulong)count; ticket++)
        {
            disk.Submit(new(ticket, ticket % 2 == 0 ? DiskOpKind.SyncDirectory : DiskOpKind.List, file));
            Duration delay = last;
            Assert.True(disk.TryComplete(next, out DiskCompletion completion));
            seen.Add((delay, completion.Status));
            if (seen.Count == crashBehind)
            {
                disk.Crash(new Prng(3), SimDiskCrash.KeepAll);
            }
        }

        return seen;
    }
}
