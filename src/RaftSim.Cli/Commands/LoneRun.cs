using System.Globalization;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>Runs one world, says on the error output how far it is, and notices when it hangs.</summary>
internal static class LoneRun
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _tellEvery = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What became of it; <see langword="null"/> when it hangs, which has been told. After a Ctrl+C the world stops, and
    /// <see cref="OperationCanceledException"/> is thrown.
    /// </summary>
    /// <param name="world">The world.</param>
    /// <param name="run">Runs it, and tells of every other world that it runs behind it.</param>
    /// <param name="replay">The command that runs it again.</param>
    /// <param name="terminal">Where it is told.</param>
    public static SimulationResult? Run(
        SimWorld world, Func<Action<SimWorld>, SimulationResult> run, string replay, Terminal terminal)
    {
        SeedWorker worker = new(terminal.Time);
        CancellationToken interruption = terminal.CatchInterruption();
        world.IsCancelled = () => interruption.IsCancellationRequested;
        Task<SimulationResult> task = Task.Run(() => worker.Run(world, () => run(Watch)));
        long startedAt = terminal.Time.GetTimestamp();
        long toldAt = startedAt;
        bool isWaiting = false;
        while (Task.WaitAny([task], _lookEvery) < 0)
        {
            if (worker.Hangs())
            {
                worker.TellHang(replay, terminal.Out);
                return null;
            }

            if (interruption.IsCancellationRequested && !isWaiting)
            {
                isWaiting = true;
                terminal.Error.WriteLine("interrupted: the run ends behind the step under way; once more ends it at once");
            }

            if (terminal.Time.GetElapsedTime(toldAt) >= _tellEvery)
            {
                toldAt = terminal.Time.GetTimestamp();
                terminal.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"seed {world.Seed}: {worker.Now} simulated in {terminal.Time.GetElapsedTime(startedAt).TotalSeconds:F0} s"));
            }
        }

        return task.GetAwaiter().GetResult();

        void Watch(SimWorld other)
        {
            other.IsCancelled = world.IsCancelled;
            worker.Watch(other);
        }
    }
}
