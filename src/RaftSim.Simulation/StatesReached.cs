namespace RaftSim.Simulation;

/// <summary>A set of <see cref="SimState"/>: what one world, or many, have reached.</summary>
/// <param name="Bits">A bit for each state, by its number, of the first 128.</param>
/// <param name="More">The same of the others.</param>
public readonly record struct StatesReached(UInt128 Bits, UInt128 More = default)
{
    private const int BitsMax = 128;

    // Every state comes up in at least one of 200 worlds: that all of so many miss one is less likely than 1 to 20,000.
    private const ulong WorldsMin = 2_000;

    private static readonly SimState[] _all = Enum.GetValues<SimState>();
    private static readonly string[] _names = [.. _all.Select(state => FaultCounts.Kebab(state.ToString()))];

    /// <summary>Every state, in the order of the catalogue.</summary>
    public static ReadOnlySpan<SimState> All => _all;

    /// <summary>How many states are in the set.</summary>
    public int Count => (int)(UInt128.PopCount(Bits) + UInt128.PopCount(More));

    /// <summary>The states of the catalogue that are not in the set.</summary>
    public IReadOnlyList<SimState> Missing
    {
        get
        {
            StatesReached reached = this;
            return [.. _all.Where(state => !reached.Contains(state))];
        }
    }

    /// <summary>
    /// The name of a state on the command line. Throws <see cref="ArgumentOutOfRangeException"/> for what is none.
    /// </summary>
    public static string NameOf(SimState state) => (int)state < _names.Length
        ? _names[(int)state]
        : throw new ArgumentOutOfRangeException(nameof(state), state, "unknown state");

    /// <summary>Whether a state is in the set.</summary>
    public bool Contains(SimState state) => With(state) == this;

    /// <summary>The set with one more state.</summary>
    public StatesReached With(SimState state) => (int)state < BitsMax
        ? this with { Bits = Bits | (UInt128.One << (int)state) }
        : this with { More = More | (UInt128.One << ((int)state - BitsMax)) };

    /// <summary>What is in one of two sets, or in both.</summary>
    public StatesReached Union(StatesReached other) => new(Bits | other.Bits, More | other.More);

    /// <summary>
    /// What so many worlds of <see cref="SimWorld.Swarm"/> should have reached together and did not. Nothing is owed by
    /// fewer than 2,000 worlds, with other faults than <see cref="FaultPlan.All"/>, or in less than a minute.
    /// </summary>
    public IReadOnlyList<SimState> OwedBy(ulong worlds, FaultPlan faults, Duration duration)
    {
        ArgumentNullException.ThrowIfNull(faults);
        bool isOwed = worlds >= WorldsMin && duration >= Duration.Seconds(60)
            && faults.IsSwarm && faults.Kinds.Count == FaultCounts.Kinds.Length;
        return isOwed ? Missing : [];
    }

    /// <summary>How many of how many, for people.</summary>
    public override string ToString() => $"{Count} of {_all.Length} states";
}
