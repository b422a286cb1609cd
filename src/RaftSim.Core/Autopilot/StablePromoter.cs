namespace RaftSim.Autopilot;
/// <summary>x</summary>
public sealed class StablePromoter : IPromoter
{
    /// <inheritdoc/>
    public PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state) => PromoterChanges.None;
    /// <inheritdoc/>
    public NodeType Classify(AutopilotInputs inputs, AutopilotServerState server) => NodeType.Voter;
}
