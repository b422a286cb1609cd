namespace RaftSim.Autopilot;

/// <summary>
/// The policy of the community editions: every non-voter that was healthy for long enough is given a vote; nobody loses
/// one, and leadership stays where it is. Source: raft-autopilot, StablePromoter.
/// </summary>
public sealed class StablePromoter : IPromoter
{
    /// <inheritdoc/>
    /// <remarks>Promotions come in order of id. Servers on the way to a vote are left alone.</remarks>
    public PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(state);
        if (inputs.Config is null)
        {
            return PromoterChanges.None;
        }

        Duration stabilization = AutopilotEngine.EffectiveStabilizationTime(
            inputs.Config, inputs.Now, state.FirstStateTime);
        var promotions = new List<ServerId>();
        foreach (AutopilotServerState server in state.Servers)
        {
            if (server.State == RaftState.NonVoter
                && AutopilotEngine.IsStable(server.Health, inputs.Now, stabilization))
            {
                promotions.Add(server.Server.Id);
            }
        }

        return new(promotions, [], default);
    }

    /// <inheritdoc/>
    /// <remarks>Everybody is a voter, or is to become one.</remarks>
    public NodeType Classify(AutopilotInputs inputs, AutopilotServerState server) => NodeType.Voter;
}
