using System.Globalization;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>Runs one world after the other, and can be watched while it does.</summary>
internal sealed class SeedWorker(TimeProvider time)
{
    /// <summary>
    /// No step of a server takes a moment of that length; a world that is busy in one moment of virtual time notices by itself.
    /// </summary>
    public static readonly TimeSpan HangsAfter = TimeSpan.FromMinutes(1);

    private volatile SimWorld? _world;
    private SimWorld? _seen;
    private long _seenEvents;
    private long _seenAt;

    /// <summary>The seed of the world under way.</summary>
    public ulong Seed => _world?.Seed ?? 0;

    /// <summary>How far that world is.</summary>
    public Duration Now => _world?.Now ?? Duration.Zero;

    /// <summary>Runs the world of a seed.</summary>
    public SimulationResult Run(SimulationRequest request, ulong seed)
    {
        SimWorld world = request.World(seed);
        return Run(world, () => request.Run(world, Watch));
    }

    /// <summary>Runs a world.</summary>
    public SimulationResult Run(SimWorld world, Func<SimulationResult> run)
    {
        Watch(world);
        SimulationResult result = run();
        _world = null;
        return result;
    }

    /// <summary>Another world is under way.</summary>
    public void Watch(SimWorld world) => _world = world;

    /// <summary>Whether the world under way has not moved on for <see cref="HangsAfter"/>. Called by the watcher alone.</summary>
    public bool Hangs()
    {
        SimWorld? world = _world;
        long events = world?.Events ?? 0;
        if (world != _seen || events != _seenEvents || world is null)
        {
            (_seen, _seenEvents, _seenAt) = (world, events, time.GetTimestamp());
            return false;
        }

        return time.GetElapsedTime(_seenAt) >= HangsAfter;
    }

    /// <summary>Tells that the world under way hangs.</summary>
    public void TellHang(string replay, TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"FAILED after {Now}: hangs: for {HangsAfter} a step has not come to its end"));
        output.WriteLine($"replay: {replay}");
    }
}
