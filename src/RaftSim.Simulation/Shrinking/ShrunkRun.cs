using System.Globalization;
using System.Text;

namespace RaftSim.Simulation.Shrinking;

/// <summary>What is left of a failing run: written out as a scenario, a test in C#, and a trace.</summary>
public sealed record ShrunkRun
{
    private readonly Func<SimOptions, SimOptions>? _adjust;

    internal ShrunkRun(
        SimScenario scenario,
        SimulationResult result,
        IReadOnlyList<DecisionEntry> decisions,
        Func<SimOptions, SimOptions>? adjust)
    {
        Scenario = scenario;
        Result = result;
        Decisions = decisions;
        _adjust = adjust;
    }

    /// <summary>The run.</summary>
    public SimScenario Scenario { get; internal init; }

    /// <summary>How it ends.</summary>
    public SimulationResult Result { get; }

    /// <summary>The decisions that are left, with what they do.</summary>
    public IReadOnlyList<DecisionEntry> Decisions { get; }

    /// <summary>How many decisions there were.</summary>
    public int Before { get; internal init; }

    /// <summary>How many runs it took.</summary>
    public int Runs { get; internal init; }

    /// <summary>Whether it was ended, by <see cref="Shrinker.RunsMax"/> or from outside, before all was tried.</summary>
    public bool IsCut { get; internal init; }

    /// <summary>The blows of ambushes that are left whole.</summary>
    internal IReadOnlyList<Decision> Parts { get; init; } = [];

    /// <summary>The strikes and messages that are left.</summary>
    internal IEnumerable<Decision> Strikes =>
        Decisions.Select(entry => entry.Decision).Where(decision => decision.Kind != DecisionKind.Request);

    /// <summary>A scenario that <see cref="SimScenario.Parse"/> reads.</summary>
    public string ToScenario() => $"# {Failure}\n{Scenario.Write(Explain)}";

