using System.Globalization;
using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation.Scenarios;

/// <summary>Reads a scenario line by line, and stops at the first one that is not right.</summary>
internal sealed class ScenarioParser
{
    private const string TimeRule = "must be a time above 0 and up to 8760h, such as 90s or 10m";

    private static readonly SwarmTraits[] _traits =
        [.. Enum.GetValues<SwarmTraits>().Where(trait => trait is not (SwarmTraits.None or SwarmTraits.All))];

    private readonly SortedSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<ScenarioStep> _steps = [];
    private List<Decision>? _only;

    /// <summary>What was read.</summary>
    public SimScenario Scenario { get; private set; } = new();

    /// <summary>What is not right, with its line; empty when all is.</summary>
    public string Error { get; private set; } = "";

    /// <summary>The names of traits as they are written.</summary>
    public static IEnumerable<string> NamesOf(SwarmTraits traits) =>
        _traits.Where(trait => (traits & trait) != SwarmTraits.None).Select(trait => FaultCounts.Kebab(trait.ToString()));

    /// <summary>Reads all of it; false when something is not right.</summary>
    public bool TryRead(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = [.. Words(lines[i])];
            if (words.Length > 0 && TryReadLine(i + 1, words) is { } problem)
            {
                Error = string.Create(CultureInfo.InvariantCulture, $"line {i + 1}: {string.Join(' ', words)}: {problem}");
                return false;
            }
        }

        Scenario = Scenario with { Steps = [.. _steps.OrderBy(step => step.At)], Only = _only };
        if (Scenario is { Zones: not null, IsSwarm: false })
        {
            Error = "zones goes with swarm only";
            return false;
        }

