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
        Description = "How many servers, 1 to 1000. Default: by the seed, mostly 3 to 5.",
        HelpName = "N",
    };

    private static readonly Option<string?> _zones = new("--zones")
    {
        Description = "How many redundancy zones the servers have, 0 to 100, with read replicas and newcomers by the seed; 0: "
            + "none of that. Default: by the seed, in one of four worlds.",
        HelpName = "N",
    };

    private static readonly Option<string?> _duration = new("--duration")
    {
        Description = "How long faults strike, in virtual time, such as 90s or 10m; the world then has to recover. Default: 60s.",
        HelpName = "TIME",
    };

    private static readonly Option<string?> _faults = new("--faults")
    {
        Description = "What goes wrong: all (default), none, or names separated by commas, such as drop,crash,partition. "
            + $"There are: {string.Join(", ", FaultCounts.Kinds.ToArray().Select(FaultCounts.NameOf))}.",
        HelpName = "LIST",
    };

    private static readonly Option<string?> _trace = new("--trace")
    {
        Description = "Writes everything that happens to a file, line by line. Only with --seed or --scenario.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _html = new("--html")
    {
        Description = "Writes a page that shows the run on a time line: roles, messages, faults, requests. One file for any "
            + "browser. With --seed or --scenario; with --seeds and --shrink it is of the seed that fails.",
        HelpName = "FILE",
    };

    private static readonly Option<bool> _twice = new("--twice")
    {
        Description = "Runs every world a second time, in the same process, and fails when that is not the same run.",
    };

    private static readonly Option<string[]> _require = new("--require")
    {
        Description = "How long things may take at most, such as 'commands p99 <= 200ms', 'failovers max <= 5s' or "
            + "'standstill max <= 5s'; of a range all worlds together. May be there several times.",
        HelpName = "BOUND",
    };

    private static readonly Option<string?> _hashes = new("--hashes")
    {
        Description = "Writes the trace hash of every seed to a file, a line each, for comparison with another build. Only with "
            + "--seeds.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _scenario = new("--scenario")
    {
        Description = "Runs what a file says, line by line: which world, what befalls it, what must be so (docs/SIMULATION.md).",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _shrink = new("--shrink")
    {
        Description = "Reduces a failing run to the few decisions that matter, and writes them to a folder: as a scenario, a "
            + "C# test, a trace and a page as of --html.",
        HelpName = "FOLDER",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create(Terminal terminal)
    {
        Command command = new("simulate", "Run a cluster in virtual time, with faults, from a seed.")
        {
            _seed, _seeds, _servers, _zones, _duration, _faults, _trace, _html, _scenario, _shrink, _twice, _require, _hashes,
        };
        command.SetAction(result => Run(
            new SimulateArguments(
                result.GetValue(_seed),
                result.GetValue(_seeds),
                result.GetValue(_servers),
                result.GetValue(_zones),
                result.GetValue(_duration),
                result.GetValue(_faults),
                result.GetValue(_trace),
                result.GetValue(_scenario),
                result.GetValue(_html),
                result.GetValue(_shrink),
                result.GetValue(_twice),
                result.GetValue(_require) ?? [],
                result.GetValue(_hashes)),
            terminal));
        return command;
    }

    private static int Run(SimulateArguments arguments, Terminal terminal)
    {
        if (!arguments.TryRead(out SimulationRequest request, out string error))
        {
            throw new UsageException(error);
        }

        ShrinkFolder.Make(request.ShrinkFolder, terminal);
        if (arguments.Scenario is { } file)
        {
            return RunScenario(file, request, terminal);
        }

        // One seed of a range is still a range: what was asked for decides what is printed.
        return request.IsRange ? RunRange(request, terminal) : RunOne(request, terminal);
    }

    private static int RunRange(SimulationRequest request, Terminal terminal)
    {
        TimelinePage.Require(request.HtmlFile, terminal);
        using TextWriter? hashes = Open("--hashes", request.HashFile, terminal);
        return new SeedRange(request, hashes, terminal).Run();
    }

    private static int RunOne(SimulationRequest request, Terminal terminal)
    {
        using TextWriter? trace = Open("--trace", request.TraceFile, terminal);
        using TimelinePage? page = TimelinePage.Open(request.HtmlFile, terminal);
        TellSeed(request.First, terminal);
        SimWorld world = request.World(request.First, trace);
        page?.Watch(world);
        LoneWorld lone = new(
            world,
            watch => request.Run(world, watch),
            $"dotnet run --project src/RaftSim.Cli -- {request.Describe(request.First)}",
            request.Scenario);
        return RunAlone(lone, request, page, terminal);
    }

    private static int RunScenario(string file, SimulationRequest request, Terminal terminal)
    {
        string text;
        try
        {
            text = File.ReadAllText(Path.GetFullPath(file, terminal.Folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--scenario {file}: {e.Message}", e);
        }

        if (!SimScenario.TryParse(text, out SimScenario scenario, out string error))
        {
            throw new UsageException($"--scenario {file}: {error}");
        }

        using TextWriter? trace = Open("--trace", request.TraceFile, terminal);
        using TimelinePage? page = TimelinePage.Open(request.HtmlFile, terminal);
        TellSeed(scenario.Seed, terminal);
        SimWorld world = scenario.World(trace);
        page?.Watch(world);
        string replay = ShrinkFolder.Replay(file);
        LoneWorld lone = new(
            world, _ => world.Run(scenario.Duration) with { ReplayCommand = replay }, replay, _ => scenario);
        return RunAlone(lone, request, page, terminal);
    }

    // Before anything runs: if the process dies, it is known for which world.
    private static void TellSeed(ulong seed, Terminal terminal)
    {
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        terminal.Out.Flush();
    }

    private static int RunAlone(LoneWorld lone, SimulationRequest request, TimelinePage? page, Terminal terminal)
    {
        terminal.Out.WriteLine($"made of: {lone.World.Result.Traits}");
        terminal.Out.Flush();
        SimWorld running = lone.World;
        SimulationResult? result;
        try
        {
            result = LoneRun.Run(lone.World, watch => lone.Run(watch + (other => running = other)), lone.Replay, terminal);
        }
        catch (OperationCanceledException)
        {
            page?.WriteSoFar(lone.World.Result);
            terminal.Out.WriteLine(lone.World.Result.Outcome);
            terminal.Error.WriteLine($"interrupted after {running.Now} of virtual time"
                + (running == lone.World ? ": the run is not whole" : " of the second run, which is not whole"));
            return 1;
        }

        page?.Write(result);
        return Conclude(request, result, lone.Scenario, terminal);
    }

    private static int Conclude(
        SimulationRequest request, SimulationResult? result, Func<SimulationResult, SimScenario> scenario, Terminal terminal)
    {
        if (result is null)
        {
            return 1;
        }

        terminal.Out.WriteLine(result.Outcome);
        ShrinkFolder.Fill(request, scenario(result), result, terminal);
        terminal.Out.WriteLine($"trace {result.TraceHash:x32}");
        return result.Violation is null ? 0 : 1;
    }

    // How to run it, told of every other world that runs behind it; the command that runs it again; and it as a scenario.
    private sealed record LoneWorld(
        SimWorld World,
        Func<Action<SimWorld>, SimulationResult> Run,
        string Replay,
        Func<SimulationResult, SimScenario> Scenario);

    // Of a world that hangs, another thread than its own writes out what is left in memory.
    private static TextWriter? Open(string option, string? file, Terminal terminal)
    {
        try
        {
            return file is null ? null : TextWriter.Synchronized(new StreamWriter(Path.GetFullPath(file, terminal.Folder)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{option} {file}: {e.Message}", e);
        }
    }
}
