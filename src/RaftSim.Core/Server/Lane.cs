namespace RaftSim.Server;

/// <summary>Messages of different lanes never wait for each other: each has its own queue and connection.</summary>
public enum Lane : byte
{
    /// <summary>Small and urgent: votes and heartbeats with their replies.</summary>
    Control = 0,

    /// <summary>Log entries, and requests on their way to the leader and back: they may be large.</summary>
    Bulk = 1,

    /// <summary>Small and dispensable: announcements, stats.</summary>
    Datagram = 2,
}
