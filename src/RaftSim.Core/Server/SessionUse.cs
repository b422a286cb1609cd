namespace RaftSim.Server;

/// <summary>What a command in the log does with a client session. The numbers are stored: never changed, only added to.</summary>
public enum SessionVerb : byte
{
    /// <summary>Opens a session, which has the index of this entry for its name.</summary>
    Open = 1,

    /// <summary>A command of the user's state machine, to be applied once whatever is repeated.</summary>
    Propose = 2,

    /// <summary>Says that the session is still used.</summary>
    Keep = 3,

    /// <summary>Ends the session.</summary>
    Close = 4,
}

/// <summary>Which command of which session. Source: dissertation §6.3.</summary>
/// <param name="Session">The session: what <see cref="SessionReply"/> said.</param>
/// <param name="Number">1, 2, 3, … in the session; the same when the command is repeated.</param>
/// <param name="OldestOpen">
/// The oldest number whose answer is still waited for: 1 to <paramref name="Number"/>, and less than
/// <see cref="Limits.SessionWindow"/> behind it. Older answers are forgotten. Never falls within a session.
/// </param>
public readonly record struct SessionNumber(LogIndex Session, ulong Number, ulong OldestOpen);

/// <summary>What an entry in the log says of a client session.</summary>
/// <param name="Verb">What it does with it.</param>
/// <param name="Target">Which session; for <see cref="SessionVerb.Propose"/> also which command. Unused when opening.</param>
/// <param name="Lifetime">When opening: how long the session may go unused.</param>
/// <param name="ClusterTime">
/// How long the cluster had been led when this was proposed, by its leaders' clocks. As applied it never falls from entry
/// to entry.
/// </param>
public sealed record SessionUse(SessionVerb Verb, SessionNumber Target, Duration Lifetime, Duration ClusterTime);
