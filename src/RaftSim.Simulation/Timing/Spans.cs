using System.Globalization;
using System.Numerics;

namespace RaftSim.Simulation.Timing;

/// <summary>
/// How long something took, many times over: counted in buckets that are a 64th of their value wide, so that a percentile is
/// at most 1.6 % too high, however many there are. Not for several threads at once.
/// </summary>
public sealed class Spans
{
    // Below 2^7 ns a bucket holds one value; above, each power of two has 64.
    private const int Bits = 6;
    private const int BucketsOfPower = 1 << Bits;

    private long[] _buckets = [];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>The longest; zero when there is none.</summary>
    public Duration Max { get; private set; }

    /// <summary>Adds one; throws <see cref="ArgumentOutOfRangeException"/> when it is negative.</summary>
    public void Add(Duration span)
    {
        Rule.RequireNotNegative(span, nameof(span));
        int bucket = BucketOf(span.Nanos);
        if (bucket >= _buckets.Length)
        {
            Array.Resize(ref _buckets, bucket + BucketsOfPower);
        }

        _buckets[bucket]++;
        Count++;
        Max = span > Max ? span : Max;
    }

    /// <summary>Adds all of others.</summary>
    public void Add(Spans others)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (others._buckets.Length > _buckets.Length)
        {
            Array.Resize(ref _buckets, others._buckets.Length);
        }

        for (int i = 0; i < others._buckets.Length; i++)
        {
            _buckets[i] += others._buckets[i];
        }

        Count += others.Count;
        Max = others.Max > Max ? others.Max : Max;
    }

    /// <summary>
    /// What so many of 100 take at most; zero when there is none. Throws <see cref="ArgumentOutOfRangeException"/> unless
    /// <paramref name="percent"/> is 1 to 100.
    /// </summary>
    public Duration Percentile(int percent)
    {
        Rule.Require(percent is >= 1 and <= 100, nameof(percent), percent, "must be 1 to 100");
        long wanted = (long)((((Int128)Count * percent) + 99) / 100);
        long seen = 0;
        for (int i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted && seen > 0)
            {
                return new Duration(Math.Min(EndOf(i), Max.Nanos));
            }
        }

        return Duration.Zero;
    }

    /// <summary>Within what time half of them, 99 of 100 and all of them were over, for people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"half within {Rounded(Percentile(50))}, 99 of 100 within {Rounded(Percentile(99))}, all within {Rounded(Max)}");

    /// <summary>To three digits, as people can read it.</summary>
    internal static Duration Rounded(Duration span)
    {
        long unit = 1;
        while (span.Nanos / unit >= 1_000)
        {
            unit *= 10;
        }

        return new Duration(checked((span.Nanos + (unit / 2)) / unit * unit));
    }

    private static int BucketOf(long nanos)
    {
        int power = Math.Max(0, BitOperations.Log2((ulong)nanos | 1) - Bits);
        return (power << Bits) + (int)(nanos >> power);
    }

    // The longest that falls in a bucket.
    private static long EndOf(int bucket)
    {
        int power = Math.Max(0, (bucket >> Bits) - 1);
        long first = bucket - ((long)power << Bits);
        return ((first + 1) << power) - 1;
    }
}
