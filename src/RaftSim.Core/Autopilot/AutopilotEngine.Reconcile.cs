namespace RaftSim.Autopilot;

// Promotions, demotions and leadership. Source: raft-autopilot v0.3.0, reconcile.
public static partial class AutopilotEngine
{
    /// <summary>
    /// Plans a round of promotions, demotions and leadership, as the policy wishes. Never promotions and demotions in
    /// one round, save that one unhealthy voter goes first when the number of voters is odd; leadership moves only in a
    /// round without both. Empty while reconciliation is off or there is no configuration; an error without a state or
    /// a leader.
    /// </summary>
    /// <param name="inputs">What is known now.</param>
    /// <param name="state">The latest state; <see langword="null"/> if there is none.</param>
    /// <param name="promoter">The policy.</param>
    public static ReconcilePlan Reconcile(AutopilotInputs inputs, AutopilotState? state, IPromoter promoter)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(promoter);
        if (!inputs.ReconciliationEnabled || inputs.Config is null)
        {
            return ReconcilePlan.Empty;
        }

        if (state?.Leader.IsNone != false)
        {
            return new() { Error = "cannot reconcile: there is no state with a leader in it yet" };
        }

        PromoterChanges changes = promoter.Decide(inputs, state);
        var servers = new ById<AutopilotServerState>(state.Servers, static server => server.Server.Id);
        var actions = new List<AutopilotAction>();
        var refusals = new List<AutopilotRefusal>(changes.Refusals);

        // An odd number of voters: one unhealthy voter goes before anybody comes, because a vote more in between would
        // raise the quorum while a voter is missing.
        if (state.Voters.Count % 2 != 0)
        {
            PlanDemotions(changes, servers, onlyOneUnhealthy: true, actions, refusals: null);
        }

        int before = actions.Count;
        PlanPromotions(inputs, changes, servers, actions, refusals);
        if (actions.Count == before)
        {
            // The state is the same for the whole plan, as in the original: the voter of the first step is listed again
            // here. The check before each action finds it without a vote by then and drops it.
            PlanDemotions(changes, servers, onlyOneUnhealthy: false, actions, refusals);
        }

        string error = actions.Count == before ? PlanTransfer(state, changes, servers, actions) : "";
        return new() { Actions = actions, Refusals = refusals, Error = error };
    }

    private static void PlanPromotions(
        AutopilotInputs inputs,
        PromoterChanges changes,
        ById<AutopilotServerState> servers,
        List<AutopilotAction> actions,
        List<AutopilotRefusal> refusals)
    {
        foreach (ServerId id in changes.Promotions)
        {
            if (!servers.TryFind(id, out AutopilotServerState? server))
            {
                refusals.Add(new(id, $"did not promote {id}: it is not in the Raft configuration"));
            }
            else if (!server.HasVotingRights && !server.Health.Healthy)
            {
                refusals.Add(new(id, $"did not promote {NameOf(server.Server)}: it is not healthy"));
            }
            else if (!server.HasVotingRights)
            {
                Duration healthyFor = inputs.Now - server.Health.StableSince;
                string reason = changes.ReasonOf(id, $"healthy for {healthyFor}");
                actions.Add(new(0, AutopilotActionKind.Promote, id, server.Server.Name, reason));
            }
        }
    }

    // Refusals are left out for the first step, which sees the same list as the later one.
    private static void PlanDemotions(
        PromoterChanges changes,
        ById<AutopilotServerState> servers,
        bool onlyOneUnhealthy,
        List<AutopilotAction> actions,
        List<AutopilotRefusal>? refusals)
    {
        foreach (ServerId id in changes.Demotions)
        {
            if (!servers.TryFind(id, out AutopilotServerState? server))
            {
                refusals?.Add(new(id, $"did not demote {id}: it is not in the Raft configuration"));
                continue;
            }

            // Only an actual non-voter is passed over: one on the way to a vote is called back.
            if (server.State == RaftState.NonVoter || (onlyOneUnhealthy && server.Health.Healthy))
            {
                continue;
            }

            string reason = onlyOneUnhealthy
                ? "unhealthy, and with an odd number of voters one goes before another comes"
                : changes.ReasonOf(id, "the policy wants it without a vote");
            actions.Add(new(0, AutopilotActionKind.Demote, id, server.Server.Name, reason));
            if (onlyOneUnhealthy)
            {
                return;
            }
        }
    }

    private static string PlanTransfer(
        AutopilotState state,
        PromoterChanges changes,
        ById<AutopilotServerState> servers,
        List<AutopilotAction> actions)
    {
        if (changes.Leader.IsNone || changes.Leader == state.Leader)
        {
            return "";
        }

        if (!servers.TryFind(changes.Leader, out AutopilotServerState? server))
        {
            return $"cannot move leadership to {changes.Leader}: it is not in the Raft configuration";
        }

        actions.Add(new(
            0,
            AutopilotActionKind.TransferLeadership,
            changes.Leader,
            server.Server.Name,
            changes.ReasonOf(changes.Leader, "the policy wants it to lead")));
        return "";
    }

    /// <summary>What people call a server: its member name, else its id.</summary>
    internal static string NameOf(AutopilotServer server) =>
        server.Name.Length > 0 ? server.Name : server.Id.ToString();
}
