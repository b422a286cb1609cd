using System.Globalization;

namespace RaftSim.Autopilot;

/// <summary>How many votes there are, and how many of them are of servers in good condition.</summary>
/// <param name="Voters">All.</param>
/// <param name="Alive">Those that membership sees alive, and the leader.</param>
/// <param name="Healthy">Those that are healthy.</param>
internal readonly record struct VoteCount(int Voters, int Alive, int Healthy)
{
    /// <summary>Counts the votes of a Raft configuration.</summary>
    public static VoteCount Of(AutopilotInputs view, AutopilotState? state)
    {
        var known = new ById<AutopilotServer>(view.KnownServers, static server => server.Id);
        var states = new ById<AutopilotServerState>(state?.Servers ?? [], static server => server.Server.Id);
        VoteCount votes = default;
        foreach (RaftServer server in view.RaftServers)
        {
            if (server.Suffrage == RaftSuffrage.Voter)
            {
                bool isAlive = server.Id == view.Leader
                    || (known.TryFind(server.Id, out AutopilotServer? member) && member.NodeStatus == NodeStatus.Alive);
                bool isHealthy = states.TryFind(server.Id, out AutopilotServerState? seen) && seen.Health.Healthy;
                votes = votes.With(1, isAlive, isHealthy);
            }
        }

        return votes;
    }

    /// <summary>One vote more (1) or less (-1).</summary>
    public VoteCount With(int vote, bool isAlive, bool isHealthy) =>
        new(Voters + vote, Alive + (isAlive ? vote : 0), Healthy + (isHealthy ? vote : 0));

    /// <summary>Why a voter must keep its vote; empty if it need not.</summary>
    public string WhyNotDemoted(bool isHealthy) => WhyNoMajority(Healthy - (isHealthy ? 1 : 0), "healthy");

    /// <summary>Why a dead voter must not be removed; empty if it may be.</summary>
    public string WhyNotRemoved(ulong minQuorum)
    {
        string kept = AutopilotEngine.WhyVoterIsKept(Voters, AutopilotEngine.RemovalBudget(Voters), Voters, minQuorum);

        // Not implied by the budget: of 5 voters with 3 dead it lets two go, and after the first only 2 of 4 are alive.
        return kept.Length > 0 ? kept : WhyNoMajority(Alive, "alive");
    }

    private string WhyNoMajority(int good, string condition) =>
        good >= AutopilotEngine.Quorum(Voters - 1)
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $"only {good} of the {Voters - 1} voters left would be {condition}, no majority");
}
