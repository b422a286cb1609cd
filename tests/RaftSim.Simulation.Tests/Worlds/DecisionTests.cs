namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Decisions of a seed are recorded, and can be left out one by one.</summary>
public sealed class DecisionTests
{
    private static readonly Duration Span = Duration.Seconds(20);

    // Goal: whoever records decisions does not change the run; a run of all that were recorded is the same run again.
    [Theory]
    [InlineData(701)]
    [InlineData(702)]
    [InlineData(703)]
    public void Recording_changes_nothing_and_all_that_was_recorded_is_the_same_run(ulong seed)
    {
        SimulationResult plain = SimWorld.Swarm(seed).Run(Span).RequireSuccess();
        (SimulationResult recorded, IReadOnlyList<DecisionEntry> all) = Run(seed, only: null);
        (SimulationResult again, _) = Run(seed, [.. all.Select(entry => entry.Decision), Decision.EveryRequest]);
        Assert.Equal(plain.TraceHash, recorded.TraceHash);
        Assert.Equal(plain.TraceHash, again.TraceHash);
    }

    // Goal: a kind that is asked for by name is tried again until it strikes; that, too, is the same run again.
    [Fact]
    public void Strikes_of_named_kinds_stay_where_they_were()
    {
        FaultPlan plan = FaultPlan.Of(FaultKind.Crash, FaultKind.Remove, FaultKind.Wipe);
        (SimulationResult result, IReadOnlyList<DecisionEntry> all) = Run(704, only: null, plan);
        (SimulationResult again, _) = Run(704, [.. all.Select(entry => entry.Decision), Decision.EveryRequest], plan);
        Assert.True(result.Faults[FaultKind.Remove] > 0);
        Assert.Equal(result.TraceHash, again.TraceHash);
    }

    // Goal: with one left out, of each kind of decision, all others of before come to pass when and as they were. (What
    // follows from another history, a request to another server for one, is not the same; that it is made is.)
    [Theory]
    [InlineData(DecisionKind.Strike)]
    [InlineData(DecisionKind.Message)]
    [InlineData(DecisionKind.Request)]
    public void Leaving_one_out_leaves_the_others_as_they_were(DecisionKind kind)
    {
        FaultPlan plan = FaultPlan.Of(FaultKind.Crash, FaultKind.Pause, FaultKind.Drop);
        (SimulationResult before, IReadOnlyList<DecisionEntry> all) = Run(705, only: null, plan);
        DecisionEntry[] few = [.. all.Where(entry => entry.Decision.Kind == kind)];
        DecisionEntry gone = few[few.Length / 2];
        Decision[] left = [.. all.Select(entry => entry.Decision).Where(decision => decision != gone.Decision)];
        (SimulationResult after, IReadOnlyList<DecisionEntry> others) = Run(705, left, plan);
        Assert.NotEqual(before.TraceHash, after.TraceHash);
        Assert.DoesNotContain(others, entry => entry.Decision == gone.Decision);
        Assert.Equal(
            all.Where(entry => entry.At < gone.At && entry.Decision != gone.Decision),
            others.Where(entry => entry.At < gone.At),
            Same);
        Assert.Equal(
            all.Where(entry => entry.Decision.Kind == DecisionKind.Strike && entry != gone).Select(When),
            others.Where(entry => entry.Decision.Kind == DecisionKind.Strike).Select(When));
    }

    // Goal: an ambush can be taken apart: its recorded blows alone do what the whole did.
    [Theory]
    [InlineData(711)]
    [InlineData(712)]
    public void The_blows_of_an_ambush_can_stand_for_it(ulong seed)
    {
        SimWorld whole = SimWorld.Swarm(seed, faults: FaultPlan.Of(FaultKind.Ambush));
        DecisionLog log = new();
        whole.Decisions = log;
        SimulationResult before = whole.Run(Span).RequireSuccess();
        Assert.NotEmpty(log.Parts);
        SimulationResult after = SimWorld.Swarm(seed, faults: FaultPlan.Of(FaultKind.Ambush))
            .WithOnly([.. log.Parts, Decision.EveryRequest])
            .Run(Span);
        Assert.Equal(before.TraceHash, after.TraceHash);
    }

    // Goal: without any decision a world is calm: nothing strikes, nobody asks, and it still has to work.
    [Fact]
    public void Without_any_decision_a_world_is_calm()
    {
        (SimulationResult result, IReadOnlyList<DecisionEntry> none) = Run(706, []);
        Assert.Empty(none);
        Assert.All(
            FaultCounts.Kinds.ToArray().Except([FaultKind.Drift, FaultKind.Skew]),
            kind => Assert.Equal(0, result.Faults[kind]));
    }

    // Goal: what a decision did is told in words, with what followed from it later.
    [Fact]
    public void What_a_decision_did_is_told_with_what_followed()
    {
        (_, IReadOnlyList<DecisionEntry> all) = Run(707, only: null, FaultPlan.Of(FaultKind.Crash, FaultKind.Drop));
        DecisionEntry crash = all.First(entry => entry.Decision.Fault == FaultKind.Crash && entry.Words.Length > 0);
        Assert.Matches(@"^s\d crashes, at [0-9.]+s s\d starts$", crash.Words);
        DecisionEntry drop = all.First(entry => entry.Decision.Kind == DecisionKind.Message);
        Assert.Matches(@"^drop of \w+ from s\d to s\d$", drop.Words);
        DecisionEntry request = all.First(entry => entry.Decision.Kind == DecisionKind.Request);
        Assert.Matches(@"^s\d is asked as request \d+ ", request.Words);
    }

    // Goal: a decision is read as it is written; nothing else is.
    [Theory]
    [InlineData("strike crash 3 at 2.5s")]
    [InlineData("blow 1 24 s2 at 3.5s")]
    [InlineData("message late-copy s0 s12 17")]
    [InlineData("request 12")]
    [InlineData("requests")]
    public void A_decision_is_read_as_it_is_written(string text)
    {
        Assert.True(Decision.TryParse(text, out Decision decision));
        Assert.Equal(text, decision.ToString());
        Assert.False(Decision.TryParse(text + " x", out _));
        Assert.False(Decision.TryParse("x" + text, out _));
    }

    private static (SimulationResult Result, IReadOnlyList<DecisionEntry> Decisions) Run(
        ulong seed, IReadOnlyList<Decision>? only, FaultPlan? plan = null)
    {
        SimWorld world = SimWorld.Swarm(seed, faults: plan);
        DecisionLog log = new();
        world.Decisions = log;
        world = only is null ? world : world.WithOnly(only);
        return (world.Run(Span).RequireSuccess(), log.Entries);
    }

    private static bool Same(DecisionEntry one, DecisionEntry other) =>
        one.Decision == other.Decision && one.At == other.At;

    private static (Decision, Duration) When(DecisionEntry entry) => (entry.Decision, entry.At);
}
