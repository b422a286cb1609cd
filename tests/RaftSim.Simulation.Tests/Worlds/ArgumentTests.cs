using RaftSim.Server;
using RaftSim.Simulation.Crashes;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What makes no sense is refused when it is given, with its name, the value and the rule.</summary>
public sealed class ArgumentTests
{
    // Goal: a run lasts, and no longer than can be counted; so does every span that a world is given.
    [Fact]
    public void Spans_that_are_none_are_refused()
    {
        SimWorld world = new(1);
        Assert.Equal("duration", Refused(() => world.Run(Duration.Seconds(-3))));
        Assert.Equal("duration", Refused(() => world.Run(Duration.Zero)));
        Assert.Equal("duration", Refused(() => world.Run(SimWorld.DurationMax + Duration.Milliseconds(1))));
        Assert.Equal("span", Refused(() => world.RunFor(Duration.Seconds(-1))));
        Assert.Equal("limit", Refused(() => world.RunUntil(() => true, Duration.Seconds(-1))));
        Assert.Equal("span", Refused(() => world.Pause(0, Duration.Seconds(-1))));
    }

    // Goal: whoever names a server that is none is told which there are.
    [Fact]
    public void Servers_that_are_none_are_refused()
    {
        SimWorld world = new(1, 3);
        Action[] verbs =
        [
            () => world.Crash(7), () => world.Kill(3), () => world.Restart(-1), () => world.Wipe(3),
            () => world.Pause(3, Duration.Seconds(1)), () => world.Partition(0, 9), () => world.Block(0, 3),
            () => world.Block(3, 0), () => world.Isolate(3), () => world.Propose(3, default),
            () => world.Request(3, new GetRaftConfigurationRequest(true)), () => world.IsUp(3), () => world.Node(3),
            () => world.Status(3), () => world.StateMachine(3), () => world.DiskOf(3), () => world.DiskOperations(3),
            () => world.SlowDisk(3, 2), () => world.FillDisk(-1, true), () => world.StallDisk(3, Duration.Seconds(1)),
            () => world.FailNext(3, SimDiskFault.Failure), () => world.Rot(3),
            () => world.CrashAt(new CrashPoint(3, 1, CrashMoment.Before, SimDiskCrash.Any), Duration.Zero),
            () => world.Network.Partition(1, 3), () => world.Network.Block(0, 3), () => world.Network.Unblock(-1, 0),
            () => world.Network.Isolate(3), () => world.CutLink(0, 3), () => world.SlowLink(3, 0, 2),
        ];
        Assert.All(verbs, verb =>
        {
            ArgumentOutOfRangeException told = Assert.Throws<ArgumentOutOfRangeException>(verb);
            Assert.Contains("servers are 0 to 2", told.Message, StringComparison.Ordinal);
        });
        Assert.Equal(0, world.Faults[FaultKind.Crash] + world.Faults[FaultKind.Partition] + world.Faults[FaultKind.Wipe]);
    }

    // Goal: chances are thousandths, spans are not negative, and the longest is no shorter than the shortest.
    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.Equal("DropPerMille", Refused(new SimOptions { Network = new LinkOptions { DropPerMille = -5 } }));
        Assert.Equal("SlowPerMille", Refused(new SimOptions { Network = new LinkOptions { SlowPerMille = 5_000 } }));
        Assert.Equal("DelayMin", Refused(new SimOptions { Network = new LinkOptions { DelayMin = Duration.Seconds(-1) } }));
        Assert.Equal("DriftPpmMax", Refused(new SimOptions { DriftPpmMax = -5 }));
        Assert.Equal("DriftPpmMax", Refused(new SimOptions { DriftPpmMax = 200_001 }));
        Assert.Equal("WallSkewMax", Refused(new SimOptions { WallSkewMax = Duration.Seconds(-1) }));
        Assert.Equal("ApplyMean", Refused(new SimOptions { ApplyMean = Duration.Seconds(-1) }));
        Assert.Equal("StepMean", Refused(new SimOptions { StepMean = Duration.Seconds(-1) }));
        Assert.Equal("Newcomers", Refused(new SimOptions { Newcomers = 3 }));
        Assert.Equal("SyncMax", Refused(new SimOptions { Disk = new SimDiskOptions { SyncMax = Duration.Zero } }));
        Assert.Equal(
            "OperationMin", Refused(new SimOptions { Disk = new SimDiskOptions { OperationMin = Duration.Seconds(-1) } }));
        Assert.Equal("StallsPerMillion", Refused(new SimOptions { Disk = new SimDiskOptions { StallsPerMillion = 1_000_001 } }));
        Assert.Equal("CapacityBytes", Refused(new SimOptions { Disk = new SimDiskOptions { CapacityBytes = -1 } }));
        Assert.Equal("zones", Refused(() => SimWorld.Swarm(1, zones: -1)));
    }

    // Goal: so is work that nobody could do.
    [Fact]
    public void Work_that_makes_no_sense_is_refused()
    {
        Assert.Equal("SessionClients", Refused(() => new SimWorld(1).WithWorkload(new Workload { SessionClients = 0 })));
        Assert.Equal("Gap", Refused(() => new SimWorld(1).WithWorkload(new Workload { Gap = Duration.Seconds(-1) })));
        Assert.Equal("ReadsPerMille", Refused(() => new SimWorld(1).WithWorkload(new Workload { ReadsPerMille = 1_001 })));
        Assert.Equal("SessionsPerMille", Refused(() => new SimWorld(1).WithWorkload(new Workload { SessionsPerMille = -1 })));
        Assert.Equal("PayloadBytesMax", Refused(() => new SimWorld(1).WithWorkload(new Workload { PayloadBytesMax = 7 })));
    }

    private static string Refused(SimOptions options) => Refused(() => _ = new SimWorld(1, 3, options));

    // What is refused is named, and the rule told.
    private static string Refused(Action action)
    {
        ArgumentOutOfRangeException told = Assert.Throws<ArgumentOutOfRangeException>(action);
        Assert.Contains("must ", told.Message, StringComparison.Ordinal);
        return told.ParamName!;
    }
}
