namespace RaftSim.Simulation;

/// <summary>
/// Everything that can go wrong in a world, or that its operators do. Each has a counter of how often it happened.
/// </summary>
public enum FaultKind : byte
{
    /// <summary>A message is lost.</summary>
    Drop,

    /// <summary>A message arrives twice.</summary>
    Duplicate,

    /// <summary>A message overtakes another.</summary>
    Reorder,

    /// <summary>A message is held up.</summary>
    Delay,

    /// <summary>The network splits in two; messages between the sides are lost.</summary>
    Partition,

    /// <summary>One server does not reach another, but the other reaches it.</summary>
    OneWay,

    /// <summary>One server is cut off from all others.</summary>
    Isolate,

    /// <summary>A server stops; what its disk had not synced may be lost. It starts again later.</summary>
    Crash,

    /// <summary>All servers stop at once, as in a power failure.</summary>
    PowerLoss,

    /// <summary>A server stops and starts again with an empty disk, within what the protocol survives.</summary>
    Wipe,

    /// <summary>A server does nothing for a while and does not know it, as in a long garbage collection.</summary>
    Pause,

    /// <summary>A disk takes much longer than usual for a while.</summary>
    SlowDisk,

    /// <summary>A server's clock runs fast or slow.</summary>
    Drift,

    /// <summary>An operator writes the autopilot configuration, sometimes with check-and-set.</summary>
    Configure,

    /// <summary>An operator removes a server that is alive.</summary>
    Remove,

    /// <summary>An operator moves leadership to another server.</summary>
    Transfer,

    /// <summary>A disk has no space left for a while.</summary>
    FullDisk,
}

/// <summary>How often each kind of fault happened.</summary>
public sealed class FaultCounts
{
    private readonly long[] _counts = new long[Kinds.Length];

    /// <summary>Every kind of fault, in the order of their numbers.</summary>
    public static ReadOnlySpan<FaultKind> Kinds =>
    [
        FaultKind.Drop, FaultKind.Duplicate, FaultKind.Reorder, FaultKind.Delay, FaultKind.Partition, FaultKind.OneWay,
        FaultKind.Isolate, FaultKind.Crash, FaultKind.PowerLoss, FaultKind.Wipe, FaultKind.Pause, FaultKind.SlowDisk,
        FaultKind.Drift, FaultKind.Configure, FaultKind.Remove,
        FaultKind.Transfer, FaultKind.FullDisk,
    ];

    /// <summary>How often one kind happened.</summary>
    public long this[FaultKind kind] => _counts[(int)kind];

    internal void Fired(FaultKind kind) => _counts[(int)kind]++;
}
