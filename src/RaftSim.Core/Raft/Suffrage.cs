namespace RaftSim.Raft;

/// <summary>
/// What a server may do in elections and commits. The numbers are stored and sent. Source: dissertation §4.2.1.
/// </summary>
public enum Suffrage : byte
{
    /// <summary>Votes and counts.</summary>
    Voter = 0,

    /// <summary>Receives the log, does not count.</summary>
    NonVoter = 1,
}
