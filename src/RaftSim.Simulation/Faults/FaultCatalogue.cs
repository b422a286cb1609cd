namespace RaftSim.Simulation.Faults;

/// <summary>Every kind of fault: how often it strikes, and how.</summary>
internal static class FaultCatalogue
{
    private static readonly Entry[] _entries = Order(
        [
            .. NetworkFaults.All, .. ProcessFaults.All, .. DiskFaults.All, .. OperatorFaults.All, .. LeadershipFaults.All,
            .. PolicyFaults.All, .. Lasting,
        ]);

    // Those that befall messages or clocks as long as the world is not at peace: nothing strikes.
    private static Entry[] Lasting =>
    [
        new(FaultKind.Drop), new(FaultKind.Duplicate), new(FaultKind.Reorder), new(FaultKind.Delay), new(FaultKind.LateCopy),
        new(FaultKind.CorruptFrame), new(FaultKind.Drift), new(FaultKind.Skew),
    ];

    /// <summary>Time between two faults of a kind; 0 for those that befall messages or clocks.</summary>
    public static Duration MeanGap(FaultKind kind) => Duration.Seconds(_entries[(int)kind].GapSeconds);

    /// <summary>Whether a kind strikes now and then, rather than befall messages or clocks.</summary>
    public static bool Strikes(FaultKind kind) => _entries[(int)kind].Strike is not null;

    /// <summary>Strikes; what cannot strike this world now does nothing.</summary>
    public static void Strike(FaultKind kind, FaultStrike strike) => _entries[(int)kind].Strike!(strike);

    /// <summary>A network with one more kind of weakness, of level 0 to 3.</summary>
    public static LinkOptions Worsen(LinkOptions options, FaultKind kind, int level) => kind switch
    {
        FaultKind.Drop => options with { DropPerMille = 3 << (2 * level) },
        FaultKind.Duplicate => options with { DuplicatePerMille = 5 << (2 * level) },
        FaultKind.Reorder => options with { ReorderPerMille = 10 << (2 * level) },
        FaultKind.Delay => options with { SlowPerMille = 2 << (2 * level) },
        FaultKind.LateCopy => options with { LateCopyPerMille = 1 << level },
        FaultKind.CorruptFrame => options with { CorruptPerMille = 1 << level },
        _ => options,
    };

    private static Entry[] Order(Entry[] entries)
    {
        Entry[] ordered = new Entry[FaultCounts.Kinds.Length];
        foreach (Entry entry in entries)
        {
            Invariant.Require(ordered[(int)entry.Kind] is null, "a kind of fault is in the catalogue once");
            ordered[(int)entry.Kind] = entry;
        }

        Invariant.Require(Array.TrueForAll(ordered, entry => entry is not null), "every kind of fault is in the catalogue");
        return ordered;
    }

    /// <summary>A kind of fault.</summary>
    /// <param name="Kind">Which.</param>
    /// <param name="GapSeconds">Seconds from one to the next on average; worlds have a fourth to twice of that.</param>
    /// <param name="Strike">What it does.</param>
    internal sealed record Entry(FaultKind Kind, int GapSeconds = 0, Action<FaultStrike>? Strike = null);
}
