using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Faults;

/// <summary>
/// Leaders come and go: each is cut off soon after its election, often with entries that it alone has, and comes back when
/// the next one is. So logs end in entries of many terms, and those of an earlier term lie on a majority before one of the
/// present term does (dissertation, figures 3.7 and 3.8).
/// </summary>
internal sealed class Relay(FaultStrike strike) : ILookout
{
    // What it takes to have one entry stored by others, and a part of it.
    private readonly Duration _trip = TripOf(strike.World);
    private readonly Duration _longest = strike.World.Servers[0].Options.ElectionTimeout * 8;
    private Action? _mend;
    private ulong _count;
    private bool _isOver;

    /// <summary>It begins with whoever leads.</summary>
    public void Provoke()
    {
        if (strike.World.Leader is int leader && strike.World.ServerCount > 1)
        {
            CutOff(leader);
        }
    }

    public void End() => _isOver = true;

    public void Notice(in ServerObservation seen)
    {
        if (!seen.BecameLeader || _isOver || strike.World.ServerCount == 1)
        {
            return;
        }

        int leader = seen.Server;
        Draw draw = strike.Draw.At(++_count);
        Duration delay = draw.Between(1, Duration.Zero, _trip * draw.Below(2, 5));
        strike.Later(delay, () => CutOff(leader));
    }

    private void CutOff(int leader)
    {
        Action? before = _mend;
        _mend = NetworkFaults.CutOff(strike, leader, _longest, strike.NextBite());
        before?.Invoke();
    }

    private static Duration TripOf(SimWorld world) =>
        ((world.Options.Network.DelayMin + world.Options.Network.DelayMean) * 2) + world.Options.Disk.SyncMax;
}
