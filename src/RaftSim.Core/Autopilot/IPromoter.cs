namespace RaftSim.Autopilot;

/// <summary>Why a policy wants something changed.</summary>
/// <param name="Server">Whose vote, or who is to lead.</param>
/// <param name="Text">Why, for people: a part of a line.</param>
public sealed record AutopilotReason(ServerId Server, string Text);

/// <summary>What a policy wants changed.</summary>
/// <param name="Promotions">Servers to give a vote, in this order.</param>
/// <param name="Demotions">Servers to take the vote from, in this order.</param>
/// <param name="Leader">Who should lead; none: no wish.</param>
public sealed record PromoterChanges(
    IReadOnlyList<ServerId> Promotions, IReadOnlyList<ServerId> Demotions, ServerId Leader)
{
    /// <summary>Nothing to change.</summary>
    public static PromoterChanges None { get; } = new([], [], default);

    /// <summary>Why, for people, for some or all of them. Default: nothing is said.</summary>
    public IReadOnlyList<AutopilotReason> Reasons { get; init; } = [];

    /// <summary>What is not wanted yet, and why.</summary>
    public IReadOnlyList<AutopilotRefusal> Refusals { get; init; } = [];
}

/// <summary>The policy that says which servers should vote.</summary>
public interface IPromoter
{
    /// <summary>What should change, given a state. Pure.</summary>
    PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state);

    /// <summary>What kind of server each is, in the order of the state's servers. Pure.</summary>
    NodeType Classify(AutopilotInputs inputs, AutopilotServerState server);

    /// <summary>
    /// Adds to a state what only the policy knows, such as zones, and says what kind of server each is where that depends on the
    /// others. Pure. Default: nothing.
    /// </summary>
    AutopilotState Extend(AutopilotInputs inputs, AutopilotState state) => state;

    /// <summary>
    /// Which of the dead servers may be removed: a part of what is given, each list still in its order; and why the others may
    /// not. Pure. Default: all of them.
    /// </summary>
    /// <param name="inputs">What is known.</param>
    /// <param name="state">The latest state; <see langword="null"/> if there is none yet.</param>
    /// <param name="dead">The candidates.</param>
    DeadServers FilterRemovals(AutopilotInputs inputs, AutopilotState? state, DeadServers dead) => dead;
}
