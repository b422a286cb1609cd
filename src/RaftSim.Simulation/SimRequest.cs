using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>A request that was handed to a server, and what became of it.</summary>
public sealed class SimRequest
{
    internal SimRequest(ulong id, int server, int incarnation, ServerRequest request, Duration askedAt)
    {
        Id = id;
        Server = server;
        Incarnation = incarnation;
        Request = request;
        AskedAt = askedAt;
    }

    /// <summary>Its number in the world.</summary>
    public ulong Id { get; }

    /// <summary>The number of the server that was asked.</summary>
    public int Server { get; }

    /// <summary>What was asked.</summary>
    public ServerRequest Request { get; }

    /// <summary>When, since the start of the world.</summary>
    public Duration AskedAt { get; }

    /// <summary>The answer; <see langword="null"/> while there is none.</summary>
    public ServerReply? Reply { get; internal set; }

    /// <summary>When the answer came.</summary>
    public Duration? AnsweredAt { get; internal set; }

    /// <summary>Whether the server stopped before it answered: there will be no answer.</summary>
    public bool IsLost { get; internal set; }

    /// <summary>Whether nothing more will happen to it.</summary>
    public bool IsOver => Reply is not null || IsLost;

    internal int Incarnation { get; }
}
