using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>A server as its callers see it: what the HTTP API, the command line and programs talk to.</summary>
public interface IOperator
{
    /// <summary>The server's name, without region.</summary>
    string Name { get; }

    /// <summary>The server's region.</summary>
    string Region { get; }

    /// <summary>
    /// Asks for something, through this server, wherever the leader is. Exactly one answer: a result or an
    /// <see cref="ErrorReply"/>. Cancelling gives up waiting, not the request: a write may still happen.
    /// </summary>
    Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default);
}
