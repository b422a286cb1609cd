namespace RaftSim.Raft;

/// <summary>One command to append.</summary>
/// <param name="Payload">Its bytes; never written to afterwards.</param>
public readonly record struct Proposal(ReadOnlyMemory<byte> Payload);

/// <summary>What became of a proposal or a change of configuration.</summary>
public enum ProposeResult : byte
{
    /// <summary>Appended to the leader's log; not yet committed.</summary>
    Accepted,

    /// <summary>This server does not lead. Nothing was appended.</summary>
    NotLeader,

    /// <summary>The leader has not committed an entry of its term yet (dissertation §4.1, 2015 amendment).</summary>
    NoCommitThisTerm,

    /// <summary>Another change of configuration is not committed yet.</summary>
    ChangePending,

    /// <summary>The server to promote is too far behind.</summary>
    NotCaughtUp,

    /// <summary>No voter would be left.</summary>
    LastVoter,

    /// <summary>The server is not in the configuration.</summary>
    UnknownServer,

    /// <summary>The id (with another disk) or the address belongs to a server of the configuration.</summary>
    AlreadyPresent,

    /// <summary>The configuration is already as wished. Nothing was appended.</summary>
    NoChange,

    /// <summary>Too many entries wait to be committed (<see cref="Limits"/>).</summary>
    Busy,

    /// <summary>The configuration is full: <see cref="Limits.ConfigurationServersMax"/>.</summary>
    TooManyServers,

    /// <summary>Leadership is being transferred: nothing is taken until that is over, one election timeout at most.</summary>
    TransferInProgress,

    /// <summary>The server to transfer leadership to has no vote.</summary>
    TargetNonVoter,

    /// <summary>There is no other voter in contact that could take over.</summary>
    NoSuccessor,
}

/// <summary>The outcome of a proposal: a value, not an exception.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="First">When accepted: the index of the first entry appended.</param>
/// <param name="Term">When accepted: the term of the entries; else the current term.</param>
/// <param name="Server">When not the leader: the leader if known; else whom the refusal is about.</param>
public readonly record struct ProposeOutcome(ProposeResult Result, LogIndex First, Term Term, ServerId Server)
{
    /// <summary>Whether it was appended.</summary>
    public bool IsAccepted => Result == ProposeResult.Accepted;
}
