using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Simulation.Faults;

// What is aimed at autopilot's policy: zones, upgrades, and the moments in which it acts.
internal static class PolicyFaults
{
    private const int CascadeMin = 2;

    // Within this autopilot deals with a dead server, or never: silence, a state that shows it, the next round.
    private static readonly Duration _dealtWithin = Duration.Seconds(20);
    private static readonly Duration _longOutage = Duration.Seconds(10);

    public static FaultCatalogue.Entry[] All =>
    [
        new(FaultKind.ZoneLoss, 20, LoseZone),
        new(FaultKind.ZoneCut, 20, CutZone),
        new(FaultKind.Cascade, 30, Cascade),
        new(FaultKind.UpgradeTransfer, 10, TransferInUpgrade),
        new(FaultKind.SettingsRace, 20, Race),
    ];

    private static void LoseZone(FaultStrike strike)
    {
        Duration down = SpanOf(strike);
        int[] servers = [.. ZoneToStrike(strike).Where(strike.World.IsUp)];
        foreach (int server in servers)
        {
            strike.CrashAndRestart(server, down + strike.Draw.At(server).Around(1, Duration.Milliseconds(200)));
        }

        if (servers.Length > 0)
        {
            strike.Fired();
        }
    }

    private static void CutZone(FaultStrike strike)
    {
        SimWorld world = strike.World;
        int[] zone = ZoneToStrike(strike);
        if (zone.Length > 0 && zone.Length < world.ServerCount)
        {
            int split = world.Split(zone, strike.Bite);
            strike.Impairs(zone, () => world.Rejoin(split), SpanOf(strike), isCut: true);
        }
    }

    private static void Cascade(FaultStrike strike)
    {
        if (strike.IsAboutPolicy)
        {
            Fall(strike, strike.Shuffled(), CascadeMin + strike.Draw.Below(5, 3));
        }
    }

    // The next voter that is up; the one after it only when this one has lost its vote.
    private static void Fall(FaultStrike strike, ReadOnlySpan<int> order, int count)
    {
        SimWorld world = strike.World;
        for (int i = 0; i < order.Length && count > 0; i++)
        {
            int server = order[i];
            ServerId id = world.Status(server).Self;
            if (!world.IsUp(server) || world.Leader is not int leader || !world.Status(leader).Configuration.IsVoter(id))
            {
                continue;
            }

            int[] others = order[(i + 1)..].ToArray();
            strike.CrashAndRestart(server, _dealtWithin + strike.Draw.At(count).Around(3, _longOutage));
            strike.Fired();
            strike.When(() => HasLostVote(world, id), _dealtWithin, () => Fall(strike, others, count - 1));
            return;
        }
    }

    private static bool HasLostVote(SimWorld world, ServerId id) => world.Leader is int leader
        && world.Status(leader) is var status
        && !status.Configuration.IsVoter(id)
        && status.ConfigurationIndex <= status.Commit;

    // Half of the time while votes or leadership are on the move, else also while new servers wait.
    private static void TransferInUpgrade(FaultStrike strike)
    {
        if (!strike.IsAboutPolicy)
        {
            return;
        }

        SimWorld world = strike.World;
        bool isPatient = strike.Draw.PerMille(5, 500) && !strike.IsOverdue;
        strike.When(() => IsUnderWay(world, isPatient), _dealtWithin, () =>
        {
            int leader = world.Leader!.Value;
            int[] voters =
            [
                .. Enumerable.Range(0, world.ServerCount).Where(server => server != leader
                    && world.Status(leader).Configuration.IsVoter(world.Status(server).Self)),
            ];
            if (voters.Length > 0)
            {
                string target = SimWorld.AddressOf(voters[strike.Draw.Below(6, voters.Length)]).Value;
                strike.Ask(leader, new TransferLeadershipRequest(null, target));
                strike.Fired();
            }
        });
    }

    private static bool IsUnderWay(SimWorld world, bool isMoving) => world.Leader is int leader
        && world.Node(leader).AutopilotState?.Upgrade is { } upgrade
        && upgrade.Status switch
        {
            UpgradeStatus.AwaitNewVoters => !isMoving,
            UpgradeStatus.Promoting or UpgradeStatus.Demoting or UpgradeStatus.LeaderTransfer => true,
            _ => false,
        };

    // A server dies, and when it counts as failed, and is about to be removed or to lose its vote, the settings change.
    private static void Race(FaultStrike strike)
    {
        SimWorld world = strike.World;
        int victim = strike.Server == world.Leader && world.ServerCount > 1 ? strike.Other(strike.Server) : strike.Server;
        bool isAnyDown = Enumerable.Range(0, world.ServerCount).Any(server => world.IsHere(server) && !world.IsUp(server));
        if (!strike.IsAboutPolicy || !world.IsUp(victim) || (isAnyDown && strike.IsOverdue))
        {
            return;
        }

        strike.KillAndRestart(victim, _dealtWithin + strike.Draw.Around(3, _longOutage));
        strike.Later(
            world.Servers[victim].Options.FailureTimeout + strike.Draw.Around(6, Duration.Seconds(1)),
            () => strike.When(() => world.Leader is not null, _dealtWithin, () => ChangeSettings(strike)));
    }

    private static void ChangeSettings(FaultStrike strike)
    {
        Draw draw = strike.Draw;
        if (strike.World.Leader is int leader && strike.World.Node(leader).State.Autopilot is { } settings)
        {
            AutopilotConfig own = strike.World.Servers[leader].Options.InitialAutopilot;
            strike.Ask(leader, new SetAutopilotConfigRequest(
                settings with
                {
                    CleanupDeadServers = draw.PerMille(7, 500),
                    MinQuorum = draw.Below(8, 5UL),
                    DisableUpgradeMigration = draw.PerMille(9, 300),
                    EnableRedundancyZones = own.EnableRedundancyZones && draw.PerMille(11, 800),
                    EnableCustomUpgrades = own.EnableCustomUpgrades && draw.PerMille(12, 800),
                },
                null));
            strike.Fired();
        }
    }

    // In half of all cases so long that autopilot has to do without it.
    private static Duration SpanOf(FaultStrike strike) =>
        strike.Draw.PerMille(6, 500) ? _longOutage + strike.Draw.Around(7, _longOutage) : strike.Span;

    // That of the leader, often, or of any server; nobody's when the server has none.
    private static int[] ZoneToStrike(FaultStrike strike)
    {
        SimWorld world = strike.World;
        string zone = world.ZoneTagOf(strike.LeaderOrServer);
        return zone.Length == 0
            ? []
            : [.. Enumerable.Range(0, world.ServerCount).Where(server => world.IsHere(server)
                && string.Equals(world.ZoneTagOf(server), zone, StringComparison.Ordinal))];
    }
}
