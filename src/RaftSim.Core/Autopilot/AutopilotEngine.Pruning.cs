using System.Globalization;

namespace RaftSim.Autopilot;

// Dead servers. Source: raft-autopilot v0.1.6, pruneDeadServers: the version that Nomad ships.
public static partial class AutopilotEngine
{
    /// <summary>
    /// Sorts the servers of the Raft configuration that are dead for membership into four lists. Members that are not
    /// in the Raft configuration are ignored.
    /// </summary>
    public static DeadServers ClassifyDead(
        IReadOnlyList<RaftServer> raftServers, IReadOnlyList<AutopilotServer> knownServers)
    {
        ArgumentNullException.ThrowIfNull(raftServers);
        ArgumentNullException.ThrowIfNull(knownServers);
        var known = new ById<AutopilotServer>(knownServers, static server => server.Id);
        var staleNonVoters = new List<ServerId>();
        var staleVoters = new List<ServerId>();
        var failedNonVoters = new List<ServerId>();
        var failedVoters = new List<ServerId>();
        foreach (RaftServer raft in ById<RaftServer>.Order(raftServers, static server => server.Id))
        {
            bool votes = raft.Suffrage == RaftSuffrage.Voter;
            if (!known.TryFind(raft.Id, out AutopilotServer? server))
            {
                (votes ? staleVoters : staleNonVoters).Add(raft.Id);
            }
            else if (server.NodeStatus != NodeStatus.Alive)
            {
                (votes ? failedVoters : failedNonVoters).Add(raft.Id);
            }
        }

        return new(staleNonVoters, staleVoters, failedNonVoters, failedVoters);
    }

    /// <summary>
    /// Plans the removal of dead servers: failed and stale non-voters without limit, then stale and failed voters while
    /// MinQuorum voters and more than half of those at the start remain. Empty while reconciliation or the clean-up is
    /// off or there is no configuration.
    /// </summary>
    /// <param name="inputs">What is known now.</param>
    /// <param name="state">The latest state, for the policy; <see langword="null"/> if there is none.</param>
    /// <param name="promoter">The policy, which may spare some.</param>
    public static ReconcilePlan PruneDeadServers(AutopilotInputs inputs, AutopilotState? state, IPromoter promoter)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(promoter);
        if (!inputs.ReconciliationEnabled || inputs.Config is not { CleanupDeadServers: true } config)
        {
            return ReconcilePlan.Empty;
        }

        DeadServers dead = ClassifyDead(inputs.RaftServers, inputs.KnownServers);
        DeadServers allowed = promoter.FilterRemovals(inputs, state, dead);
        var known = new ById<AutopilotServer>(inputs.KnownServers, static server => server.Id);
        var actions = new List<AutopilotAction>();
        var refusals = new List<AutopilotRefusal>();
        foreach (AutopilotReason spared in allowed.Spared)
        {
            refusals.Add(Kept(spared.Server, known, spared.Text));
        }

        foreach (ServerId id in allowed.FailedNonVoters)
        {
            actions.Add(Removal(id, known));
        }

        foreach (ServerId id in allowed.StaleNonVoters)
        {
            actions.Add(Removal(id, known));
        }

        // One budget for both lists, and every removal counts at once, also those that membership carries out later.
        int votersAtStart = VoterCount(inputs.RaftServers);
        int voters = votersAtStart;
        int budget = RemovalBudget(voters);
        foreach (ServerId id in allowed.StaleVoters.Concat(allowed.FailedVoters))
        {
            string kept = WhyVoterIsKept(voters, budget, votersAtStart, config.MinQuorum);
            if (kept.Length > 0)
            {
                refusals.Add(Kept(id, known, kept));
                continue;
            }

            actions.Add(Removal(id, known));
            voters--;
            budget--;
        }

        return new() { Actions = actions, Refusals = refusals };
    }

    /// <summary>How many of so many voters one round may remove: fewer than half.</summary>
    internal static int RemovalBudget(int voters) => Math.Max(0, voters - 1) / 2;

    /// <summary>Why one more voter must stay, dead as it is; empty if it may go.</summary>
    /// <param name="voters">How many voters are left at this point of the round.</param>
    /// <param name="budget">How many more the round may remove.</param>
    /// <param name="votersAtStart">How many voters the round began with.</param>
    /// <param name="minQuorum">How many must be left.</param>
    internal static string WhyVoterIsKept(int voters, int budget, int votersAtStart, ulong minQuorum)
    {
        if ((ulong)Math.Max(0, voters - 1) < minQuorum)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"removing it would leave {Count(voters - 1, "voter")}, fewer than MinQuorum {minQuorum}");
        }

        return budget < 1
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"one round removes at most {RemovalBudget(votersAtStart)} of {Count(votersAtStart, "voter")}")
            : "";
    }

    private static AutopilotRefusal Kept(ServerId id, ById<AutopilotServer> known, string why) =>
        new(id, $"kept {(known.TryFind(id, out AutopilotServer? server) ? NameOf(server) : id.ToString())}: {why}");

    private static AutopilotAction Removal(ServerId id, ById<AutopilotServer> known)
    {
        if (!known.TryFind(id, out AutopilotServer? server))
        {
            const string Reason = "it is in the Raft configuration, but membership does not know it";
            return new(0, AutopilotActionKind.RemoveStale, id, "", Reason);
        }

        string reason = $"membership has it as {StatusText(server.NodeStatus)}";
        return new(0, AutopilotActionKind.RemoveFailed, id, server.Name, reason);
    }

    private static string Count(int count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
