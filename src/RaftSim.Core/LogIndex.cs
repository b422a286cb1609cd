using System.Globalization;

namespace RaftSim;

/// <summary>A position in the log: the first entry has 1, and 0 stands before it. Source: Raft dissertation §3.5.</summary>
/// <param name="Value">The number.</param>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    /// <summary>The position before the first entry.</summary>
    public static LogIndex Zero => default;

    /// <summary>The position after this one.</summary>
    public LogIndex Next => new(Value + 1);

    /// <summary>The position before this one; throws <see cref="OverflowException"/> at 0.</summary>
    public LogIndex Previous => new(checked(Value - 1));

    /// <summary>The smaller of two positions.</summary>
    public static LogIndex Min(LogIndex a, LogIndex b) => a.Value <= b.Value ? a : b;

    /// <summary>The larger of two positions.</summary>
    public static LogIndex Max(LogIndex a, LogIndex b) => a.Value >= b.Value ? a : b;

    /// <inheritdoc/>
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    /// <summary>The position <paramref name="count"/> further on.</summary>
    public static LogIndex operator +(LogIndex index, ulong count) => new(checked(index.Value + count));

    /// <summary>
    /// How many positions lie from <paramref name="right"/> (exclusive) to <paramref name="left"/> (inclusive).
    /// </summary>
    public static ulong operator -(LogIndex left, LogIndex right) => checked(left.Value - right.Value);

    /// <summary>Whether the left position comes first.</summary>
    public static bool operator <(LogIndex left, LogIndex right) => left.Value < right.Value;

    /// <summary>Whether the left position comes last.</summary>
    public static bool operator >(LogIndex left, LogIndex right) => left.Value > right.Value;

    /// <summary>Whether the left position comes first or is the same.</summary>
    public static bool operator <=(LogIndex left, LogIndex right) => left.Value <= right.Value;

    /// <summary>Whether the left position comes last or is the same.</summary>
    public static bool operator >=(LogIndex left, LogIndex right) => left.Value >= right.Value;

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
