namespace RaftSim.Simulation.Faults;

// What befalls disks. Whatever may lose what was confirmed comes out of the budget: Raft survives a minority of lost disks,
// when they are known to be lost.
internal static class DiskFaults
{
    private const int PieceBytes = 4_096;
    private static readonly Duration _again = Duration.Milliseconds(500);
    private static readonly Duration _doom = Duration.Seconds(1);

    public static FaultCatalogue.Entry[] All =>
    [
        new(FaultKind.Wipe, 15, Wipe),
        new(FaultKind.SlowDisk, 10, Slow),
        new(FaultKind.StalledDisk, 10, Stall),
        new(FaultKind.FullDisk, 10, Fill),
        new(FaultKind.UnsyncedLoss, 12, strike => strike.CrashAndRestart(strike.Server, strike.Span, SimDiskCrash.LoseAll)),
        new(FaultKind.TornWrite, 12, strike => strike.World.FailNext(strike.LeaderOrServer, SimDiskFault.WriteTorn)),
        new(FaultKind.FailedSync, 20, strike => strike.World.FailNext(strike.LeaderOrServer, SimDiskFault.SyncFailure)),
        new(FaultKind.FailedIo, 20, strike => strike.World.FailNext(strike.LeaderOrServer, SimDiskFault.Failure)),
        new(FaultKind.LyingSync, 20, strike => Doom(strike, SimDiskFault.SyncLie)),
        new(FaultKind.MisdirectedWrite, 20, strike => Doom(strike, SimDiskFault.Misdirected)),
        new(FaultKind.BitRot, 20, Rot),
    ];

    // Often the budget allows nothing for the moment: then it is tried again for a while.
    private static void WhenAllowed(FaultStrike strike, Action action, int tries = 20)
    {
        if (strike.Budget.MayLose(strike.Server))
        {
            action();
        }
        else if (tries > 0)
        {
            strike.Later(_again, () => WhenAllowed(strike, action, tries - 1));
        }
    }

    private static void Wipe(FaultStrike strike) => WhenAllowed(strike, () =>
    {
        strike.World.Wipe(strike.Server);
        strike.RestartLater(strike.Server);
    });

    private static void Slow(FaultStrike strike)
    {
        SimWorld world = strike.World;
        int server = strike.Server;
        world.SlowDisk(server, 2 << strike.Draw.Below(4, 10));
        strike.Impairs([server], () => world.SlowDisk(server, 1));
    }

    private static void Stall(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        strike.World.StallDisk(server, strike.Span);
    }

    private static void Fill(FaultStrike strike)
    {
        SimWorld world = strike.World;
        int server = strike.LeaderOrServer;
        world.FillDisk(server, isFull: true);
        if (strike.IsOverdue && strike.Decision.Number > 1)
        {
            // What is written for the moment goes where there is room already: it takes more than a segment of the log has.
            int pieces = 1 + (int)(world.Servers[server].Options.SegmentBytes / PieceBytes);
            strike.Flood(world.Leader ?? server, pieces, PieceBytes);
        }

        strike.Impairs([server], () => world.FillDisk(server, isFull: false));
    }

    // The disk is good for nothing from then on, but seems to be: soon the server crashes over it, before the configuration
    // can have come to rest on it.
    private static void Doom(FaultStrike strike, SimDiskFault fault) => WhenAllowed(strike, () =>
    {
        strike.World.FailNext(strike.Server, fault);
        EndDoom(strike);
    });

    private static void Rot(FaultStrike strike) => WhenAllowed(strike, () =>
    {
        strike.World.Rot(strike.Server, strike.Draw.Stream());
        EndDoom(strike);
    });

    private static void EndDoom(FaultStrike strike) => strike.EndLater(
        strike.Draw.Between(6, Duration.Zero, _doom),
        () =>
        {
            if (strike.World.EndDoom(strike.Server))
            {
                strike.CrashAndRestart(strike.Server, strike.Span);
            }
        });
}
