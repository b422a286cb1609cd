namespace RaftSim.Simulation;

/// <summary>Which faults a world has. How often and how hard each strikes is drawn from the seed.</summary>
public sealed record FaultPlan
{
    private const int AmbushPerMille = 400;
    private const int PolicyPerMille = 500;

    private FaultPlan(IReadOnlyList<FaultKind> kinds) => Kinds = kinds;

    /// <summary>Nothing goes wrong.</summary>
    public static FaultPlan None { get; } = new([]);

    /// <summary>
    /// Every kind may strike; each seed leaves some kinds out and draws how often the others do, so that campaigns see
    /// quiet corners as well as storms (Groce et al., Swarm Testing, 2012).
    /// </summary>
    public static FaultPlan All { get; } = new(FaultCounts.Kinds.ToArray()) { IsSwarm = true };

    /// <summary>The kinds that may strike, in the order of their numbers.</summary>
    public IReadOnlyList<FaultKind> Kinds { get; }

    /// <summary>Whether each seed leaves some kinds out. Default: only for <see cref="All"/>.</summary>
    public bool IsSwarm { get; init; }

    /// <summary>The given kinds, every one of them in every seed.</summary>
    public static FaultPlan Of(params ReadOnlySpan<FaultKind> kinds)
    {
        SortedSet<FaultKind> sorted = [.. kinds];
        return new FaultPlan([.. sorted]);
    }

    /// <summary>Whether a kind may strike.</summary>
    public bool Includes(FaultKind kind)
    {
        foreach (FaultKind included in Kinds)
        {
            if (included == kind)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The kinds that may strike the world of a seed: all of <see cref="Kinds"/>, or, in a swarm, a few to most of them.
    /// </summary>
    public IReadOnlyList<FaultKind> KindsOf(ulong seed)
    {
        if (!IsSwarm)
        {
            return Kinds;
        }

        Draw swarm = Draw.Of(seed, Concern.Swarm);
        int perMille = swarm.Below(4, 4) switch { 0 => 60, 1 => 120, 2 => 250, _ => 500 };

        // Ambushes find most, so no world is spared them for the sake of quiet. What is aimed at zones and upgrades strikes only
        // where there are some.
        return
        [
            .. Kinds.Where(kind => swarm.At((int)kind).PerMille(1, kind switch
            {
                FaultKind.Ambush => AmbushPerMille,
                _ => IsAboutPolicy(kind) ? PolicyPerMille : perMille,
            })),
        ];
    }

    /// <summary>Whether a kind of a swarm strikes only where there are zones, replicas or newcomers.</summary>
    internal static bool IsAboutPolicy(FaultKind kind) => kind is >= FaultKind.ZoneLoss and <= FaultKind.SettingsRace;

    /// <summary>Reads <c>all</c>, <c>none</c> or names separated by commas; false, with the reason, for anything else.</summary>
    public static bool TryParse(string text, out FaultPlan plan, out string error)
    {
        plan = text is "all" ? All : None;
        error = "";
        if (text is "all" or "none")
        {
            return true;
        }

        List<FaultKind> kinds = [];
        foreach (string name in text.Split(','))
        {
            if (!FaultCounts.TryFind(name, out FaultKind kind))
            {
                error = $"'{name}' is not a fault: use all, none, or some of {Names()} separated by commas";
                return false;
            }

            kinds.Add(kind);
        }

        plan = Of([.. kinds]);
        return true;
    }

    /// <summary>The plan as <see cref="TryParse"/> reads it.</summary>
    public override string ToString()
    {
        if (IsSwarm && Kinds.Count == FaultCounts.Kinds.Length)
        {
            return "all";
        }

        return Kinds.Count == 0 ? "none" : string.Join(',', Kinds.Select(FaultCounts.NameOf));
    }

    private static string Names()
    {
        List<string> names = [];
        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            names.Add(FaultCounts.NameOf(kind));
        }

        return string.Join(", ", names);
    }
}
