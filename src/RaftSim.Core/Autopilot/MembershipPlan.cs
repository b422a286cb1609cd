namespace RaftSim.Autopilot;

/// <summary>What is done to the Raft configuration when a server joins or leaves.</summary>
public enum MembershipChangeKind : byte
{
    /// <summary>Add a server with a vote, or move a voter to another address.</summary>
    AddVoter,

    /// <summary>Add a server without a vote, or move a server to another address.</summary>
    AddNonVoter,

    /// <summary>Remove a server.</summary>
    Remove,
}

/// <summary>One change of the Raft configuration.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Server">To whom.</param>
/// <param name="Address">Where the server is to listen; none for a removal.</param>
public readonly record struct MembershipChange(MembershipChangeKind Kind, ServerId Server, ServerAddress Address);

/// <summary>What it takes to let a server in, or to remove one.</summary>
public sealed record MembershipPlan
{
    /// <summary>The changes in the order in which they are to be done, each when the one before it is committed.</summary>
    public IReadOnlyList<MembershipChange> Changes { get; init; } = [];

    /// <summary>Why nothing is to be done, for people; empty if that is no error.</summary>
    public string Error { get; init; } = "";

    /// <summary>
    /// Whether a round of removals is to be asked for once all is done (<see cref="AutopilotDriver.RequestPrune"/>): whoever
    /// comes may take the place of somebody dead. Not when a change has failed.
    /// </summary>
    public bool AsksForPrune { get; init; }

    /// <summary>
    /// Does the changes in order; the first that fails ends it. Asks for a round of removals if one is due and all were
    /// done. Returns why it failed, for people; empty if it did not.
    /// </summary>
    /// <param name="change">Does one change; returns why it failed, empty if it did not.</param>
    /// <param name="requestPrune">Asks for a round of removals.</param>
    public string CarryOut(Func<MembershipChange, string> change, Action requestPrune)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(requestPrune);
        string error = Error;
        for (int i = 0; i < Changes.Count && error.Length == 0; i++)
        {
            error = change(Changes[i]);
        }

        if (AsksForPrune && error.Length == 0)
        {
            requestPrune();
        }

        return error;
    }
}
