namespace RaftSim;

/// <summary>
/// A moment on one server's monotonic clock: nanoseconds since an origin that is private to this incarnation of this
/// server. It must never be stored or sent.
/// </summary>
/// <param name="Nanos">Nanoseconds since the origin.</param>
public readonly record struct MonoTime(long Nanos) : IComparable<MonoTime>
{
    /// <summary>A moment that never comes: "no deadline".</summary>
    public static MonoTime Never => new(long.MaxValue);

    /// <summary>The earlier of two moments.</summary>
    public static MonoTime Min(MonoTime a, MonoTime b) => a.Nanos <= b.Nanos ? a : b;

    /// <summary>The later of two moments.</summary>
    public static MonoTime Max(MonoTime a, MonoTime b) => a.Nanos >= b.Nanos ? a : b;

    /// <inheritdoc/>
    public int CompareTo(MonoTime other) => Nanos.CompareTo(other.Nanos);

    /// <summary>The moment <paramref name="span"/> later; saturates at <see cref="Never"/>.</summary>
    public static MonoTime operator +(MonoTime time, Duration span) =>
        span.Nanos > 0 && time.Nanos > long.MaxValue - span.Nanos ? Never : new(checked(time.Nanos + span.Nanos));

    /// <summary>The time from <paramref name="right"/> to <paramref name="left"/>.</summary>
    public static Duration operator -(MonoTime left, MonoTime right) => new(checked(left.Nanos - right.Nanos));

    /// <summary>Whether the left moment is earlier.</summary>
    public static bool operator <(MonoTime left, MonoTime right) => left.Nanos < right.Nanos;

    /// <summary>Whether the left moment is later.</summary>
    public static bool operator >(MonoTime left, MonoTime right) => left.Nanos > right.Nanos;

    /// <summary>Whether the left moment is earlier or the same.</summary>
    public static bool operator <=(MonoTime left, MonoTime right) => left.Nanos <= right.Nanos;

    /// <summary>Whether the left moment is later or the same.</summary>
    public static bool operator >=(MonoTime left, MonoTime right) => left.Nanos >= right.Nanos;

    /// <summary>The time since the origin, in Go's duration text.</summary>
    public override string ToString() => this == Never ? "never" : new Duration(Nanos).ToString();
}
