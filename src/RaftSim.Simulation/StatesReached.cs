namespace RaftSim.Simulation;

/// <summary>A set of <see cref="SimState"/>: what one world, or many, have reached.</summary>
/// <param name="Low">A bit for each of the first 128.</param>
/// <param name="High">A bit for each of the others.</param>
public readonly record struct StatesReached(UInt128 Low, UInt128 High)
{
    private static readonly SimState[] _all = Enum.GetValues<SimState>();
    private static readonly string[] _names = [.. _all.Select(state => FaultCounts.Kebab(state.ToString()))];

    /// <summary>Every state, in the order of the catalogue.</summary>
    public static ReadOnlySpan<SimState> All => _all;

    /// <summary>How many states are in the set.</summary>
    public int Count => (int)(UInt128.PopCount(Low) + UInt128.PopCount(High));

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
    public bool Contains(SimState state) => ((int)state < 128 ? Low >> (int)state & 1 : High >> ((int)state - 128) & 1) == 1;

    /// <summary>The set with one more state.</summary>
    public StatesReached With(SimState state) => (int)state < 128
        ? new(Low | UInt128.One << (int)state, High) : new(Low, High | UInt128.One << ((int)state - 128));

    /// <summary>What is in one of two sets, or in both.</summary>
    public StatesReached Union(StatesReached other) => new(Low | other.Low, High | other.High);

    /// <summary>How many of how many, for people.</summary>
    public override string ToString() => $"{Count} of {_all.Length} states";
}
