namespace RaftSim.Simulation;

/// <summary>What randomness is spent on. Each concern has streams of its own, so that one never shifts another.</summary>
internal enum Concern : byte
{
    Server = 1,
    Network = 2,
    Disk = 3,
    Clock = 4,
    Workload = 5,
    Fault = 6,
    Apply = 7,
    Pace = 8,
    Swarm = 9,
    Shrinking = 10,
    Shape = 11,
    Handover = 12,
}

/// <summary>
/// A random decision as a pure function of its key: asking twice gives the same answer, and leaving one decision out
/// changes no other. Values are numbered by the caller; the numbers are local to the key.
/// </summary>
internal readonly record struct Draw(ulong Key)
{
    private const ulong StepBase = 1 << 16;

    // A mean of up to about 9 minutes can be weighed in 64 bits.
    private const long ShortMax = 1L << 39;

    /// <summary>The draws of one concern of a world.</summary>
    public static Draw Of(ulong seed, Concern concern) => new(Prng.Hash(Prng.Hash(seed, 0x5EED), (ulong)concern));

    /// <summary>The draws of one part of this one: a server, a link, an incarnation, the n-th message.</summary>
    public Draw At(ulong part) => new(Prng.Hash(Key, StepBase + part));

    /// <inheritdoc cref="At(ulong)"/>
    public Draw At(int part) => At((ulong)part);

    /// <summary>64 random bits: the value with this number.</summary>
    public ulong Bits(ushort number) => Prng.Hash(Key, number);

    /// <summary>A number from 0 to <paramref name="bound"/>, exclusive; 0 when the bound is 0.</summary>
    public ulong Below(ushort number, ulong bound) => Math.BigMul(Bits(number), bound, out _);

    /// <inheritdoc cref="Below(ushort, ulong)"/>
    public int Below(ushort number, int bound) => (int)Below(number, (ulong)bound);

    /// <summary>True in <paramref name="perMille"/> of 1000 cases.</summary>
    public bool PerMille(ushort number, int perMille) => perMille > 0 && Below(number, 1000) < perMille;

    /// <summary>A duration from <paramref name="low"/> (inclusive) to <paramref name="high"/> (exclusive).</summary>
    public Duration Between(ushort number, Duration low, Duration high) => high <= low
        ? low
        : new(low.Nanos + (long)Below(number, (ulong)(high.Nanos - low.Nanos)));

    /// <summary>
    /// A duration with about the given mean, mostly shorter and now and then several times longer: an exponential
    /// distribution with its logarithm taken piece by piece, so that no floating point decides anything.
    /// </summary>
    public Duration Around(ushort number, Duration mean)
    {
        ulong bits = Bits(number);
        int zeros = Math.Min(System.Numerics.BitOperations.LeadingZeroCount(bits), 20);
        long fraction = (long)((bits << (zeros + 1)) >> 54);

        // The value is (zeros + 1 - fraction/1024) halvings; a halving is worth mean * ln 2, and 710/1024 is about ln 2.
        long weight = (((zeros + 1L) * 1024) - fraction) * 710;
        return new(mean.Nanos <= ShortMax ? (mean.Nanos * weight) >> 20 : (long)(((Int128)mean.Nanos * weight) >> 20));
    }

    /// <summary>A stream for code that draws as it goes.</summary>
    public Prng Stream() => new(Key);
}
