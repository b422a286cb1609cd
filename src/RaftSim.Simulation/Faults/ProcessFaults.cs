namespace RaftSim.Simulation.Faults;

// What befalls servers: they stop, and start again, or go on slowly.
internal static class ProcessFaults
{
    public static FaultCatalogue.Entry[] All =>
    [
        new(FaultKind.Crash, 8, strike => strike.CrashAndRestart(strike.LeaderOrServer, strike.Span)),
        new(FaultKind.Kill, 10, Kill),
        new(FaultKind.CrashAtIo, 8, CrashAtIo),
        new(FaultKind.PowerLoss, 40, PowerLoss),
        new(FaultKind.QuorumLoss, 25, QuorumLoss),
        new(FaultKind.RestartLoop, 25, RestartLoop),
        new(FaultKind.LongOutage, 25, LongOutage),
        new(FaultKind.RollingRestart, 30, RollingRestart),
        new(FaultKind.Pause, 8, Pause),
        new(FaultKind.Freeze, 20, Freeze),
        new(FaultKind.Ambush, 12, strike => strike.Set(new Ambush(strike))),
        new(FaultKind.SlowServer, 15, SlowServer),
        new(FaultKind.SlowApply, 15, SlowApply),
    ];

    // One server after the other, each once the one before has been back for a while.
    internal static void OneByOne(FaultStrike strike, Action<int> restart)
    {
        Duration step = strike.Draw.Between(6, Duration.Milliseconds(200), Duration.Seconds(4));
        int[] servers = strike.Shuffled();
        for (int i = 0; i < servers.Length; i++)
        {
            int server = servers[i];
            strike.Later(step * i, () => restart(server));
        }
    }

    private static void Kill(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        if (strike.World.IsUp(server))
        {
            strike.KillAndRestart(server, strike.Span);
        }
    }

    private static void CrashAtIo(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        if (strike.World.IsUp(server))
        {
            strike.World.CrashAtIo(server, 1 + strike.Draw.Below(5, 64));
        }
    }

    private static void PowerLoss(FaultStrike strike)
    {
        for (int i = 0; i < strike.World.ServerCount; i++)
        {
            Crash(strike, i, strike.Draw.At(i).Around(3, Duration.Seconds(1)));
        }
    }

    // Where all are down already, nothing has happened.
    private static void Crash(FaultStrike strike, int server, Duration down)
    {
        if (strike.CrashAndRestart(server, down))
        {
            strike.Bite();
        }
    }

    private static void QuorumLoss(FaultStrike strike)
    {
        int[] servers = strike.Shuffled();
        foreach (int server in servers[..((servers.Length + 1) / 2)])
        {
            Crash(strike, server, strike.Draw.At(server).Around(3, Duration.Seconds(2)));
        }
    }

    private static void RestartLoop(FaultStrike strike)
    {
        int server = strike.Server;
        Duration at = Duration.Zero;
        for (int i = 0; i < 2 + strike.Draw.Below(5, 5); i++)
        {
            at += strike.Draw.At(i).Around(3, Duration.Milliseconds(300));
            Duration down = strike.Draw.At(i).Around(4, Duration.Milliseconds(20));
            strike.Later(at, () => Crash(strike, server, down));
        }
    }

    private static void LongOutage(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        if (strike.World.IsUp(server))
        {
            strike.CrashAndRestart(server, Duration.Seconds(10) + strike.Draw.Around(5, Duration.Seconds(10)));
            strike.Fired();
        }
    }

    private static void RollingRestart(FaultStrike strike) =>
        OneByOne(strike, server =>
        {
            if (strike.KillAndRestart(server, Duration.Milliseconds(100)))
            {
                strike.Bite();
            }
        });

    private static void Pause(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        strike.World.Pause(server, strike.Draw.Around(3, Duration.Seconds(1)));
    }

    // Deadlines pass for all of them meanwhile, and they act on that at almost the same moment.
    private static void Freeze(FaultStrike strike)
    {
        Duration span = strike.Draw.Around(3, Duration.Seconds(2));
        for (int i = 0; i < strike.World.ServerCount; i++)
        {
            strike.World.Pause(i, span + strike.Draw.At(i).Around(3, Duration.Microseconds(200)), strike.Bite);
        }
    }

    private static void SlowServer(FaultStrike strike)
    {
        SimServer server = strike.World.Servers[strike.LeaderOrServer];
        server.SlowStepBites.Set(strike.Bite);
        server.StepMean = Duration.Milliseconds(1L << strike.Draw.Below(5, 7));
        strike.World.Say($"s{server.Number} takes {server.StepMean} for a step");
        strike.Impairs([server.Number], () =>
        {
            server.StepMean = Duration.Zero;
            server.SlowStepBites.Set(null);
            strike.World.Say($"s{server.Number} is quick again");
        });
    }

    private static void SlowApply(FaultStrike strike)
    {
        SimServer server = strike.World.Servers[strike.LeaderOrServer];
        server.SlowApplyBites.Set(strike.Bite);
        server.ApplyMean = Duration.Milliseconds(1L << strike.Draw.Below(5, 10));
        strike.World.Say($"s{server.Number} takes {server.ApplyMean} to apply a batch");
        strike.Impairs([server.Number], () =>
        {
            server.ApplyMean = Duration.Zero;
            server.SlowApplyBites.Set(null);
            strike.World.Say($"s{server.Number} applies quickly again");
        });
    }
}
