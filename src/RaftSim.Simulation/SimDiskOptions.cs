namespace RaftSim.Simulation;

/// <summary>How a simulated disk behaves. Chances are per million operations of the kind concerned.</summary>
public sealed record SimDiskOptions
{
    /// <summary>Shortest time of an operation that syncs nothing. Default 5 µs.</summary>
    public Duration OperationMin { get; init; } = Duration.Microseconds(5);

    /// <summary>Longest time of an operation that syncs nothing (exclusive). Default 50 µs.</summary>
    public Duration OperationMax { get; init; } = Duration.Microseconds(50);

    /// <summary>Shortest time of a sync. Default 100 µs.</summary>
    public Duration SyncMin { get; init; } = Duration.Microseconds(100);

    /// <summary>Longest time of a sync (exclusive). Default 1 ms.</summary>
    public Duration SyncMax { get; init; } = Duration.Milliseconds(1);

    /// <summary>How often an operation stalls for a time between zero and <see cref="StallMax"/>. Default 0.</summary>
    public uint StallsPerMillion { get; init; }

    /// <summary>Longest stall (exclusive). Default 2 s.</summary>
    public Duration StallMax { get; init; } = Duration.Seconds(2);

    /// <summary>How often a read, write or change of names fails, with nothing done. Default 0.</summary>
    public uint FailuresPerMillion { get; init; }

    /// <summary>
    /// How often a sync fails. What it should have made durable is then lost at the next crash, even if a later sync
    /// succeeds: that is how Linux behaves, which marks the pages clean. Default 0.
    /// </summary>
    public uint SyncFailuresPerMillion { get; init; }

    /// <summary>
    /// Bytes that fit on the disk: more are refused as <see cref="Storage.DiskStatus.Full"/>. Less than 2 GiB; default
    /// 1 GiB.
    /// </summary>
    public long CapacityBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Throws <see cref="ArgumentOutOfRangeException"/> that names the value and the rule when a chance, a span or the size is
    /// out of range.
    /// </summary>
    public void Validate()
    {
        Rule.RequireNotNegative(OperationMin, nameof(OperationMin));
        Rule.Require(OperationMax >= OperationMin, nameof(OperationMax), OperationMax, $"must be at least {OperationMin}");
        Rule.RequireNotNegative(SyncMin, nameof(SyncMin));
        Rule.Require(SyncMax >= SyncMin, nameof(SyncMax), SyncMax, $"must be at least {SyncMin}");
        Rule.RequireNotNegative(StallMax, nameof(StallMax));
        Rule.RequirePerMillion(StallsPerMillion, nameof(StallsPerMillion));
        Rule.RequirePerMillion(FailuresPerMillion, nameof(FailuresPerMillion));
        Rule.RequirePerMillion(SyncFailuresPerMillion, nameof(SyncFailuresPerMillion));
        Rule.Require(CapacityBytes is >= 0 and <= int.MaxValue,
            nameof(CapacityBytes), CapacityBytes, $"must be 0 to {int.MaxValue}");
    }
}

/// <summary>What a crash does to writes and changes of names that were not yet synced.</summary>
public enum SimDiskCrash : byte
{
    /// <summary>One of the others, by the seed.</summary>
    Any,

    /// <summary>All of them are lost.</summary>
    LoseAll,

    /// <summary>All of them are kept.</summary>
    KeepAll,

    /// <summary>Those before a random point are kept, the one at the point is torn, the later ones are lost.</summary>
    PointInTime,

    /// <summary>Each of them is kept, lost or torn, whatever became of its predecessors.</summary>
    Each,

    /// <summary>The same, and of the last write to each file half is kept, sector by sector. Never drawn.</summary>
    Tear,
}

/// <summary>How often a fault of a simulated disk came to pass.</summary>
public enum SimDiskFault : byte
{
    /// <summary>An operation stalled.</summary>
    Stall,

    /// <summary>An operation failed.</summary>
    Failure,

    /// <summary>A sync failed.</summary>
    SyncFailure,

    /// <summary>There was no space left.</summary>
    Full,

    /// <summary>A crash.</summary>
    Crash,

    /// <summary>A write that was not synced was lost whole by a crash.</summary>
    WriteLost,

    /// <summary>A write that was not synced survived a crash in part.</summary>
    WriteTorn,

    /// <summary>A creation, rename or deletion that was not synced was undone by a crash.</summary>
    NameLost,

    /// <summary>A bit was flipped in what is durable.</summary>
    BitFlip,

    /// <summary>The folder was emptied.</summary>
    Wipe,

    /// <summary>A sync was confirmed, but what it covers is lost at the next crash.</summary>
    SyncLie,

    /// <summary>A write went to another place of its file.</summary>
    Misdirected,
}
