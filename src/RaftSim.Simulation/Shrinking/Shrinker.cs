namespace RaftSim.Simulation.Shrinking;

/// <summary>How far a shrinking is.</summary>
/// <param name="Runs">How many runs were made.</param>
/// <param name="Decisions">How many decisions are left.</param>
/// <param name="Duration">How long the run is by now.</param>
public readonly record struct ShrinkProgress(int Runs, int Decisions, Duration Duration);

/// <summary>
/// Reduces a failing run to the few decisions that matter: it leaves out more and more of them, as long as the same checker
/// still objects (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). Randomness is keyed, so
/// what is left stays as it was. The same input gives the same result.
/// </summary>
/// <param name="scenario">The failing run.</param>
/// <param name="adjust">Changes what its worlds are made of, such as their checkers; called anew for each run.</param>
public sealed class Shrinker(SimScenario scenario, Func<SimOptions, SimOptions>? adjust = null)
{
    // From so many on decisions are left out in heaps.
    private const int Many = 40;
    private const int Few = 6;
    private const int ThinTries = 36;

    // While decisions are left out, the failure may come a little later.
    private static readonly Duration _slack = Duration.Seconds(2);

    private string _checker = "";
    private ShrunkRun? _best;
    private ShrunkRun? _last;
    private int _runs;
    private int _size;

    /// <summary>Most runs to make. At least 1; default 1000.</summary>
    public int RunsMax { get; init; } = 1_000;

    /// <summary>
    /// Asked between runs: when it is true no more is tried, and what is left by then is the result. Default: nobody.
    /// </summary>
    public Func<bool>? IsCancelled { get; init; }

    /// <summary>Told after every run. Default: nobody.</summary>
    public Action<ShrinkProgress>? Progress { get; init; }

    /// <summary>What is left of the run; <see langword="null"/> when it does not fail.</summary>
    public ShrunkRun? Shrink()
    {
        ShrunkRun all = Run(scenario);
        if (all.Result.Violation is not { } violation)
        {
            return null;
        }

        _checker = violation.Checker;
        _best = _last = all;
        _size = all.Decisions.Count;
        if (TryBegin())
        {
            TryWithout(_ => true);
            DropKinds();
            int before;
            do
            {
                before = Left;
                Shorten();
                Calm();
                Reduce(DecisionKind.Strike);
                SplitAmbushes();
                Reduce(DecisionKind.Blow);
                Thin(decision => decision.Kind == DecisionKind.Message);
                Reduce(DecisionKind.Message);
                Thin(decision => decision.Kind == DecisionKind.Request);
                Reduce(DecisionKind.Request);
                Thin(_ => true);
            }
            while (Left < before && !IsOver);
        }

        return Finish();
    }

    private int Left => _best!.Decisions.Count;

    private bool IsOver => _runs >= RunsMax || IsCancelled?.Invoke() == true;

    // All that came to pass and nothing else. Whether somebody must be able to write can only be judged where everybody asks.
    private bool TryBegin() => TryOnly([.. Kept]) || TryOnly([.. Kept, Decision.EveryRequest]);

    private IEnumerable<Decision> Kept => _best!.Decisions.Select(entry => entry.Decision);

