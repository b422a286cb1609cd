namespace RaftSim;

/// <summary>
/// The identity of a data folder, 128 random bits made when the folder is first written. A server whose disk was wiped
/// comes back with another one, so that nobody takes it for its old self. <c>default</c> stands for "not known".
/// </summary>
/// <param name="High">The upper 64 bits.</param>
/// <param name="Low">The lower 64 bits.</param>
public readonly record struct DiskId(ulong High, ulong Low)
{
    /// <summary>Whether the identity is not known.</summary>
    public bool IsNone => (High | Low) == 0;

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}

/// <summary>
/// The identity of a cluster, 128 random bits made when it is formed. Messages of another cluster are refused.
/// <c>default</c> stands for "no cluster yet".
/// </summary>
/// <param name="High">The upper 64 bits.</param>
/// <param name="Low">The lower 64 bits.</param>
public readonly record struct ClusterId(ulong High, ulong Low)
{
    /// <summary>Whether there is no cluster yet.</summary>
    public bool IsNone => (High | Low) == 0;

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}
