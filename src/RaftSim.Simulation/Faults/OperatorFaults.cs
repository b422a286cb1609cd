using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Simulation.Faults;

// What operators and callers do, and what changes when a server starts again.
internal static class OperatorFaults
{
    public static FaultCatalogue.Entry[] All =>
    [
        new(FaultKind.Configure, 5, Configure),
        new(FaultKind.Remove, 15, Remove),
        new(FaultKind.Churn, 25, Churn),
        new(FaultKind.Transfer, 15, Transfer),
        new(FaultKind.Burst, 15, Burst),
        new(FaultKind.ClockJump, 15, JumpClock),
        new(FaultKind.Upgrade, 40, Upgrade),
    ];

    private static void Configure(FaultStrike strike)
    {
        int asked = strike.Server;
        if (!strike.World.IsUp(asked))
        {
            return;
        }

        Draw draw = strike.Draw;
        ulong known = strike.World.Node(asked).State.ModifyIndex.Value;
        AutopilotConfig own = strike.World.Servers[asked].Options.InitialAutopilot;
        AutopilotConfig config = new()
        {
            EnableRedundancyZones = own.EnableRedundancyZones && draw.PerMille(11, 900),
            EnableCustomUpgrades = own.EnableCustomUpgrades && draw.PerMille(12, 900),
            DisableUpgradeMigration = strike.World.IsShaped && draw.PerMille(13, 150),
            CleanupDeadServers = draw.PerMille(4, 800),
            LastContactThreshold = Duration.Milliseconds(200L << draw.Below(5, 4)),
            MaxTrailingLogs = 100UL << draw.Below(6, 4),
            MinQuorum = draw.Below(7, 4UL),
            ServerStabilizationTime = Duration.Seconds(1L << draw.Below(8, 4)),
        };
        strike.Ask(asked, new SetAutopilotConfigRequest(config, draw.PerMille(9, 500) ? known : null));
        strike.Fired();
    }

    private static void Remove(FaultStrike strike)
    {
        if (TryRemove(strike, strike.Server, strike.Draw.Below(4, strike.World.ServerCount)))
        {
            strike.Fired();
        }
    }

    // Each through another server: who leads may hear of the second while the first is under way.
    private static void Churn(FaultStrike strike)
    {
        int[] servers = strike.Shuffled();
        bool hasBegun = false;
        for (int i = 0; i < Math.Min(2 + strike.Draw.Below(5, 3), servers.Length); i++)
        {
            hasBegun |= TryRemove(strike, servers[^(i + 1)], servers[i]);
        }

        if (hasBegun)
        {
            strike.Fired();
        }
    }

    private static bool TryRemove(FaultStrike strike, int asked, int removed)
    {
        ServerId id = strike.World.Status(removed).Self;
        if (!strike.World.IsUp(asked) || id.IsNone || !strike.Budget.MayRemove())
        {
            return false;
        }

        RemoveServerRequest request = strike.Draw.PerMille(5, 500)
            ? new RemoveServerRequest(id.Value, null)
            : new RemoveServerRequest(null, SimWorld.AddressOf(removed).Value);
        strike.Budget.Removing(strike.Ask(asked, request)!);
        return true;
    }

    private static void Transfer(FaultStrike strike)
    {
        string? target = strike.Draw.PerMille(5, 300)
            ? null
            : SimWorld.AddressOf(strike.Draw.Below(4, strike.World.ServerCount)).Value;
        if (strike.Ask(strike.Server, new TransferLeadershipRequest(null, target)) is not null)
        {
            strike.Fired();
        }
    }

    private static void Burst(FaultStrike strike)
    {
        strike.Flood(strike.Server, 50 << strike.Draw.Below(5, 4), 0);
        if (strike.World.IsUp(strike.Server))
        {
            strike.Fired();
        }
    }

    private static void JumpClock(FaultStrike strike)
    {
        int server = strike.LeaderOrServer;
        Duration hours = Duration.Seconds(6 * 3600);
        if (strike.World.IsUp(server))
        {
            strike.World.Servers[server].WallSkew += strike.Draw.Between(5, hours * -1, hours);
            strike.KillAndRestart(server, Duration.Milliseconds(100));
            strike.Fired();
        }
    }

    private static void Upgrade(FaultStrike strike)
    {
        SimWorld world = strike.World;
        string version = $"1.{strike.Draw.Below(5, 20)}.{strike.Draw.Below(7, 10)}";
        ProcessFaults.OneByOne(strike, server =>
        {
            SimServer upgraded = world.Servers[server];
            upgraded.Options = upgraded.Options with { Version = version };
            world.IsUpgraded = true;
            strike.Bite();
            strike.KillAndRestart(server, Duration.Milliseconds(500));
        });
    }
}
