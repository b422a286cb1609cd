namespace RaftSim.Autopilot;

/// <summary>What came of a state computation: the state, or why there is none.</summary>
/// <param name="State">The state; <see langword="null"/> if there is none.</param>
/// <param name="Failure">Why there is no state, for people; empty if there is one.</param>
public sealed record StateOutcome(AutopilotState? State, string Failure);

/// <summary>Something that a policy or a limit kept autopilot from doing.</summary>
/// <param name="Server">To whom it was not done.</param>
/// <param name="Reason">What was not done and why, for people: one line.</param>
public sealed record AutopilotRefusal(ServerId Server, string Reason);

/// <summary>What one round is to do, in order, and what it leaves undone.</summary>
public sealed record ReconcilePlan
{
    /// <summary>Nothing to do.</summary>
    public static ReconcilePlan Empty { get; } = new();

    /// <summary>
    /// The actions in the order in which they are to be done; their numbers are 0 until a driver issues them.
    /// </summary>
    public IReadOnlyList<AutopilotAction> Actions { get; init; } = [];

    /// <summary>What is left undone, and why.</summary>
    public IReadOnlyList<AutopilotRefusal> Refusals { get; init; } = [];

    /// <summary>Why the round could not be planned, for people; empty if it could.</summary>
    public string Error { get; init; } = "";
}

/// <summary>
/// The servers of a Raft configuration that membership does not know (stale) or does not see alive (failed), each list
/// ordered by id. Health plays no part. Source: raft-autopilot, FailedServers.
/// </summary>
/// <param name="StaleNonVoters">Without a vote, unknown to membership.</param>
/// <param name="StaleVoters">With a vote, unknown to membership.</param>
/// <param name="FailedNonVoters">Without a vote, known and not alive.</param>
/// <param name="FailedVoters">With a vote, known and not alive.</param>
public sealed record DeadServers(
    IReadOnlyList<ServerId> StaleNonVoters,
    IReadOnlyList<ServerId> StaleVoters,
    IReadOnlyList<ServerId> FailedNonVoters,
    IReadOnlyList<ServerId> FailedVoters)
{
    /// <summary>Why a policy spares others, for some or all of those that it does. Default: nothing is said.</summary>
    public IReadOnlyList<AutopilotReason> Spared { get; init; } = [];

    internal string WhySpared(ServerId server) =>
        Spared.FirstOrDefault(reason => reason.Server == server)?.Text ?? "the policy spares it";
}
