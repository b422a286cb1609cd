using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Faults;

/// <summary>
/// Waits for servers that have just done a certain thing, and strikes about half of them a moment later: what must not come
/// apart comes apart there, if anywhere. Chance alone seldom strikes within the few milliseconds that matter.
/// </summary>
internal sealed class Ambush(FaultStrike strike) : ILookout
{
    private const int Occasions = 11;
    private const int Blows = 6;
    private const int Transferring = 6;
    private const int Appending = 8;
    private const int ProvocationsFrom = 1_000_000;

    // Asked for by name it has to strike: leaders append in every world.
    private readonly int _occasion = strike.IsOverdue ? Appending : strike.Draw.Below(5, Occasions);
    private readonly int _blow = strike.Draw.Below(6, Blows);
    private readonly int? _second = strike.Draw.PerMille(10, 300) ? strike.Draw.Below(11, Blows) : null;
    private readonly Duration _delay = strike.Draw.Below(7, 5) switch
    {
        0 => Duration.Zero,
        1 => Duration.Microseconds(300),
        2 => Duration.Milliseconds(2),
        3 => Duration.Milliseconds(15),
        _ => Duration.Milliseconds(100),
    };

    private readonly Duration _span = Duration.Milliseconds(20L << strike.Draw.Below(8, 9));
    private int _count;
    private int _provocations;
    private bool _isOver;

    public void Provoke()
    {
        if (_occasion != Transferring || _isOver)
        {
            return;
        }

        int part = 2 * (ProvocationsFrom + ++_provocations);
        Draw draw = DrawOf(part);
        Strike(draw.Below(1, strike.World.ServerCount), part);
        strike.Later(draw.Around(3, Duration.Milliseconds(700)), Provoke);
    }

    public void End() => _isOver = true;

    public void Notice(in ServerObservation seen)
    {
        if (!Awaits(seen))
        {
            return;
        }

        int part = 2 * ++_count;
        Draw draw = DrawOf(part);
        if (draw.PerMille(1, 500))
        {
            // In one of four cases somebody else is struck: whoever it has to do with.
            int victim = draw.PerMille(2, 250) ? draw.Below(3, strike.World.ServerCount) : seen.Server;
            strike.Later(draw.Around(4, _delay), () => Strike(victim, part));
            if (_second is not null && strike.World.ServerCount > 1)
            {
                int other = (victim + 1 + draw.Below(7, strike.World.ServerCount - 1)) % strike.World.ServerCount;
                strike.Later(draw.Around(8, _delay), () => Strike(other, part + 1));
            }
        }
    }

    /// <summary>One blow: what it is follows from its number, whomever it hits.</summary>
    public void Strike(int victim, int part)
    {
        SimWorld world = strike.World;
        if (!world.IsUp(victim))
        {
            return;
        }

        if (strike.Decision.Kind == DecisionKind.Strike)
        {
            world.Decisions?.Parts.Add(Decision.Blow(strike.Decision.Number, part, victim, world.Now));
        }

        Draw draw = DrawOf(part);
        if (part / 2 > ProvocationsFrom)
        {
            string target = SimWorld.AddressOf(draw.Below(2, world.ServerCount)).Value;
            strike.Ask(victim, new TransferLeadershipRequest(null, target));
            return;
        }

        Action bite = strike.NextBite();
        int blow = part % 2 == 0 ? _blow : _second ?? _blow;
        Duration span = draw.Around(5, _span);
        switch (blow)
        {
            case 0:
                strike.CrashAndRestart(victim, span);
                bite();
                break;
            case 1:
                strike.KillAndRestart(victim, span);
                bite();
                break;
            case 2:
                world.CrashAtIo(victim, 1 + draw.Below(6, 4), bite);
                break;
            case 3:
                world.Pause(victim, span, bite);
                break;
            case 4 when strike.Budget.MayLose(victim):
                world.Wipe(victim);
                bite();
                strike.RestartLater(victim, span);
                break;
            default:
                NetworkFaults.CutOff(strike, victim, span, bite);
                strike.Interrogate(victim, span, draw);
                break;
        }
    }

    private bool Awaits(in ServerObservation seen) => _occasion switch
    {
        // An election is what most depends on: it comes three times as often.
        0 or 9 or 10 => seen.BecameLeader,
        1 => seen.Now.Vote != seen.Before.Vote && !seen.Now.Vote.IsNone,
        2 => seen.Now.ConfigurationIndex != seen.Before.ConfigurationIndex,
        3 => seen.Now.Role == RaftRole.Leader && seen.Now.ConfigurationIndex != seen.Before.ConfigurationIndex,
        4 => (seen.Changes & RaftChanges.Truncated) != RaftChanges.None,
        5 => seen.Now.Snapshot != seen.Before.Snapshot,
        Transferring => !seen.Now.TransferTarget.IsNone && seen.Before.TransferTarget.IsNone,
        7 => seen.Now.HasCommittedThisTerm && !seen.Before.HasCommittedThisTerm,
        _ => seen.Now.Role == RaftRole.Leader && seen.Now.LastIndex > seen.Before.LastIndex,
    };

    // Each occasion has a draw, and its second blow one of its own.
    private Draw DrawOf(int part) => part % 2 == 0 ? strike.Draw.At(part / 2) : strike.Draw.At(part / 2).At(1);
}
