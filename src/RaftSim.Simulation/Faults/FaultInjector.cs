using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Faults;

/// <summary>
/// Strikes a world with the faults of a plan. The n-th fault of a kind (when, whom, how hard, how long) follows from the
/// seed, the kind and n alone, so that leaving one out leaves the others as they were.
/// </summary>
internal sealed class FaultInjector(SimWorld world, FaultPlan plan, Duration duration)
{
    // A kind that was asked for by name and found nothing to strike tries again.
    private static readonly Duration _again = Duration.Milliseconds(500);

    private readonly Draw _draw = Draw.Of(world.Seed, Concern.Fault);
    private readonly ulong[] _counts = new ulong[FaultCounts.Kinds.Length];
    private readonly long[] _dueAt = new long[FaultCounts.Kinds.Length];
    private readonly FaultBudget _budget = new(world, IsReckless(world.Seed, plan));
    private readonly Slots<Ending> _endings = new();
    private readonly SortedDictionary<int, Ending> _open = [];
    private readonly List<ILookout> _lookouts = [];
    private readonly IReadOnlyList<Decision>? _only = world.OnlyStrikes;
    private bool _isStopped;

    /// <summary>How long faults last that last for a while, on average.</summary>
    public Duration SpanMean { get; } = SpanOf(world.Seed, plan);

    /// <summary>How long faults last on average in the world of a seed: mostly, and when asked for by name, 3 s.</summary>
    public static Duration SpanOf(ulong seed, FaultPlan plan) => Draw.Of(seed, Concern.Swarm).Below(6, 8) switch
    {
        0 when plan.IsSwarm => Duration.Milliseconds(300),
        1 when plan.IsSwarm => Duration.Seconds(12),
        2 when plan.IsSwarm => Duration.Seconds(48),
        _ => Duration.Seconds(3),
    };

    /// <summary>Whether disks may be lost while servers seem dead: in one of eight worlds of a swarm.</summary>
    public static bool IsReckless(ulong seed, FaultPlan plan) =>
        plan.IsSwarm && Draw.Of(seed, Concern.Swarm).Below(7, 8) == 0;

    /// <summary>Whether kinds were asked for by name.</summary>
    public bool IsByName => !plan.IsSwarm;

    /// <summary>Whether a kind was asked for by name and has not struck yet.</summary>
    public bool IsOverdue(FaultKind kind) => !plan.IsSwarm && world.Faults[kind] == 0;

    /// <summary>Whether what is left can go on.</summary>
    public bool IsRecoverable() => _budget.IsRecoverable();

