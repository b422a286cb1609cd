namespace RaftSim.Simulation;

/// <summary>What <see cref="SimWorld.Swarm"/> draws for a world besides its faults, and can leave as it is by default.</summary>
[Flags]
public enum SwarmTraits
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Whether messages travel as bytes; by default they do not.</summary>
    Messages = 1 << 0,

    /// <summary>How far servers are apart; by default as <see cref="LinkOptions.Calm"/> says.</summary>
    Distance = 1 << 1,

    /// <summary>How long steps, syncs and batches of commands take; by default no time, up to 1 ms, 50 µs.</summary>
    Pace = 1 << 2,

    /// <summary>Drift and skew; by default clocks are right, and leases trust in that.</summary>
    Clocks = 1 << 3,

    /// <summary>Snapshots; by default as <see cref="Server.ServerOptions"/> says.</summary>
    Snapshots = 1 << 4,

    /// <summary>The size of appends and segments, and how much may be uncommitted; by default as in any world.</summary>
    Limits = 1 << 5,

    /// <summary>Leases for reads; by default there are none.</summary>
    Leases = 1 << 6,

    /// <summary>Callers with sessions; by default there are none.</summary>
    Sessions = 1 << 7,

    /// <summary>Ids that are given; by default they are drawn.</summary>
    Ids = 1 << 8,

    /// <summary>Shorter timeouts and intervals; by default as <see cref="Server.ServerOptions"/> says.</summary>
    Timeouts = 1 << 9,

    /// <summary>
    /// That each message and each operation of a disk takes another time; without it all take their average, so that less
    /// rests on how things happen to fall together.
    /// </summary>
    Jitter = 1 << 10,

    /// <summary>Zones, read replicas and servers that come later; by default there are none.</summary>
    Zones = 1 << 11,

    /// <summary>All of them.</summary>
    All = Messages | Distance | Pace | Clocks | Snapshots | Limits | Leases | Sessions | Ids | Timeouts | Jitter | Zones,
}
