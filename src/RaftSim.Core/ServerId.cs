namespace RaftSim;

/// <summary>
/// The identity of a server: normally a lower-case UUID made at its first start, any non-empty text where an operator
/// overrides it. Compared and ordered as bytes (ordinal). <c>default</c> stands for "no server".
/// </summary>
/// <param name="Value">The text of the id; <see langword="null"/> only in <c>default</c>.</param>
public readonly record struct ServerId(string Value) : IComparable<ServerId>
{
    /// <summary>Whether this is no server at all.</summary>
    public bool IsNone => string.IsNullOrEmpty(Value);

    /// <summary>Ordinal order of the text; a total order.</summary>
    public int CompareTo(ServerId other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>Two ids are equal when their text is, byte for byte; empty and <c>default</c> are both "no server".</summary>
    public bool Equals(ServerId other) => ReferenceEquals(Value, other.Value) || IsSame(Value ?? "", other.Value ?? "");

    /// <summary>Not stable between processes: for lookups only, never for order.</summary>
    public override int GetHashCode() => (Value ?? "").Length == 0 ? 0 : StringComparer.Ordinal.GetHashCode(Value!);

    // Ids that differ nearly always differ at the end, be they names or random.
    private static bool IsSame(string left, string right) => left.Length == right.Length
        && (left.Length == 0 || (left[^1] == right[^1] && string.Equals(left, right, StringComparison.Ordinal)));

    /// <summary>The id as text; empty for none.</summary>
    public override string ToString() => Value ?? "";
}
