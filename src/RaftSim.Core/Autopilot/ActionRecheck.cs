namespace RaftSim.Autopilot;

/// <summary>
/// The last look before an action is issued: a round is planned once, and by the time an action's turn comes the world
/// may have changed. It only ever drops. Stricter than the original, which issues what it planned: see
/// docs/AUTOPILOT.md.
/// </summary>
internal static class ActionRecheck
{
    /// <summary>Why an action is not to be issued any more; empty if it still is.</summary>
    /// <param name="action">The action.</param>
    /// <param name="view">What is known now; servers whose removal this round has done already are not in it.</param>
    /// <param name="state">The latest state, brought up to the view; <see langword="null"/> if there is none.</param>
    /// <param name="promoter">The policy.</param>
    public static string WhyDropped(
        AutopilotAction action, AutopilotInputs view, AutopilotState? state, IPromoter promoter)
    {
        if (!view.ReconciliationEnabled || view.Config is null)
        {
            return "reconciliation is off";
        }

        if (action.Kind is AutopilotActionKind.RemoveStale or AutopilotActionKind.RemoveFailed)
        {
            return WhyNotRemoved(action, view, state, promoter);
        }

        if (state?.Find(action.Server) is not { } server)
        {
            return "it is no longer in the Raft configuration";
        }

        string why = action.Kind switch
        {
            AutopilotActionKind.Promote => WhyNotPromoted(view, server),
            AutopilotActionKind.Demote => WhyNotDemoted(server, VoteCount.Of(view, state)),
            _ => WhyNotLeader(view, server),
        };
        if (why.Length > 0)
        {
            return why;
        }

        // The policy has the last word: it may know more than the rules above, stability for one.
        foreach (AutopilotAction wanted in AutopilotEngine.Reconcile(view, state, promoter).Actions)
        {
            if (wanted.Kind == action.Kind && wanted.Server == action.Server)
            {
                return "";
            }

            // Somebody has failed since. Without a healthy voter first, the cluster could lose less in between. This holds
            // nobody back for long: where an unhealthy one may not go, a healthy one may even less.
            if (action.Kind == AutopilotActionKind.Demote && wanted.Kind == AutopilotActionKind.Demote
                && server.Health.Healthy && state.Find(wanted.Server) is { Health.Healthy: false } failed)
            {
                return $"{AutopilotEngine.NameOf(failed.Server)}, which is not healthy, loses its vote first";
            }
        }

        return "the policy no longer asks for it";
    }

    private static string WhyNotPromoted(AutopilotInputs view, AutopilotServerState server)
    {
        if (server.HasVotingRights)
        {
            return "it has a vote already";
        }

        return server.Health.Healthy
            ? ""
            : $"it is no longer healthy ({AutopilotEngine.ExplainHealth(view, server)})";
    }

    /// <summary>Why a server must not lose its vote, whatever the policy says; empty if it may.</summary>
    public static string WhyNotDemoted(AutopilotServerState server, VoteCount votes) => server.State switch
    {
        RaftState.NonVoter => "it has no vote any more",
        RaftState.Leader => "it leads, and leadership moves first",
        _ => server.HasVotingRights ? votes.WhyNotDemoted(server.Health.Healthy) : "",
    };

    /// <summary>Why leadership must not move to a server, whatever the policy says; empty if it may.</summary>
    public static string WhyNotLeader(AutopilotInputs view, AutopilotServerState server)
    {
        if (server.State == RaftState.Leader)
        {
            return "it leads already";
        }

        if (!server.HasVotingRights)
        {
            return "it has no vote";
        }

        return server.Health.Healthy ? "" : $"it is not healthy ({AutopilotEngine.ExplainHealth(view, server)})";
    }

    private static string WhyNotRemoved(
        AutopilotAction action, AutopilotInputs view, AutopilotState? state, IPromoter promoter)
    {
        ServerId id = action.Server;
        if (!view.Config!.CleanupDeadServers)
        {
            return "the clean-up of dead servers is off";
        }

        var raft = new ById<RaftServer>(view.RaftServers, static server => server.Id);
        if (!raft.TryFind(id, out RaftServer configured))
        {
            return "it is no longer in the Raft configuration";
        }

        if (id == view.Leader)
        {
            return "it leads";
        }

        var known = new ById<AutopilotServer>(view.KnownServers, static server => server.Id);
        bool isKnown = known.TryFind(id, out AutopilotServer? member);
        if (member is { NodeStatus: NodeStatus.Alive })
        {
            return "it is alive again";
        }

        if (isKnown != (action.Kind == AutopilotActionKind.RemoveFailed))
        {
            return isKnown ? "membership knows it again" : "membership no longer knows it";
        }

        DeadServers dead = AutopilotEngine.ClassifyDead(view.RaftServers, view.KnownServers);
        DeadServers allowed = promoter.FilterRemovals(view, state, dead);
        if (!allowed.StaleNonVoters.Contains(id) && !allowed.StaleVoters.Contains(id)
            && !allowed.FailedNonVoters.Contains(id) && !allowed.FailedVoters.Contains(id))
        {
            return allowed.WhySpared(id);
        }

        return configured.Suffrage == RaftSuffrage.Voter
            ? VoteCount.Of(view, state).WhyNotRemoved(view.Config.MinQuorum)
            : "";
    }
}
