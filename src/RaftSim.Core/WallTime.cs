namespace RaftSim;

/// <summary>
/// A moment of the wall clock: nanoseconds since 1970-01-01T00:00:00Z. Used only at the edges (StableSince, stamps of
/// entries), never to decide when something is due.
/// </summary>
/// <param name="UnixNanos">Nanoseconds since 1970; <see cref="None"/> has the smallest value.</param>
public readonly record struct WallTime(long UnixNanos) : IComparable<WallTime>
{
    /// <summary>No moment: Go's zero time, <c>0001-01-01T00:00:00Z</c>. Earlier than every other.</summary>
    public static WallTime None => new(long.MinValue);

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => UnixNanos == long.MinValue;

    /// <inheritdoc/>
    public int CompareTo(WallTime other) => UnixNanos.CompareTo(other.UnixNanos);

    /// <summary>The moment <paramref name="span"/> later; <see cref="None"/> stays <see cref="None"/>.</summary>
    public static WallTime operator +(WallTime time, Duration span) =>
        time.IsNone ? time : new(checked(time.UnixNanos + span.Nanos));

    /// <summary>
    /// The time from <paramref name="right"/> to <paramref name="left"/>, saturated to the range of a duration.
    /// </summary>
    public static Duration operator -(WallTime left, WallTime right)
    {
        Int128 difference = (Int128)left.UnixNanos - right.UnixNanos;
        return new((long)Int128.Clamp(difference, long.MinValue, long.MaxValue));
    }

    /// <summary>Whether the left moment is earlier.</summary>
    public static bool operator <(WallTime left, WallTime right) => left.UnixNanos < right.UnixNanos;

    /// <summary>Whether the left moment is later.</summary>
    public static bool operator >(WallTime left, WallTime right) => left.UnixNanos > right.UnixNanos;

    /// <summary>Whether the left moment is earlier or the same.</summary>
    public static bool operator <=(WallTime left, WallTime right) => left.UnixNanos <= right.UnixNanos;

    /// <summary>Whether the left moment is later or the same.</summary>
    public static bool operator >=(WallTime left, WallTime right) => left.UnixNanos >= right.UnixNanos;
}
