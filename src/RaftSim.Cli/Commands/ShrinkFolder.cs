using System.Globalization;
using RaftSim.Simulation;
using RaftSim.Simulation.Shrinking;

namespace RaftSim.Cli.Commands;

/// <summary>
/// Reduces a failing run to what matters, and writes that to a folder: a scenario, a test, a trace and a page that shows it.
/// </summary>
internal static class ShrinkFolder
{
    private static readonly TimeSpan _tellEvery = TimeSpan.FromSeconds(2);

    /// <summary>The command that runs a scenario.</summary>
    public static string Replay(string file) => $"dotnet run --project src/RaftSim.Cli -- simulate --scenario {file}";

    /// <summary>Makes the folder, if one was asked for, before anything runs.</summary>
    public static void Make(string? folder, Terminal terminal)
    {
        try
        {
            if (folder is not null)
            {
                Directory.CreateDirectory(Path.GetFullPath(folder, terminal.Folder));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--shrink {folder}: {e.Message}", e);
        }
    }

    /// <summary>Shrinks a run that has failed, if that was asked for, and tells what is left.</summary>
    public static void Fill(SimulationRequest request, SimScenario scenario, SimulationResult result, Terminal terminal)
    {
        if (request.ShrinkFolder is not { } folder)
        {
            return;
        }

        CancellationToken interruption = terminal.CatchInterruption();
        if (interruption.IsCancellationRequested)
        {
            terminal.Error.WriteLine("interrupted: nothing is shrunk");
            return;
        }

        using CancellationTokenRegistration told = interruption.Register(
            () => terminal.Error.WriteLine("interrupted: what is left by now is written; once more ends at once"));
        long startedAt = terminal.Time.GetTimestamp();
        ShrunkRun? left = result.Violation is null
            ? null
            : new Shrinker(scenario)
            {
                Progress = Tell(terminal, startedAt),
                IsCancelled = () => interruption.IsCancellationRequested,
            }.Shrink();
        if (left is null)
        {
            terminal.Out.WriteLine("nothing to shrink: no promise was broken");
            return;
        }

        string path = Path.GetFullPath(folder, terminal.Folder);
        string name = string.Create(CultureInfo.InvariantCulture, $"seed-{result.Seed}");
        File.WriteAllText(Path.Combine(path, $"{name}.scenario"), left.ToScenario());
        File.WriteAllText(
            Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"Seed{result.Seed}Tests.cs")), left.ToTest());
        using (StreamWriter trace = new(Path.Combine(path, $"{name}.trace")))
        using (StreamWriter page = new(Path.Combine(path, $"{name}.html")))
        {
            left.WriteTrace(trace, page);
        }

        terminal.Out.WriteLine(left);
        terminal.Out.WriteLine($"replay: {Replay(Path.Combine(folder, $"{name}.scenario"))}");
        terminal.Error.WriteLine(Seconds(terminal, startedAt));
    }

    private static Action<ShrinkProgress> Tell(Terminal terminal, long startedAt)
    {
        long toldAt = startedAt;
        return progress =>
        {
            if (terminal.Time.GetElapsedTime(toldAt) >= _tellEvery)
            {
                toldAt = terminal.Time.GetTimestamp();
                terminal.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"shrinking: {progress.Runs} runs, {progress.Decisions} decisions left, {progress.Duration} of virtual time; "
                    + $"{Seconds(terminal, startedAt)}"));
            }
        };
    }

    private static string Seconds(Terminal terminal, long startedAt) => string.Create(
        CultureInfo.InvariantCulture, $"{terminal.Time.GetElapsedTime(startedAt).TotalSeconds:F0} s");
}
