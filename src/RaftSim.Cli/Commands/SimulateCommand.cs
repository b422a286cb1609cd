using System.CommandLine;
using System.Globalization;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>
/// <c>raftsim simulate</c>: runs a cluster in virtual time from a seed. Prints the seed first and the trace hash last, and
/// exits with 1 when a promise was broken.
/// </summary>
public static class SimulateCommand
{
    private static readonly Option<string?> _seed = new("--seed")
    {
        Description = "The seed, 0 to 18446744073709551615. The same seed gives the same run.",
        HelpName = "N",
    };

    private static readonly Option<string?> _seeds = new("--seeds")
    {
        Description = "A range of seeds, both ends included, run one after the other on every core; stops at a failure.",
        HelpName = "A..B",
    };

    private static readonly Option<string?> _servers = new("--servers")
    {
        Description = "How many servers, 1 to 99. Default: 3 to 5, by the seed.",
        HelpName = "N",
    };

    private static readonly Option<string?> _duration = new("--duration")
    {
        Description = "How long faults strike, in virtual time, such as 90s or 10m; the world then has to recover. Default: 60s.",
        HelpName = "TIME",
    };

    private static readonly Option<string?> _faults = new("--faults")
    {
        Description = "What goes wrong: all (default), none, or names separated by commas, such as drop,crash,partition.",
        HelpName = "LIST",
    };

    private static readonly Option<string?> _trace = new("--trace")
    {
        Description = "Writes everything that happens to a file, line by line. Only with --seed.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> _twice = new("--twice")
    {
        Description = "Runs every world a second time, in the same process, and fails when that is not the same run.",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal)
    {
        Command command = new("simulate", "Run a cluster in virtual time, with faults, from a seed.")
        {
            _seed, _seeds, _servers, _duration, _faults, _trace, _twice,
        };
        command.SetAction(result => Run(
            new SimulateArguments(
                result.GetValue(_seed),
                result.GetValue(_seeds),
                result.GetValue(_servers),
                result.GetValue(_duration),
                result.GetValue(_faults),
                result.GetValue(_trace),
                result.GetValue(_twice)),
            terminal));
        return command;
    }

    private static int Run(SimulateArguments arguments, Terminal terminal)
    {
        if (!arguments.TryRead(out SimulationRequest request, out string error))
        {
            throw new UsageException(error);
        }

        // One seed of a range is still a range: what was asked for decides what is printed.
        return arguments.Seeds is null
            ? RunOne(request, terminal)
            : new SeedRange(request, terminal).Run();
    }

    private static int RunOne(SimulationRequest request, Terminal terminal)
    {
        using StreamWriter? trace = OpenTrace(request.TraceFile, terminal);
        TextWriter output = terminal.Out;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {request.First}"));
        output.Flush();
        SimulationResult result = request.Run(request.World(request.First, trace));
        output.WriteLine(result);
        output.WriteLine($"trace {result.TraceHash:x32}");
        return result.Violation is null ? 0 : 1;
    }

    private static StreamWriter? OpenTrace(string? file, Terminal terminal)
    {
        try
        {
            return file is null ? null : new StreamWriter(Path.GetFullPath(file, terminal.Folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--trace {file}: {e.Message}", e);
        }
    }
}

/// <summary>What to simulate.</summary>
/// <param name="First">The first seed.</param>
/// <param name="Last">The last seed.</param>
/// <param name="Servers">How many servers; by the seed if not said.</param>
/// <param name="Duration">How long faults strike.</param>
/// <param name="Faults">Which faults.</param>
/// <param name="TraceFile">Where to write what happens.</param>
internal sealed record SimulationRequest(
    ulong First, ulong Last, int? Servers, Duration Duration, FaultPlan Faults, string? TraceFile)
{
    /// <summary>Whether every world is run a second time, which must be the same run.</summary>
    public bool Twice { get; init; }

    /// <summary>Runs the world of a seed, as often as asked for.</summary>
    public SimulationResult Run(SimWorld world)
    {
        SimulationResult result = world.Run(Duration);
        if (!Twice || result.Violation is not null)
        {
            return result;
        }

        UInt128 again = World(world.Seed).Run(Duration).TraceHash;
        return again == result.TraceHash
            ? result
            : result with { Violation = new Violation("repeatable", result.Elapsed, $"a second run has the hash {again:x32}") };
    }

    /// <summary>The command line that runs the world of one seed.</summary>
    public string Describe(ulong seed)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string size = Servers is int servers ? string.Create(culture, $" --servers {servers}") : "";
        return string.Create(culture, $"simulate --seed {seed}{size} --duration {Duration} --faults {Faults}");
    }

    /// <summary>The world of one seed.</summary>
    public SimWorld World(ulong seed, TextWriter? trace = null)
    {
        SimWorld world = SimWorld.Swarm(seed, Servers, Faults);
        world.Trace = trace;
        return world;
    }
}

/// <summary>The options of the command as they were typed.</summary>
internal sealed record SimulateArguments(
    string? Seed, string? Seeds, string? Servers, string? Duration, string? Faults, string? Trace, bool Twice)
{
    private const int ServersMax = 99;

    /// <summary>Reads the options; false, with one line that names the value and the rule, when one is not right.</summary>
    public bool TryRead(out SimulationRequest request, out string error)
    {
        request = new SimulationRequest(0, 0, null, RaftSim.Duration.Seconds(60), FaultPlan.All, Trace) { Twice = Twice };
        return TryReadSeeds(ref request, out error)
            && TryReadServers(ref request, out error)
            && TryReadDuration(ref request, out error)
            && TryReadFaults(ref request, out error);
    }

    private bool TryReadSeeds(ref SimulationRequest request, out string error)
    {
        error = "";
        if ((Seed is null) == (Seeds is null))
        {
            error = "give either --seed N or --seeds A..B";
            return false;
        }

        if (Seeds is not null && Trace is not null)
        {
            error = $"--trace {Trace}: goes with --seed only";
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
            && servers is >= 1 and <= ServersMax)
        {
            request = request with { Servers = servers };
            return true;
        }

        error = $"--servers {Servers}: must be a whole number from 1 to {ServersMax}";
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
            && duration <= RaftSim.Duration.Seconds(86_400 * 365))
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
