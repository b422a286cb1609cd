namespace RaftSim.Simulation.Faults;

/// <summary>How often faults strike the world of a seed, and how many of its messages they befall.</summary>
internal static class FaultRates
{
    /// <summary>Time between two strikes of a kind, on average: a quarter, half, once or twice what the catalogue has.</summary>
    public static Duration MeanGap(ulong seed, FaultKind kind)
    {
        int scale = Draw.Of(seed, Concern.Swarm).At((int)kind).Below(3, 4);
        return FaultCatalogue.MeanGap(kind) * (1L << scale) / 4;
    }

    /// <summary>How a network treats messages as long as the world is not at peace.</summary>
    public static LinkOptions Worsen(ulong seed, IReadOnlyList<FaultKind> kinds, LinkOptions options)
    {
        Draw swarm = Draw.Of(seed, Concern.Swarm);
        return kinds.Aggregate(
            options, (worse, kind) => FaultCatalogue.Worsen(worse, kind, swarm.At((int)kind).Below(2, 4)));
    }
}
