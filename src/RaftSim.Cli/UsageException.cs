namespace RaftSim.Cli;

/// <summary>A command cannot be carried out as it was given. The message is the one line that the user reads.</summary>
public sealed class UsageException : Exception
{
    /// <summary>Names the value and the rule.</summary>
    public UsageException(string message) : base(message) { }

    /// <summary>Names the value and the rule, and what lies beneath.</summary>
    public UsageException(string message, Exception inner) : base(message, inner) { }

    /// <summary>An unexplained refusal.</summary>
    public UsageException() { }
}
