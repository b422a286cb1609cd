using System.Globalization;

namespace RaftSim;

/// <summary>A Raft term: 0 before the first election, never falling. Source: Raft dissertation §3.3.</summary>
/// <param name="Value">The number.</param>
public readonly record struct Term(ulong Value) : IComparable<Term>
{
    /// <summary>The term before the first election.</summary>
    public static Term Zero => default;

    /// <summary>The term that follows this one.</summary>
    public Term Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <summary>Whether the left term is older.</summary>
    public static bool operator <(Term left, Term right) => left.Value < right.Value;

    /// <summary>Whether the left term is newer.</summary>
    public static bool operator >(Term left, Term right) => left.Value > right.Value;

    /// <summary>Whether the left term is older or the same.</summary>
    public static bool operator <=(Term left, Term right) => left.Value <= right.Value;

    /// <summary>Whether the left term is newer or the same.</summary>
    public static bool operator >=(Term left, Term right) => left.Value >= right.Value;

    /// <summary>The number in decimal.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
