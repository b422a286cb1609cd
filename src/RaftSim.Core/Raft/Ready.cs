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

    /// <summary>
    /// A snapshot to fetch from the leader; <see langword="null"/> for none. Said again while it is wanted. Reported by
    /// <see cref="RaftNode.SnapshotInstalled"/>.
    /// </summary>
    public SnapshotOffer? Install { get; init; }

    /// <summary>Reads that may be carried out as soon as the entries up to their index are applied.</summary>
    public ReadOnlySpan<ReadReady> Reads { get; init; }
}

/// <summary>A leader's word that this server needs a snapshot.</summary>
/// <param name="From">The leader that has it.</param>
/// <param name="Last">The last entry that it includes.</param>
public readonly record struct SnapshotOffer(ServerId From, LogPosition Last);

/// <summary>A read that was confirmed. Source: dissertation §6.4.</summary>
/// <param name="Context">The number it was asked for with.</param>
/// <param name="Index">What has to be applied before it is carried out.</param>
public readonly record struct ReadReady(ulong Context, LogIndex Index);