    /// <summary>
    /// A file with a test that fails until the defect is mended. Where options were adjusted, it does not compile before they are
    /// put in.
    /// </summary>
    public string ToTest()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        return string.Create(culture, $$"""
            #pragma warning disable IDE0005 // The file stands alone, wherever it is put.
            using RaftSim;
            using RaftSim.Simulation;
            using Xunit;

            namespace RaftSim.Simulation.Tests.Worlds;

            /// <summary>What is left of a run that failed.</summary>
            public sealed class Seed{{Scenario.Seed}}Tests
            {
                // Goal: what was found once stays found: {{Short}}.
                [Fact]
                public void What_seed_{{Scenario.Seed}}_decides_breaks_no_promise() =>
                    {{Code()}}
                        .RequireSuccess();
            }

            """);
    }

    /// <summary>Everything that happens in the run, line by line.</summary>
    public void WriteTrace(TextWriter writer) => WriteTrace(writer, null);

    /// <summary>The same; also, on <paramref name="page"/>, an HTML file that shows the run.</summary>
    public void WriteTrace(TextWriter writer, TextWriter? page)
    {
        ArgumentNullException.ThrowIfNull(writer);
        SimWorld world = Scenario.World(writer, adjust: _adjust);
        world.Record = page is null ? null : new RunRecord();
        world.Run(Scenario.Duration);
        if (page is not null)
        {
            world.Record!.WriteHtml(page);
        }
    }

    /// <summary>The decisions that are left, for people.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        CultureInfo culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"{Decisions.Count} of {Before} decisions are left after {Runs} runs");
        if (Scenario.Only is null)
        {
            return text.Append(IsCut ? ": nothing else was tried" : ": it does not come about by decisions").ToString();
        }

        foreach (DecisionEntry entry in Decisions)
        {
            text.Append(culture, $"\nat {entry.At} {entry.Words}  ({entry.Decision})");
        }

        return text.Append('\n').Append(Failure).ToString();
    }

    private string Failure =>
        Result.Violation is { } violation ? $"{Short}: {violation.Explanation.ReplaceLineEndings(" ")}" : Short;

    private string Short => Result.Violation is { } violation
        ? $"{violation.Checker} after {violation.Time}"
        : "no promise was broken";

    private string Explain(Decision decision)
    {
        foreach (DecisionEntry entry in Decisions)
        {
            if (entry.Decision == decision)
            {
                string words = entry.Words.Length == 0 ? "nothing is told of it" : entry.Words.ReplaceLineEndings(" ");
                return decision.Kind is DecisionKind.Strike or DecisionKind.Blow ? words : $"at {entry.At} {words}";
            }
        }

        return "";
    }

    private IEnumerable<string> Traits =>
        Scenario.Calm.ToString().Split(", ").Select(trait => $"SwarmTraits.{trait}");

    private string Code()
    {
        if (Scenario.Steps.Count > 0 || _adjust is not null)
        {
            string lines = ToScenario().TrimEnd('\n').ReplaceLineEndings($"\n{new string(' ', 12)}");
            return $"SimScenario.Parse(\"\"\"\n            {lines}\n            \"\"\")\n            {Start}";
        }

        return string.Create(
            CultureInfo.InvariantCulture, $"{World()}\n            .Run(new Duration({Scenario.Duration.Nanos}))");
    }

    private string Start => _adjust is null
        ? ".Run()"
        : "// The run had options of its own: put in here what was given to the Shrinker.\n"
            + "            .Run(adjust: TheOptionsOfTheRun)";

    private string World()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string plan = Scenario.Faults.IsSwarm
            ? "FaultPlan.All"
            : $"FaultPlan.Of({string.Join(", ", Scenario.Faults.Kinds.Select(kind => $"FaultKind.{kind}"))})";
        string calm = Scenario.Calm == SwarmTraits.None
            ? ""
            : $",\n            {string.Join("\n            | ", Traits)}";
        string zones = Scenario.Zones is int count ? string.Create(culture, $", zones: {count}") : "";
        string world = Scenario.IsSwarm
            ? string.Create(culture, $"SimWorld.Swarm({Scenario.Seed}, {Scenario.ServerCount}, {plan}{calm}{zones})")
            : string.Create(culture, $"new SimWorld({Scenario.Seed}, {Scenario.ServerCount}).WithFaults({plan})");
        if (Scenario.RequestGap is not null || !Scenario.IsSwarm)
        {
            long nanos = (Scenario.RequestGap ?? Duration.Zero).Nanos;
            world += string.Create(culture, $"\n            .WithWorkload(new Workload {{ Gap = new Duration({nanos}) }})");
        }

        if (Scenario.Planned is { } planned && planned != Scenario.Duration)
        {
            world += string.Create(culture, $"\n            .WithPlanned(new Duration({planned.Nanos}))");
        }

        return Scenario.Only is null ? world : $"{world}\n            .WithOnly({Decided()})";
    }

    private string Decided()
    {
        IReadOnlyList<Decision> only = Scenario.Only!;
        StringBuilder text = new(only.Count == 0 ? "[]" : "");
        for (int i = 0; i < only.Count; i++)
        {
            text.Append("\n                // ").Append(Explain(only[i]))
                .Append("\n                ").Append(Code(only[i]))
                .Append(i + 1 < only.Count ? "," : "");
        }

        return text.ToString();
    }

    private static string Code(Decision decision)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        return decision.Kind switch
        {
            DecisionKind.Strike => string.Create(
                culture, $"Decision.Strike(FaultKind.{decision.Fault}, {decision.Number}, new Duration({decision.At.Nanos}))"),
            DecisionKind.Blow => string.Create(
                culture,
                $"Decision.Blow({decision.Number}, {decision.Part}, {decision.To}, new Duration({decision.At.Nanos}))"),
            DecisionKind.Message => string.Create(
                culture,
                $"Decision.Message(FaultKind.{decision.Fault}, {decision.From}, {decision.To}, {decision.Number})"),
            _ when decision == Decision.EveryRequest => "Decision.EveryRequest",
            _ => string.Create(culture, $"Decision.Request({decision.Number})"),
        };
    }
}
