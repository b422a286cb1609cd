namespace RaftSim.Server;

/// <summary>Messages of different lanes never wait for each other: each has its own queue and connection.</summary>
public enum Lane : byte
{
    /// <summary>Small and urgent: votes, heartbeats, requests and replies.</summary>
    Control = 0,

    /// <summary>Log entries.</summary>
    Bulk = 1,

    /// <summary>Small and dispensable: announcements, stats.</summary>
    Datagram = 2,
}
