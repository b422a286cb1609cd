using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>A policy that wants what it is told to want.</summary>
internal sealed class FixedPromoter : IPromoter
{
    public PromoterChanges Changes { get; set; } = PromoterChanges.None;

    public SortedSet<ServerId> Spared { get; } = [];

    public PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state) => Changes;

    public NodeType Classify(AutopilotInputs inputs, AutopilotServerState server) => NodeType.Voter;

    public DeadServers FilterRemovals(AutopilotInputs inputs, AutopilotState? state, DeadServers dead) => new(
        Without(dead.StaleNonVoters),
        Without(dead.StaleVoters),
        Without(dead.FailedNonVoters),
        Without(dead.FailedVoters));

    private IReadOnlyList<ServerId> Without(IReadOnlyList<ServerId> ids) => [.. ids.Where(id => !Spared.Contains(id))];
}
