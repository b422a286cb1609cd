namespace RaftSim.Server;

/// <summary>
/// Where a server's answers and events leave it. Called from inside <see cref="ServerNode.Handle"/>; must not call
/// back.
/// </summary>
public interface IServerEvents
{
    /// <summary>The one answer to a request.</summary>
    void Replied(ulong requestId, ServerReply reply);

    /// <summary>Something that an operator would want to know.</summary>
    void Raised(in ServerEvent serverEvent);
}