        return TryCheckSteps() && TryCheckOnly();
    }

    // What a step names and when it comes can be judged when the whole text is known.
    private bool TryCheckSteps()
    {
        foreach (ScenarioStep step in Scenario.Steps)
        {
            if (step.Servers >= Scenario.ServerCount)
            {
                Error = $"line {step.Line}: {step}: there is no s{step.Servers}: servers are s0 to s{Scenario.ServerCount - 1}";
            }
            else if (step.At > Scenario.Duration)
            {
                Error = $"line {step.Line}: {step}: must not be after the end, which is at {Scenario.Duration}";
            }
        }

        return Error.Length == 0;
    }

    private bool TryCheckOnly()
    {
        foreach (Decision decision in _only ?? [])
        {
            if (Math.Max(decision.From, decision.To) >= Scenario.ServerCount)
            {
                Error = $"only {decision}: servers are s0 to s{Scenario.ServerCount - 1}";
            }
        }

        return Error.Length == 0;
    }

    // The words of a line; what stands in quotation marks is one, and what follows a # none.
    private static IEnumerable<string> Words(string line)
    {
        int at = 0;
        while (at < line.Length && line[at] != '#')
        {
            if (char.IsWhiteSpace(line[at]))
            {
                at++;
                continue;
            }

            int closing = line[at] == '"' ? line.IndexOf('"', at + 1) : -1;
            int end = closing >= 0 ? closing + 1 : at;
            while (end < line.Length && !char.IsWhiteSpace(line[end]))
            {
                end++;
            }

            yield return line[at..end];
            at = end;
        }
    }

    // Null, or the rule that is broken.
    private string? TryReadLine(int line, string[] words)
    {
        bool isMany = words[0] is "at" or "only" or "require";
        if (!isMany && !_seen.Add(words[0]))
        {
            return "is there twice";
        }

        switch (words)
        {
            case ["seed", string value]:
                return TryReadSeed(value);
            case ["servers", string value]:
                return TryReadServers(value);
            case ["zones", string value]:
                return TryReadZones(value);
            case ["faults", string value]:
                bool areFaults = FaultPlan.TryParse(value, out FaultPlan faults, out string reason);
                Scenario = Scenario with { Faults = faults };
                return areFaults ? null : reason;
            case ["swarm"]:
                Scenario = Scenario with { IsSwarm = true };
                return null;
            case ["calm", _, ..]:
                return TryReadTraits(words[1..]);
            case ["requests", "none"]:
                Scenario = Scenario with { RequestGap = Duration.Zero };
                return null;
            case ["requests", "every", string value]:
                bool isGap = TryReadTime(value, out Duration gap) && gap > Duration.Zero;
                Scenario = Scenario with { RequestGap = gap };
                return isGap ? null : "must be a time above 0, such as 50ms";
            case ["for", string value]:
                bool isTime = TryReadTime(value, out Duration span) && span > Duration.Zero;
                Scenario = Scenario with { Duration = span };
                return isTime ? null : TimeRule;
            case ["planned", string value]:
                bool isPlan = TryReadTime(value, out Duration plan) && plan > Duration.Zero;
                Scenario = Scenario with { Planned = plan };
                return isPlan ? null : TimeRule;
            case ["only", _, ..]:
                return TryReadOnly(string.Join(' ', words[1..]));
            case ["require", _, ..]:
                bool isBound = Requirement.TryParse(string.Join(' ', words[1..]), out Requirement bound, out string rule);
                Scenario = Scenario with { Requirements = [.. Scenario.Requirements, bound] };
                return isBound ? null : rule;
            case ["at", string value, _, ..]:
                return TryReadStep(line, value, words[2..]);
            default:
                return "a line is one of: seed N; servers N; faults LIST; swarm; zones N; calm TRAITS; requests every TIME; "
                    + "requests none; for TIME; planned TIME; require BOUND; at TIME VERB ...; only DECISION";
        }
    }

    private string? TryReadSeed(string text)
    {
        bool isRight = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed);
        Scenario = Scenario with { Seed = seed };
        return isRight ? null : $"must be a whole number from 0 to {ulong.MaxValue}";
    }

    private string? TryReadServers(string text)
    {
        bool isRight = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int servers);
        Scenario = Scenario with { Servers = servers };
        return isRight && servers is >= 1 and <= SimWorld.ServersMax
            ? null
            : $"must be a whole number from 1 to {SimWorld.ServersMax}";
    }

    private string? TryReadZones(string text)
    {
        bool isRight = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int zones);
        Scenario = Scenario with { Zones = zones };
        return isRight && zones is >= 0 and <= SimWorld.ZonesMax ? null : $"must be a whole number from 0 to {SimWorld.ZonesMax}";
    }

    private string? TryReadTraits(string[] names)
    {
        foreach (string name in names)
        {
            SwarmTraits named = Array.Find(
                _traits, trait => string.Equals(FaultCounts.Kebab(trait.ToString()), name, StringComparison.Ordinal));
            if (named == SwarmTraits.None)
            {
                return $"'{name}' is not a trait: use some of {string.Join(' ', NamesOf(SwarmTraits.All))}";
            }

            Scenario = Scenario with { Calm = Scenario.Calm | named };
        }

        return null;
    }

    private string? TryReadOnly(string text)
    {
        _only ??= [];
        if (text is "nothing")
        {
            return null;
        }

        if (!Decision.TryParse(text, out Decision decision))
        {
            return "a decision is one of: strike FAULT N at TIME; message FAULT FROM TO N; request N; requests; nothing";
        }

        _only.Add(decision);
        return null;
    }

    private string? TryReadStep(int line, string time, string[] words)
    {
        if (!TryReadTime(time, out Duration at))
        {
            return "at is followed by a time, such as 1500ms, and a verb";
        }

        ScenarioVerb verb = new(words);
        if (verb.TryRead() is { } problem)
        {
            return problem;
        }

        _steps.Add(new ScenarioStep(line, at, string.Join(' ', words), verb.ServersMax, verb.Do));
        return null;
    }

    private static bool TryReadTime(string text, out Duration time) =>
        Duration.TryParse(text, out time, out _) && time >= Duration.Zero && time <= SimWorld.DurationMax;
}
