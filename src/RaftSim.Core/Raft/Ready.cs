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

    /// <summary>Reads that may be carried out as soon as the entries up to their index are applied.</summary>
    public ReadOnlySpan<ReadReady> Reads { get; init; }
}

/// <summary>A read that was confirmed. Source: dissertation §6.4.</summary>
/// <param name="Context">The number it was asked for with.</param>
/// <param name="Index">What has to be applied before it is carried out.</param>
public readonly record struct ReadReady(ulong Context, LogIndex Index);
