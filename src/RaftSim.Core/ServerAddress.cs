namespace RaftSim;

/// <summary>Where a server's transport listens, as <c>host:port</c> text. <c>default</c> stands for "not known".</summary>
/// <param name="Value">The text; <see langword="null"/> only in <c>default</c>.</param>
public readonly record struct ServerAddress(string Value) : IComparable<ServerAddress>
{
    /// <summary>Whether there is no address.</summary>
    public bool IsNone => string.IsNullOrEmpty(Value);

    /// <summary>Ordinal order of the text; a total order.</summary>
    public int CompareTo(ServerAddress other) => string.CompareOrdinal(Value, other.Value);

    /// <summary>The address as text; empty for none.</summary>
    public override string ToString() => Value ?? "";
}
