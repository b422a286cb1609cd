using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>What a server is, whatever the others have heard of it.</summary>
/// <param name="Number">Its number in the world.</param>
/// <param name="Version">Its build version.</param>
/// <param name="Meta">Its tags.</param>
internal sealed record TrueServer(int Number, string Version, IReadOnlyDictionary<string, string> Meta)
{
    /// <summary>What a server has told of itself, whichever it is.</summary>
    public static TrueServer Of(AutopilotServer told) => new(0, told.Version, told.Meta);

    private AutopilotServer Told => new() { Id = default, Version = Version, Meta = Meta };

    /// <summary>Whether it is never to vote.</summary>
    public bool IsReplica => ServerTraits.IsReadReplica(Told);

    /// <summary>Its zone; empty for none, or when zones are off.</summary>
    public string ZoneBy(AutopilotConfig config) => ServerTraits.ZoneOf(Told, config);

    /// <summary>The version that upgrades go by.</summary>
    public UpgradeVersion VersionBy(AutopilotConfig config) => UpgradeVersion.Parse(ServerTraits.VersionTextOf(Told, config));
}

/// <summary>Knows servers by all the ids that they ever had, and which of them are up. It never complains.</summary>
/// <param name="whatIs">What a server is, by its number.</param>
internal sealed class Census(Func<int, TrueServer> whatIs) : IChecker
{
    private readonly Lookup<ServerId, int> _numbers = new();

    // Who is up, with which disk.
    private readonly PerServer<(ServerId Id, DiskId Disk)?> _up = new(_ => null);

    /// <inheritdoc/>
    public string Name => "census";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        (ServerId Id, DiskId Disk) seen = (observation.Now.Self, observation.Disk);
        if (_up[observation.Server] != seen)
        {
            _numbers[seen.Id] = observation.Server;
            _up[observation.Server] = seen;
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => _up[server] = null;

    /// <summary>The server that has, or once had, an id; <see langword="null"/> when there was none.</summary>
    public TrueServer? Find(ServerId id) => _numbers.TryFind(id, out int number) ? whatIs(number) : null;

    /// <summary>Whether a server runs, with that disk.</summary>
    public bool IsUp(in ConfiguredServer server) =>
        _numbers.TryFind(server.Id, out int number) && _up[number]?.Disk == server.Disk;
}
