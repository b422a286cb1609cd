namespace RaftSim.Runtime;

/// <summary>A transport cannot listen at its address. The message is one line for people and names the address.</summary>
public sealed class TransportStartException : Exception
{
    /// <summary>Says where a server cannot listen, and why.</summary>
    public TransportStartException(ServerAddress address, string reason, Exception? inner = null)
        : base($"cannot listen at {address}: {reason}", inner) => Address = address;

    /// <summary>An unnamed failure.</summary>
    public TransportStartException() { }

    /// <summary>A failure in words.</summary>
    public TransportStartException(string message) : base(message) { }

    /// <summary>A failure in words, and what it rests on.</summary>
    public TransportStartException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The address.</summary>
    public ServerAddress Address { get; }
}
