namespace RaftSim;

/// <summary>
/// The identity of a server: normally a lower-case UUID made at its first start, any non-empty text where an operator
/// overrides it. Compared and ordered as bytes. <c>default</c> stands for "no server".
/// </summary>
/// <param name="Value">The text of the id; <see langword="null"/> only in <c>default</c>.</param>
public readonly record struct ServerId(string Value) : IComparable<ServerId>
{
    /// <summary>Whether this is no server at all.</summary>
    public bool IsNone => string.IsNullOrEmpty(Value);

    /// <summary>The order of the texts' bytes in UTF-8, which is that of their code points; a total order.</summary>
    public int CompareTo(ServerId other)
    {
        if (ReferenceEquals(Value, other.Value))
        {
            return 0;
        }

        string left = Value ?? "";
        string right = other.Value ?? "";
        int common = left.AsSpan().CommonPrefixLength(right);
        return common == left.Length || common == right.Length
            ? left.Length - right.Length
            : Rank(left[common]) - Rank(right[common]);

        // Halves of code points beyond 16 bits are smaller than some whole ones that come before them.
        static int Rank(char one) => char.IsSurrogate(one) ? one + char.MaxValue : one;
    }

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
