namespace RaftSim;

/// <summary>
/// Tells the content of one snapshot from that of all others, also of those that stand for the same place in the log: a copy
/// of a snapshot keeps it.
/// </summary>
/// <param name="High">The upper 64 bits.</param>
/// <param name="Low">The lower 64 bits.</param>
public readonly record struct SnapshotId(ulong High, ulong Low)
{
    /// <summary>Whether it is none.</summary>
    public bool IsNone => High == 0 && Low == 0;

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => FormattableString.Invariant($"{High:x16}{Low:x16}");
}

/// <summary>A snapshot as storage and transport see it: chunks of bytes that stand for a place in the log.</summary>
/// <param name="Id">What tells its content from others.</param>
/// <param name="Cluster">The cluster that it is of.</param>
/// <param name="Last">The last entry that it includes.</param>
/// <param name="ChunkBytes">Bytes of content in each chunk but the last, which has as many or fewer.</param>
public readonly record struct StoredSnapshot(SnapshotId Id, ClusterId Cluster, LogPosition Last, int ChunkBytes);
