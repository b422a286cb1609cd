namespace RaftSim;

/// <summary>
/// A durable snapshot as the engine sees it: what it stands for, not what is in it. Source: dissertation §5.1, figure 5.3.
/// </summary>
/// <param name="Last">The last entry that it includes.</param>
/// <param name="ConfigurationIndex">
/// The index of the configuration that was in force there; at most that of <paramref name="Last"/>.
/// </param>
/// <param name="Configuration">That configuration, as it stands in the log.</param>
/// <param name="Length">Bytes of its content.</param>
public sealed record SnapshotHandle(
    LogPosition Last, LogIndex ConfigurationIndex, ReadOnlyMemory<byte> Configuration, long Length);
