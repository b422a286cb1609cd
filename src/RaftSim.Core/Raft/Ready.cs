namespace RaftSim.Raft;

/// <summary>What the shell has to carry out. Valid until the next call of the node that made it.</summary>
public readonly ref struct Ready
{
    /// <summary>
    /// What to make durable; <see langword="null"/> for nothing. Reported by <see cref="RaftNode.WriteCompleted"/>.
    /// </summary>
    public LogBatch? Write { get; init; }

    /// <summary>What to send, in this order; nothing in it rests on a write that is not yet durable.</summary>
    public ReadOnlySpan<RaftMessage> Messages { get; init; }

    /// <summary>
    /// What was committed since the last time, in log order; to be applied, then reported by
    /// <see cref="RaftNode.Applied"/>.
    /// </summary>
    public ReadOnlySpan<ReadOnlyMemory<LogEntry>> Committed { get; init; }
}
