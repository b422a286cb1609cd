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
        _world = world;
        SimulationResult result = request.Run(world);
        _world = null;
        return result;
    }

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
}
