using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Faults;

// What befalls leaders for being leaders: another one takes over, and they do not hear of it.
internal static class LeadershipFaults
{
    private const ulong Tries = 6;

    public static FaultCatalogue.Entry[] All =>
    [
        new(FaultKind.LateNews, 15, LateNews),
        new(FaultKind.Relay, 20, strike => strike.Set(new Relay(strike))),
    ];

    /// <summary>
    /// Again and again the leader is cut off for a little longer than its lease lasts, while callers who still reach it keep
    /// asking: with clocks that drift apart as far as they may, another leader is elected just when that lease ends.
    /// </summary>
    internal static void TryLease(FaultStrike strike, ulong count)
    {
        Draw draw = strike.Draw.At(count);
        if (strike.World.Leader is int leader)
        {
            switch (draw.Below(2, 5))
            {
                case 0 or 1:
                    HurryAnother(strike, draw, leader);
                    break;
                case 2 when SlowestClock(strike.World) is int slowest && slowest != leader:
                    // It is the slowest one whose lease may be too long.
                    Transfer(strike, leader, slowest);
                    strike.Fired();
                    strike.Later(TimeoutOf(strike), () => CutOffAndAsk(strike, draw, slowest));
                    break;
                default:
                    CutOffAndAsk(strike, draw, leader, strike.NextBite());
                    break;
            }
        }

        TryAgain(strike, count, TryLease);
    }

    private static void LateNews(FaultStrike strike)
    {
        if (strike.World.HasLeases && strike.World.ServerCount > 1 && strike.Draw.PerMille(12, 700))
        {
            TryLease(strike, 1);
        }
        else
        {
            TakeOver(strike, 1);
        }
    }

    // Leadership moves to another server, and whoever led until then hears of it late: what others send to it takes a good part
    // of an election timeout. What they had answered before they voted comes in when another one leads already.
    private static void TakeOver(FaultStrike strike, ulong count)
    {
        if (strike.World.Leader is int leader && strike.World.ServerCount > 1)
        {
            Draw draw = strike.Draw.At(count);
            Duration timeout = TimeoutOf(strike);
            int next = Other(strike, draw, leader);
            strike.Fired();
            if (draw.PerMille(6, 300))
            {
                // It is told to campaign, and nobody hears that it does: its term is ahead of that of all others then.
                strike.Set(new Candidacy(next, () => NetworkFaults.CutOff(strike, next, timeout * 2)));
            }
            else
            {
                Delay(strike, leader, draw.Between(2, timeout / 20, timeout / 2));
                strike.Interrogate(leader, timeout, draw);
            }

            Transfer(strike, leader, next);
        }

        TryAgain(strike, count, TakeOver);
    }

    private static void Transfer(FaultStrike strike, int leader, int next) =>
        strike.Ask(leader, new TransferLeadershipRequest(null, SimWorld.AddressOf(next).Value));

    private static void TryAgain(FaultStrike strike, ulong count, Action<FaultStrike, ulong> again)
    {
        if (count < Tries)
        {
            strike.Later(strike.Draw.At(count).Around(1, TimeoutOf(strike) * 3), () => again(strike, count + 1));
        }
    }

    private static void CutOffAndAsk(FaultStrike strike, Draw draw, int leader, Action? bite = null)
    {
        Duration span = TimeoutOf(strike) * 2;
        NetworkFaults.CutOff(strike, leader, span, bite);
        strike.Interrogate(leader, span, draw);
    }

    // One server does not hear the leader, and asks the others for their votes all the time. They keep their promise to the
    // leader, also when they start again: it is then cut off, and may still hold a lease that rests on them.
    private static void HurryAnother(FaultStrike strike, Draw draw, int leader)
    {
        SimWorld world = strike.World;
        Duration timeout = TimeoutOf(strike);
        Duration wait = timeout + draw.Between(3, Duration.Zero, timeout * 2);
        int hurried = Other(strike, draw, leader);
        NetworkFaults.CutFor(
            strike, [leader, hurried], [(leader, hurried), (hurried, leader)], wait + timeout, strike.NextBite());
        strike.Later(wait, () =>
        {
            if (world.Leader != leader)
            {
                return;
            }

            CutOffAndAsk(strike, draw, leader);
            for (int server = 0; server < world.ServerCount; server++)
            {
                if (server != leader && server != hurried)
                {
                    strike.KillAndRestart(server, draw.At(server).Around(6, Duration.Milliseconds(5)));
                }
            }
        });
    }

    // What others send to a server takes about that long for a while.
    private static void Delay(FaultStrike strike, int server, Duration late)
    {
        SimNetwork network = strike.World.Network;
        Duration usual = network.Options.DelayMin + network.Options.DelayMean;
        int times = (int)Math.Clamp(late.Nanos / usual.Nanos, 2, 1 << 13);
        Turn(times);
        strike.World.Say($"links to s{server} take {times} times as long");
        strike.Impairs([server], () =>
        {
            Turn(1);
            strike.World.Say($"links to s{server} are as before");
        }, TimeoutOf(strike) + (late * 2));

        void Turn(int times)
        {
            for (int other = 0; other < strike.World.ServerCount; other++)
            {
                if (other != server)
                {
                    network.Slow(other, server, times);
                }
            }
        }
    }

    private static int Other(FaultStrike strike, Draw draw, int server) =>
        (server + 1 + draw.Below(4, strike.World.ServerCount - 1)) % strike.World.ServerCount;

    private static int SlowestClock(SimWorld world)
    {
        int slowest = 0;
        for (int server = 1; server < world.ServerCount; server++)
        {
            slowest = world.Servers[server].Clock.DriftPpm < world.Servers[slowest].Clock.DriftPpm ? server : slowest;
        }

        return slowest;
    }

    private static Duration TimeoutOf(FaultStrike strike) => strike.World.Servers[0].Options.ElectionTimeout;

    // Strikes once, when a server has just begun to campaign and has not asked anybody yet.
    private sealed class Candidacy(int candidate, Action strike) : ILookout
    {
        private bool _isOver;

        public void Notice(in ServerObservation seen)
        {
            if (!_isOver && seen.Server == candidate && seen.Now.Role == RaftRole.Candidate
                && seen.Before.Role != RaftRole.Candidate)
            {
                _isOver = true;
                strike();
            }
        }

        public void End() => _isOver = true;
    }
}
