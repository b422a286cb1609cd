using System.Globalization;
using RaftSim.Simulation;
using RaftSim.Simulation.Timing;

namespace RaftSim.Cli.Commands;

/// <summary>What to simulate.</summary>
/// <param name="First">The first seed.</param>
/// <param name="Last">The last seed.</param>
/// <param name="Servers">How many servers; by the seed if not said.</param>
/// <param name="Duration">How long faults strike.</param>
/// <param name="Faults">Which faults.</param>
/// <param name="TraceFile">Where to write what happens.</param>
/// <param name="ShrinkFolder">Where to write what is left of a failure.</param>
internal sealed record SimulationRequest(
    ulong First, ulong Last, int? Servers, Duration Duration, FaultPlan Faults, string? TraceFile, string? ShrinkFolder)
{
    /// <summary>How many redundancy zones; by the seed if not said.</summary>
    public int? Zones { get; init; }

    /// <summary>Where to write the trace hash of every seed of a range.</summary>
    public string? HashFile { get; init; }

    /// <summary>Whether it is a range of seeds, even of one.</summary>
    public bool IsRange { get; init; }

    /// <summary>Where to write a page that shows the run.</summary>
    public string? HtmlFile { get; init; }

    /// <summary>Whether every world is run a second time, which must be the same run.</summary>
    public bool Twice { get; init; }

    /// <summary>How long things may take: in a single world, or in all of a range together.</summary>
    public IReadOnlyList<Requirement> Requirements { get; init; } = [];

    /// <summary>Runs the world of a seed, as often as asked for.</summary>
    /// <param name="world">The world.</param>
    /// <param name="watch">Told of the second one, if there is one, before it runs.</param>
    public SimulationResult Run(SimWorld world, Action<SimWorld> watch)
    {
        SimulationResult result = world.Run(Duration);
        if (!Twice || result.Violation is not null)
        {
            return result;
        }

        SimWorld second = World(world.Seed);
        watch(second);
        UInt128 again = second.Run(Duration).TraceHash;
        return again == result.TraceHash
            ? result
            : result with { Violation = new Violation("repeatable", result.Elapsed, $"a second run has the hash {again:x32}") };
    }

    /// <summary>The run of one seed, as a scenario.</summary>
    public SimScenario Scenario(SimulationResult result) => new()
    {
        Seed = result.Seed,
        Servers = result.Servers,
        IsSwarm = true,
        Zones = Zones,
        Faults = Faults,
        Duration = Duration,
        Requirements = IsRange ? [] : Requirements,
    };

    /// <summary>The command line that runs the world of one seed.</summary>
    public string Describe(ulong seed)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string size = Servers is int servers ? string.Create(culture, $" --servers {servers}") : "";
        size += Zones is int zones ? string.Create(culture, $" --zones {zones}") : "";
        return string.Create(culture, $"simulate --seed {seed}{size} --duration {Duration} --faults {Faults}");
    }

    /// <summary>The world of one seed.</summary>
    public SimWorld World(ulong seed, TextWriter? trace = null)
    {
        SimWorld world = SimWorld.Swarm(seed, Servers, Faults, zones: Zones);
        world.Trace = trace;
        return IsRange ? world : world.WithRequirements(Requirements);
    }
}

