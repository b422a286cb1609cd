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

        Round round = new(state, promoter.Decide(inputs, state));

        // An odd number of voters: one unhealthy voter goes before anybody comes, because a vote more in between would
        // raise the quorum while a voter is missing.
        if (state.Voters.Count % 2 != 0)
        {
            PlanDemotions(round, onlyOneUnhealthy: true);
        }

        int before = round.Actions.Count;
        PlanPromotions(round, inputs.Now);
        if (round.Actions.Count == before)
        {
            // The state is the same for the whole plan, as in the original: the voter of the first step is listed again
            // here. The check before each action finds it without a vote by then and drops it.
            PlanDemotions(round, onlyOneUnhealthy: false);
        }

        string error = round.Actions.Count == before ? PlanTransfer(round, state.Leader) : "";
        return new() { Actions = round.Actions, Refusals = round.Refusals, Error = error };
    }

    private static void PlanPromotions(Round round, WallTime now)
    {
        foreach (ServerId id in round.Changes.Promotions)
        {
            if (!round.Servers.TryFind(id, out AutopilotServerState? server))
            {
                round.Refusals.Add(new(id, $"did not promote {id}: it is not in the Raft configuration"));
            }
            else if (!server.HasVotingRights && !server.Health.Healthy)
            {
                round.Refusals.Add(new(id, $"did not promote {NameOf(server.Server)}: it is not healthy"));
            }
            else if (!server.HasVotingRights)
            {
                string reason = round.ReasonOf(id) ?? $"healthy for {now - server.Health.StableSince}";
                round.Actions.Add(new(0, AutopilotActionKind.Promote, id, server.Server.Name, reason));
            }
        }
    }

    // Refusals are left out for the first step, which sees the same list as the later one.
    private static void PlanDemotions(Round round, bool onlyOneUnhealthy)
    {
        foreach (ServerId id in round.Changes.Demotions)
        {
            if (!round.Servers.TryFind(id, out AutopilotServerState? server))
            {
                if (!onlyOneUnhealthy)
                {
                    round.Refusals.Add(new(id, $"did not demote {id}: it is not in the Raft configuration"));
                }

                continue;
            }

            // Only an actual non-voter is passed over: one on the way to a vote is called back.
            if (server.State == RaftState.NonVoter || (onlyOneUnhealthy && server.Health.Healthy))
            {
                continue;
            }

            string reason = onlyOneUnhealthy
                ? "unhealthy, and with an odd number of voters one goes before another comes"
                : round.ReasonOf(id) ?? "the policy wants it without a vote";
            round.Actions.Add(new(0, AutopilotActionKind.Demote, id, server.Server.Name, reason));
            if (onlyOneUnhealthy)
            {
                return;
            }
        }
    }

    private static string PlanTransfer(Round round, ServerId leader)
    {
        ServerId wanted = round.Changes.Leader;
        if (wanted.IsNone || wanted == leader)
        {
            return "";
        }

        if (!round.Servers.TryFind(wanted, out AutopilotServerState? server))
        {
            return $"cannot move leadership to {wanted}: it is not in the Raft configuration";
        }

        string reason = round.ReasonOf(wanted) ?? "the policy wants it to lead";
        round.Actions.Add(new(0, AutopilotActionKind.TransferLeadership, wanted, server.Server.Name, reason));
        return "";
    }

    /// <summary>What people call a server: its member name, else its id.</summary>
    internal static string NameOf(AutopilotServer server) =>
        server.Name.Length > 0 ? server.Name : server.Id.ToString();

    // What the policy wants, and what becomes of it.
    private sealed class Round(AutopilotState state, PromoterChanges changes)
    {
        private readonly ById<AutopilotReason> _reasons = new(changes.Reasons, static reason => reason.Server);

        public PromoterChanges Changes { get; } = changes;

        public ById<AutopilotServerState> Servers { get; } = new(state.Servers, static server => server.Server.Id);

        public List<AutopilotAction> Actions { get; } = [];

        public List<AutopilotRefusal> Refusals { get; } = [.. changes.Refusals];

        public string? ReasonOf(ServerId server) => _reasons.TryFind(server, out AutopilotReason? reason) ? reason.Text : null;
    }
}
