namespace RaftSim.Runtime;

/// <summary>
/// A server cannot start, or cannot go on. The message is one line for people that names the value and the rule.
/// </summary>
public sealed class ServerFailedException : Exception
{
    /// <summary>Says why.</summary>
    public ServerFailedException(string message) : base(message) { }

    /// <summary>Says why, and what lies beneath.</summary>
    public ServerFailedException(string message, Exception inner) : base(message, inner) { }

    /// <summary>An unexplained failure.</summary>
    public ServerFailedException() { }
}
