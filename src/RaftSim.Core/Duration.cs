namespace RaftSim;

/// <summary>
/// A length of time in whole nanoseconds, with the range and the text form of Go's <c>time.Duration</c>: about ±292
/// years. Source: Nomad's HTTP API, which writes durations as Go text such as <c>200ms</c>.
/// </summary>
/// <param name="Nanos">Nanoseconds; may be negative.</param>
public readonly partial record struct Duration(long Nanos) : IComparable<Duration>
{
    /// <summary>No time at all.</summary>
    public static Duration Zero => default;

    /// <summary>Whole microseconds.</summary>
    public static Duration Microseconds(long count) => new(checked(count * 1_000));

    /// <summary>Whole milliseconds.</summary>
    public static Duration Milliseconds(long count) => new(checked(count * 1_000_000));

    /// <summary>Whole seconds.</summary>
    public static Duration Seconds(long count) => new(checked(count * 1_000_000_000));

    /// <inheritdoc/>
    public int CompareTo(Duration other) => Nanos.CompareTo(other.Nanos);

    /// <summary>The sum; throws <see cref="OverflowException"/> outside the range.</summary>
    public static Duration operator +(Duration left, Duration right) => new(checked(left.Nanos + right.Nanos));

    /// <summary>The difference; throws <see cref="OverflowException"/> outside the range.</summary>
    public static Duration operator -(Duration left, Duration right) => new(checked(left.Nanos - right.Nanos));

    /// <summary>A multiple; throws <see cref="OverflowException"/> outside the range.</summary>
    public static Duration operator *(Duration span, long factor) => new(checked(span.Nanos * factor));

    /// <summary>A whole part, rounded towards zero; throws <see cref="DivideByZeroException"/> for 0.</summary>
    public static Duration operator /(Duration span, long divisor) => new(span.Nanos / divisor);

    /// <summary>Whether the left is shorter.</summary>
    public static bool operator <(Duration left, Duration right) => left.Nanos < right.Nanos;

    /// <summary>Whether the left is longer.</summary>
    public static bool operator >(Duration left, Duration right) => left.Nanos > right.Nanos;

    /// <summary>Whether the left is shorter or the same.</summary>
    public static bool operator <=(Duration left, Duration right) => left.Nanos <= right.Nanos;

    /// <summary>Whether the left is longer or the same.</summary>
    public static bool operator >=(Duration left, Duration right) => left.Nanos >= right.Nanos;
}
