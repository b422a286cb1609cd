using RaftSim.Raft;
using RaftSim.Storage;

namespace RaftSim.Server;

/// <summary>One server: Raft, its log, the replicated state, the autopilot and the requests of callers.</summary>
public sealed class ServerNode
{
    /// <summary>Starts reading the data folder.</summary>
    public ServerNode(
        ServerOptions options, ITransport transport, IDisk disk, IApplyStage apply, IServerEvents events, Prng prng, MonoTime now) =>
        throw new NotSupportedException();

    /// <summary>Whether the data folder was read and the server takes part.</summary>
    public bool IsStarted => throw new NotSupportedException();

    /// <summary>After the start: the server's id.</summary>
    public ServerId Id => throw new NotSupportedException();

    /// <summary>After the start: the identity of its data folder.</summary>
    public DiskId Disk => throw new NotSupportedException();

    /// <summary>The cluster it belongs to; none before it has joined one.</summary>
    public ClusterId Cluster => throw new NotSupportedException();

    /// <summary>After the start: the Raft engine, for reading only.</summary>
    public RaftNode? Raft => throw new NotSupportedException();

    /// <summary>When to call <see cref="Handle"/> at the latest, even without inputs.</summary>
    public MonoTime NextDeadline => throw new NotSupportedException();

    /// <summary>Takes all inputs, then lets time pass, then carries out what follows: one group commit.</summary>
    public void Handle(ReadOnlySpan<ServerInput> inputs, MonoTime now) => throw new NotSupportedException();
}
