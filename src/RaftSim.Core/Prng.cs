namespace RaftSim;

/// <summary>
/// A counter-based source of random numbers: value <c>n</c> of a stream is a hash of (key, n), so that a stream never
/// depends on how often another was read. Derive one stream per concern, link, server and incarnation with
/// <see cref="Derive"/>. Not for cryptography.
/// </summary>
public sealed class Prng
{
    private readonly ulong _key;
    private ulong _count;

    /// <summary>A stream that is determined by <paramref name="seed"/>.</summary>
    public Prng(ulong seed) => _key = Mix(seed);

    /// <summary>An independent stream, determined by this stream's key and <paramref name="salt"/> alone.</summary>
    public Prng Derive(ulong salt) => new(Hash(_key, salt));

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => Hash(_key, ++_count);

    /// <summary>A number from 0 (inclusive) to <paramref name="bound"/> (exclusive); the bound is at least 1.</summary>
    public ulong Below(ulong bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        return Math.BigMul(NextUInt64(), bound, out _);
    }

    /// <summary>A duration from <paramref name="low"/> (inclusive) to <paramref name="high"/> (exclusive).</summary>
    public Duration Between(Duration low, Duration high) =>
        high.Nanos <= low.Nanos ? low : new(checked(low.Nanos + (long)Below((ulong)checked(high.Nanos - low.Nanos))));

    /// <summary>True in <paramref name="chances"/> of <paramref name="outOf"/> cases.</summary>
    public bool Chance(ulong chances, ulong outOf) => Below(outOf) < chances;

    /// <summary>A well-mixed hash of two numbers: the value of stream <paramref name="key"/> at <paramref name="n"/>.</summary>
    public static ulong Hash(ulong key, ulong n) => Mix(unchecked(key + (n * 0x9E3779B97F4A7C15UL)));

    // The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