/// <summary>The options of the command as they were typed.</summary>
internal sealed record SimulateArguments(
    string? Seed,
    string? Seeds,
    string? Servers,
    string? Zones,
    string? Duration,
    string? Faults,
    string? Trace,
    string? Scenario,
    string? Html,
    string? Shrink,
    bool Twice,
    IReadOnlyList<string> Require,
    string? Hashes)
{
    /// <summary>Reads the options; false, with one line that names the value and the rule, when one is not right.</summary>
    public bool TryRead(out SimulationRequest request, out string error)
    {
        request = new SimulationRequest(0, 0, null, RaftSim.Duration.Seconds(60), FaultPlan.All, Trace, Shrink)
        {
            HtmlFile = Html,
            Twice = Twice,
            IsRange = Seeds is not null,
            HashFile = Hashes,
        };
        if (Scenario is not null)
        {
            bool isAlone = Seed is null && Seeds is null && Servers is null && Zones is null && Duration is null && Faults is null
                && !Twice && Require.Count == 0 && Hashes is null;
            error = isAlone
                ? ""
                : $"--scenario {Scenario}: the file says all; of the other options only --trace, --html and --shrink go with it";
            return isAlone;
        }

        return TryReadSeeds(ref request, out error)
            && TryReadServers(ref request, out error)
            && TryReadZones(ref request, out error)
            && TryReadDuration(ref request, out error)
            && TryReadFaults(ref request, out error)
            && TryReadRequirements(ref request, out error);
    }

    private bool TryReadRequirements(ref SimulationRequest request, out string error)
    {
        error = "";
        foreach (string text in Require)
        {
            if (!Requirement.TryParse(text, out Requirement requirement, out string rule))
            {
                error = $"--require {text}: {rule}";
                return false;
            }

            request = request with { Requirements = [.. request.Requirements, requirement] };
        }

        return true;
    }

    private bool TryReadSeeds(ref SimulationRequest request, out string error)
    {
        error = "";
        if ((Seed is null) == (Seeds is null))
        {
            error = "give one of --seed N, --seeds A..B and --scenario FILE";
            return false;
        }

        if (Seeds is not null && Trace is not null)
        {
            error = $"--trace {Trace}: goes with --seed only";
            return false;
        }

        if (Seeds is null && Hashes is not null)
        {
            error = $"--hashes {Hashes}: goes with --seeds only";
            return false;
        }

        if (Seeds is not null && Html is not null && Shrink is null)
        {
            error = $"--html {Html}: goes with --seed and --scenario; with --seeds only beside --shrink, for the seed that fails";
            return false;
        }

        string[] ends = Seeds is null ? [Seed!, Seed!] : Seeds.Split("..");
        if (ends.Length == 2 && TryReadSeed(ends[0], out ulong first) && TryReadSeed(ends[1], out ulong last) && first <= last)
        {
            request = request with { First = first, Last = last };
            return true;
        }

        error = Seeds is null
            ? $"--seed {Seed}: must be a whole number from 0 to {ulong.MaxValue}"
            : $"--seeds {Seeds}: must be A..B, two whole numbers from 0 to {ulong.MaxValue}, the smaller one first";
        return false;
    }

    private static bool TryReadSeed(string text, out ulong seed) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);

    private bool TryReadServers(ref SimulationRequest request, out string error)
    {
        error = "";
        if (Servers is null)
        {
            return true;
        }

        if (int.TryParse(Servers, NumberStyles.None, CultureInfo.InvariantCulture, out int servers)
            && servers is >= 1 and <= SimWorld.ServersMax)
        {
            request = request with { Servers = servers };
            return true;
        }

        error = $"--servers {Servers}: must be a whole number from 1 to {SimWorld.ServersMax}";
        return false;
    }

    private bool TryReadZones(ref SimulationRequest request, out string error)
    {
        error = "";
        if (Zones is null)
        {
            return true;
        }

        if (int.TryParse(Zones, NumberStyles.None, CultureInfo.InvariantCulture, out int zones)
            && zones is >= 0 and <= SimWorld.ZonesMax)
        {
            request = request with { Zones = zones };
            return true;
        }

        error = $"--zones {Zones}: must be a whole number from 0 to {SimWorld.ZonesMax}";
        return false;
    }

    private bool TryReadDuration(ref SimulationRequest request, out string error)
    {
        error = "";
        if (Duration is null)
        {
            return true;
        }

        if (RaftSim.Duration.TryParse(Duration, out Duration duration, out _)
            && duration > RaftSim.Duration.Zero
            && duration <= SimWorld.DurationMax)
        {
            request = request with { Duration = duration };
            return true;
        }

        error = $"--duration {Duration}: must be a time above 0 and up to 8760h, such as 90s or 10m";
        return false;
    }

    private bool TryReadFaults(ref SimulationRequest request, out string error)
    {
        error = "";
        if (Faults is null)
        {
            return true;
        }

        if (FaultPlan.TryParse(Faults, out FaultPlan plan, out string reason))
        {
            request = request with { Faults = plan };
            return true;
        }

        error = $"--faults {Faults}: {reason}";
        return false;
    }
}
