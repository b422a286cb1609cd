using System.Globalization;
using RaftSim.Simulation.Scenarios;
using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation;

/// <summary>
/// A run as a text of lines: which world, what befalls it and when, and what must be so. Written by hand or by shrinking a
/// failure. docs/SIMULATION.md has the lines.
/// </summary>
public sealed record SimScenario
{
    /// <summary>The seed. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many servers, 1 to 1000; <see langword="null"/>: 3, or by the seed of a swarm.</summary>
    public int? Servers { get; init; }

    /// <summary>
    /// How many redundancy zones, 0 to <see cref="SimWorld.ZonesMax"/>; only of a swarm. <see langword="null"/>: by the seed.
    /// </summary>
    public int? Zones { get; init; }

    /// <summary>Whether the make-up of the world follows from the seed. Default: no, it is a calm one.</summary>
    public bool IsSwarm { get; init; }

    /// <summary>What of that is not drawn. Default: nothing.</summary>
    public SwarmTraits Calm { get; init; }

    /// <summary>What strikes by itself. Default: nothing.</summary>
    public FaultPlan Faults { get; init; } = FaultPlan.None;

    /// <summary>
    /// Time between two requests, on average; zero: there are none. <see langword="null"/>: none, or as the seed of a swarm
    /// has it.
    /// </summary>
    public Duration? RequestGap { get; init; }

    /// <summary>How long; then the world must recover. Above 0; default 60 s.</summary>
    public Duration Duration { get; init; } = Duration.Seconds(60);

    /// <summary>
    /// For how long a run the seed plans when newcomers come and faults are due: a run that is cut short is the same up to there.
    /// Above 0; <see langword="null"/>: for <see cref="Duration"/>.
    /// </summary>
    public Duration? Planned { get; init; }

    /// <summary>How long things may take. Default: as long as they like.</summary>
    public IReadOnlyList<Requirement> Requirements { get; init; } = [];

    /// <summary>The decisions of the seed that come to pass; <see langword="null"/>: all.</summary>
    public IReadOnlyList<Decision>? Only { get; init; }

    /// <summary>What the script itself does.</summary>
    internal IReadOnlyList<ScenarioStep> Steps { get; init; } = [];

    /// <summary>How many servers there are.</summary>
    internal int ServerCount => IsSwarm
        ? ClusterShape.Of(Seed, Servers, Zones, Faults, (Calm & SwarmTraits.Zones) != SwarmTraits.None).Servers
        : Servers ?? 3;

    /// <summary>
    /// Reads a scenario; throws <see cref="FormatException"/> with the line, the value and the rule when something is not right.
    /// </summary>
    public static SimScenario Parse(string text) =>
        TryParse(text, out SimScenario scenario, out string error) ? scenario : throw new FormatException(error);

    /// <summary>Reads a scenario; false, with the line, the value and the rule, when something is not right.</summary>
    public static bool TryParse(string text, out SimScenario scenario, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        ScenarioParser parser = new();
        bool isRight = parser.TryRead(text);
        scenario = parser.Scenario;
        error = parser.Error;
        return isRight;
    }

    /// <summary>Runs it. Never throws for a broken promise: that is in the result.</summary>
    /// <inheritdoc cref="World" path="/param"/>
    public SimulationResult Run(
        TextWriter? trace = null, DecisionLog? decisions = null, Func<SimOptions, SimOptions>? adjust = null) =>
        World(trace, decisions, adjust).Run(Duration);

    /// <summary>Makes its world, which is then to run for <see cref="Duration"/>.</summary>
    /// <param name="trace">Where to write what happens. Default: nowhere.</param>
    /// <param name="decisions">Where to record which decisions came to pass. Default: nowhere.</param>
    /// <param name="adjust">Changes what the world is made of, such as its checkers. Default: nothing.</param>
    public SimWorld World(
        TextWriter? trace = null, DecisionLog? decisions = null, Func<SimOptions, SimOptions>? adjust = null)
    {
        Func<SimOptions, SimOptions> make = adjust ?? (options => options);
        SimWorld world = IsSwarm
            ? SimWorld.MakeSwarm(Seed, Servers, Zones, Faults, Calm, make)
            : new SimWorld(Seed, ServerCount, make(new SimOptions())).WithFaults(Faults).WithWorkload(Workload.None);
        if (RequestGap is { } gap)
        {
            world.WithWorkload(new Workload { Gap = gap });
        }

        if (Planned is { } planned)
        {
            world.WithPlanned(planned);
        }

        if (Only is not null)
        {
            world.WithOnly(Only);
        }

        world.Trace = trace;
        world.Decisions = decisions;
        return world.WithRequirements(Requirements).WithSteps(Steps);
    }

    /// <summary>The same run, broken off earlier: the seed's plans stay, and what the script does later is gone.</summary>
    internal SimScenario Cut(Duration end) => this with
    {
        Duration = end,
        Planned = Planned ?? Duration,
        Steps = [.. Steps.Where(step => step.At <= end)],
    };

    /// <summary>The scenario as <see cref="Parse"/> reads it.</summary>
    public override string ToString() => Write(_ => "");

    /// <summary>The same, with a comment behind each decision.</summary>
    internal string Write(Func<Decision, string> comment)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        List<string> lines = [string.Create(culture, $"seed {Seed}")];
        AddIf(Servers is not null, string.Create(culture, $"servers {Servers}"));
        AddIf(IsSwarm, "swarm");
        AddIf(Zones is not null, string.Create(culture, $"zones {Zones}"));
        AddIf(Calm != SwarmTraits.None, $"calm {string.Join(' ', ScenarioParser.NamesOf(Calm))}");
        lines.Add($"faults {Faults}");
        AddIf(RequestGap is not null, RequestGap > Duration.Zero ? $"requests every {RequestGap}" : "requests none");
        lines.Add($"for {Duration}");
        AddIf(Planned is { } planned && planned != Duration, $"planned {Planned}");
        lines.AddRange(Requirements.Select(requirement => $"require {requirement}"));
        lines.AddRange(Steps.Select(step => step.ToString()));
        AddIf(Only is { Count: 0 }, "only nothing");
        foreach (Decision decision in Only ?? [])
        {
            string about = comment(decision);
            lines.Add($"only {decision}{(about.Length == 0 ? "" : "  # ")}{about}");
        }

        return string.Join('\n', lines) + "\n";

        void AddIf(bool isSo, string line)
        {
            if (isSo)
            {
                lines.Add(line);
            }
        }
    }
}
