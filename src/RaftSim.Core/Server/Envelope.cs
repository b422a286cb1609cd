namespace RaftSim.Server;

/// <summary>
/// A message with who sent it to whom. Cluster and disk identities let the receiver refuse what is not for it: another
/// cluster, or a server whose disk was wiped since.
/// </summary>
public readonly record struct Envelope
{
    /// <summary>The sender's cluster; none before it has joined one.</summary>
    public ClusterId Cluster { get; init; }

    /// <summary>The sender.</summary>
    public required ServerId From { get; init; }

    /// <summary>The sender's data folder.</summary>
    public required DiskId FromDisk { get; init; }

    /// <summary>Where answers to the sender go.</summary>
    public required ServerAddress FromAddress { get; init; }

    /// <summary>The receiver; none when only its address is known.</summary>
    public ServerId To { get; init; }

    /// <summary>The receiver's data folder; none when not known.</summary>
    public DiskId ToDisk { get; init; }

    /// <summary>Where it goes: what a transport routes by.</summary>
    public required ServerAddress ToAddress { get; init; }

    /// <summary>With which urgency.</summary>
    public required Lane Lane { get; init; }

    /// <summary>The message.</summary>
    public required ServerMessage Message { get; init; }
}