    public void Begin()
    {
        IReadOnlyList<FaultKind> kinds = plan.KindsOf(world.Seed);
        world.Network.Options = FaultRates.Worsen(world.Seed, kinds, world.Network.Options);
        foreach (FaultKind kind in kinds.Where(FaultCatalogue.Strikes))
        {
            ScheduleNext(kind);
        }

        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            ScheduleOnly(kind, 0);
        }
    }

    /// <summary>Nothing new strikes from now on, and what lasts ends.</summary>
    public void Stop()
    {
        _isStopped = true;
        foreach (Ending ending in _open.Values.ToArray())
        {
            Carry(ending);
        }

        _open.Clear();
    }

    /// <summary>The next fault of a kind is due; when others are left out, the one of those that are left.</summary>
    public void Strike(int slot)
    {
        if (_isStopped)
        {
            return;
        }

        if (_only is not null)
        {
            Strike(_only[slot]);
            ScheduleOnly(_only[slot].Fault, slot + 1);
            return;
        }

        FaultKind kind = (FaultKind)slot;
        if (world.Timeline.Now < _dueAt[slot] && !IsOverdue(kind))
        {
            // What the last one had begun has had its effect since.
            Schedule(kind, _dueAt[slot]);
            return;
        }

        Strike(Decision.Strike(kind, _counts[slot], world.Now));
        ScheduleNext(kind);
    }

    private void Strike(Decision decision)
    {
        world.Begins(decision);
        FaultStrike strike = new(
            world, this, _budget, decision, _draw.At((int)decision.Fault).At(decision.Number));
        if (decision.Kind == DecisionKind.Blow)
        {
            // After what happens at that moment, which may be what the ambush waited for.
            strike.Later(Duration.Zero, () => new Ambush(strike).Strike(decision.To, decision.Part));
        }
        else
        {
            FaultCatalogue.Strike(decision.Fault, strike);
        }

        world.Follows(null);
    }

    /// <summary>Somebody lies in wait.</summary>
    public void Add(ILookout lookout) => _lookouts.Add(lookout);

    /// <summary>Somebody lies in wait no more.</summary>
    public void Remove(ILookout lookout)
    {
        lookout.End();
        _lookouts.Remove(lookout);
    }

    /// <summary>A server has changed: whoever waits for that may strike.</summary>
    public void Noticed(in ServerObservation seen)
    {
        foreach (ILookout lookout in _lookouts)
        {
            lookout.Notice(seen);
        }
    }

    /// <summary>What was to come later is due.</summary>
    public void Due(int slot)
    {
        Ending ending = _endings.Take(slot);
        if (!_isStopped || ending.IsRestart)
        {
            _open.Remove(slot);
            Carry(ending);
        }
    }

    /// <summary>Something happens in a while, unless peace comes first.</summary>
    public void Later(Duration span, int? cause, Action action) =>
        Schedule(span, new Ending(action, IsRestart: false, cause));

    /// <summary>Something ends in a while, or when peace comes.</summary>
    public void EndLater(Duration span, int? cause, Action end)
    {
        Ending ending = new(end, IsRestart: false, cause);
        _open.Add(Schedule(span, ending), ending);
    }

    /// <summary>Starts a server again in a while, in peace, too; after 1 s if not said.</summary>
    public void RestartLater(int server, Duration? span = null, int? cause = null) =>
        Schedule(span ?? Duration.Seconds(1), new Ending(() => world.Restart(server), IsRestart: true, cause));

    private void Carry(Ending ending)
    {
        int? before = world.Follows(ending.Cause);
        ending.Action();
        world.Follows(before);
    }

    private int Schedule(Duration span, Ending ending)
    {
        int slot = _endings.Put(ending);
        world.Timeline.Schedule(world.Timeline.Now + span.Nanos, SimEventKind.FaultEnd, slot: slot);
        return slot;
    }

    // When others are left out: the next of a kind that is left, at its time. As with all of them it is scheduled only now, so
    // that of two things of one moment the same one comes first.
    private void ScheduleOnly(FaultKind kind, int from)
    {
        for (int i = from; i < _only?.Count; i++)
        {
            if (_only[i].Fault == kind)
            {
                world.Timeline.Schedule(_only[i].At.Nanos, SimEventKind.Fault, slot: i);
                return;
            }
        }
    }

    private void ScheduleNext(FaultKind kind)
    {
        if (_only is not null)
        {
            return;
        }

        ulong number = ++_counts[(int)kind];
        Draw draw = _draw.At((int)kind).At(number);
        Duration gap = draw.Around(1, FaultRates.MeanGap(world.Seed, kind));
        if (number == 1 && IsOverdue(kind))
        {
            // It was asked for: then it is to be seen.
            Duration soon = draw.Between(5, Duration.Zero, duration / 2);
            gap = gap < soon ? gap : soon;
        }

        long now = world.Timeline.Now;
        _dueAt[(int)kind] = now + gap.Nanos;
        Schedule(kind, IsOverdue(kind) && number > 1 ? Math.Min(now + _again.Nanos, now + gap.Nanos) : now + gap.Nanos);
    }

    private void Schedule(FaultKind kind, long at) => world.Timeline.Schedule(at, SimEventKind.Fault, slot: (int)kind);

    private sealed record Ending(Action Action, bool IsRestart, int? Cause);
}