    private void DropKinds()
    {
        TryWithout(decision => decision.Kind == DecisionKind.Request);
        TryWithout(decision => decision.Kind == DecisionKind.Message);
        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            TryWithout(decision => decision.Fault == kind && decision.Kind != DecisionKind.Request);
        }
    }

    // Everything of the make-up at once, or one trait after the other.
    private void Calm()
    {
        if (!_best!.Scenario.IsSwarm || _best.Scenario.Calm == SwarmTraits.All
            || Try(_best.Scenario with { Calm = SwarmTraits.All }))
        {
            return;
        }

        foreach (SwarmTraits trait in Enum.GetValues<SwarmTraits>())
        {
            if (trait != SwarmTraits.All && (_best.Scenario.Calm & trait) != trait)
            {
                Try(_best.Scenario with { Calm = _best.Scenario.Calm | trait });
            }
        }
    }

    // What rests on how things happen to fall together may fall together otherwise, too, with far fewer of them: an eighth, a
    // quarter or half, chosen at random.
    private void Thin(Func<Decision, bool> of)
    {
        int tries = 0;
        while (tries < ThinTries && Kept.Count(of) > Few)
        {
            int share = 8 >> (tries++ * 3 / ThinTries);
            Draw draw = Draw.Of(scenario.Seed, Concern.Shrinking).At(_runs);
            if (TryWithout(decision => of(decision) && KeyOf(draw, decision).Below(1, share) > 0))
            {
                tries = 0;
            }
        }
    }

    private static Draw KeyOf(Draw draw, Decision decision) =>
        draw.At((int)decision.Kind).At((int)decision.Fault).At(decision.From).At(decision.To).At(decision.Number);

    // Halves, quarters, and so on to single ones; of many, only so far that it takes no more runs than with few.
    private void Reduce(DecisionKind kind)
    {
        int least = Math.Max(1, Of(kind).Length / Many);
        for (int size = Math.Max(1, Of(kind).Length / 2); size >= least; size /= 2)
        {
            int at = 0;
            while (at < Of(kind).Length && !IsOver)
            {
                Decision[] all = Of(kind);
                SortedSet<Decision> chunk = [.. all[at..Math.Min(at + size, all.Length)]];
                at += TryWithout(chunk.Contains) ? 0 : size;
            }
        }
    }

    // An ambush as its single blows, each at its time, whatever gave rise to it.
    private void SplitAmbushes()
    {
        foreach (Decision ambush in Of(DecisionKind.Strike).Where(decision => decision.Fault == FaultKind.Ambush))
        {
            IEnumerable<Decision> blows = _best!.Parts.Where(part => part.Number == ambush.Number);
            TryOnly([.. _best.Scenario.Only!.Where(decision => decision != ambush), .. blows]);
        }
    }

    private Decision[] Of(DecisionKind kind) => [.. Kept.Where(decision => decision.Kind == kind)];

    // What fails in peace may do so after a shorter war; what fails before is cut off behind the failure as it is found.
    private void Shorten()
    {
        Duration end = _best!.Scenario.Duration;
        if (_best.Result.Violation!.Time < end)
        {
            return;
        }

        Duration last = _best.Decisions.Select(entry => entry.At).DefaultIfEmpty(Duration.Zero).Max();
        foreach (Duration more in (Duration[])[Duration.Milliseconds(1), Duration.Seconds(1), Duration.Seconds(5), end / 2])
        {
            if (last + more < end && Try(_best.Scenario.Cut(last + more)))
            {
                return;
            }
        }
    }

    // A run that breaks off right behind the failure is the same up to there. If a user's checker has it otherwise, the last run
    // that failed is told as it was.
    private ShrunkRun Finish()
    {
        SimScenario least = _best!.Scenario;
        Duration failed = _best.Result.Violation!.Time;
        ShrunkRun last = Run(
            failed < least.Duration && least.Only is not null ? least.Cut(failed) : least);
        return (Fails(last) ? last : _last!) with { Runs = _runs, Before = _size, IsCut = IsOver };
    }

    private bool TryWithout(Func<Decision, bool> isGone)
    {
        Decision[] left = [.. Kept.Where(decision => !isGone(decision))];
        if (left.Length == Left)
        {
            return false;
        }

        bool asksAll = _best!.Scenario.Only!.Contains(Decision.EveryRequest)
            && left.Count(decision => decision.Kind == DecisionKind.Request) == Of(DecisionKind.Request).Length;
        return TryOnly(asksAll ? [.. left, Decision.EveryRequest] : left);
    }

    private bool TryOnly(Decision[] only) => Try(_best!.Scenario with { Only = only });

    private bool Try(SimScenario candidate)
    {
        if (IsOver)
        {
            return false;
        }

        ShrunkRun run = Run(candidate);
        if (!Fails(run))
        {
            return false;
        }

        // What did not come to pass, or after the failure, decided nothing.
        Duration enough = run.Result.Violation!.Time + _slack;
        _last = run;
        _best = run with
        {
            Scenario = (enough < candidate.Duration ? candidate.Cut(enough) : candidate) with
            {
                Only = candidate.Only!.Contains(Decision.EveryRequest)
                    ? [.. run.Strikes, Decision.EveryRequest]
                    : [.. run.Decisions.Select(entry => entry.Decision)],
            },
        };
        return true;
    }

    private bool Fails(ShrunkRun run) =>
        string.Equals(run.Result.Violation?.Checker, _checker, StringComparison.Ordinal);

    private ShrunkRun Run(SimScenario tried)
    {
        DecisionLog log = new();
        SimulationResult result = tried.Run(decisions: log, adjust: adjust);
        _runs++;
        Progress?.Invoke(new ShrinkProgress(_runs, _best is null ? log.Entries.Count : Left, tried.Duration));
        return new ShrunkRun(tried, result, log.Entries, adjust) { Parts = log.Parts };
    }
}
