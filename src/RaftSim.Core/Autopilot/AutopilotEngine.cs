namespace RaftSim.Autopilot;

/// <summary>
/// Autopilot's decisions. Pure functions: inputs hold everything read from the world, and nothing else is consulted.
/// Source: raft-autopilot (state and reconcile order as of v0.3.0, pruning as of v0.1.6) and Nomad's documentation.
/// </summary>
public static partial class AutopilotEngine
{
    /// <summary>
    /// Computes the state of the cluster. There is none without a configuration of autopilot; the caller then keeps the
    /// one it has.
    /// </summary>
    /// <param name="inputs">What is known now.</param>
    /// <param name="previous">The state before; <see langword="null"/> for the first of a run.</param>
    /// <param name="promoter">The policy, which says what kind of server each is.</param>
    public static StateOutcome ComputeState(AutopilotInputs inputs, AutopilotState? previous, IPromoter promoter)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(promoter);
        if (inputs.Config is null)
        {
            return new(null, "there is no autopilot configuration yet");
        }

        AutopilotServerState[] servers = BuildServers(inputs, inputs.Config, previous, promoter);
        return new(promoter.Extend(inputs, Summarize(inputs, servers)), "");
    }

    /// <summary>
    /// Which server leads: the one that the application marks, else the one whose Raft address is the leader's, else
    /// none.
    /// </summary>
    /// <param name="knownServers">What membership knows.</param>
    /// <param name="raftServers">The Raft configuration.</param>
    /// <param name="leaderAddress">Where Raft thinks the leader listens; none if it knows no leader.</param>
    public static ServerId DetermineLeader(
        IReadOnlyList<AutopilotServer> knownServers,
        IReadOnlyList<RaftServer> raftServers,
        ServerAddress leaderAddress)
    {
        ArgumentNullException.ThrowIfNull(knownServers);
        ArgumentNullException.ThrowIfNull(raftServers);
        foreach (AutopilotServer server in knownServers)
        {
            if (server.IsLeader)
            {
                return server.Id;
            }
        }

        foreach (RaftServer server in raftServers)
        {
            if (!leaderAddress.IsNone && server.Address == leaderAddress)
            {
                return server.Id;
            }
        }

        return default;
    }

    /// <summary>When the first state of a run was computed: as the previous state says, else now.</summary>
    public static WallTime FirstStateTime(AutopilotState? previous, WallTime now) =>
        previous?.FirstStateTime.IsNone == false ? previous.FirstStateTime : now;

    /// <summary>
    /// Whether a server is asked for its stats: all but those that left, failed and unknown ones included.
    /// </summary>
    public static bool IsAskedForStats(NodeStatus status) => status != NodeStatus.Left;

    /// <summary>How many servers vote.</summary>
    public static int VoterCount(IReadOnlyList<RaftServer> raftServers)
    {
        ArgumentNullException.ThrowIfNull(raftServers);
        int voters = 0;
        foreach (RaftServer server in raftServers)
        {
            voters += server.Suffrage == RaftSuffrage.Voter ? 1 : 0;
        }

        return voters;
    }

    /// <summary>How many votes decide: more than half of <paramref name="voters"/>, unhealthy ones counted.</summary>
    public static int Quorum(int voters) => (voters / 2) + 1;

    /// <summary>How many healthy voters could be lost and a quorum remain; never negative.</summary>
    public static int FailureTolerance(int voters, int healthyVoters) => Math.Max(0, healthyVoters - Quorum(voters));

    /// <summary>
    /// The order in which voters are listed, best first: the leader; servers with a vote; healthy ones; among healthy
    /// ones the one that has been so for longest, among unhealthy ones the one that became so last; then the id. A
    /// total order.
    /// </summary>
    public static int CompareVoters(AutopilotServerState left, AutopilotServerState right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.State == RaftState.Leader != (right.State == RaftState.Leader))
        {
            return left.State == RaftState.Leader ? -1 : 1;
        }

        if (left.HasVotingRights != right.HasVotingRights)
        {
            return left.HasVotingRights ? -1 : 1;
        }

        if (left.Health.Healthy != right.Health.Healthy)
        {
            return left.Health.Healthy ? -1 : 1;
        }

        int byTime = left.Health.StableSince.CompareTo(right.Health.StableSince);
        if (byTime != 0)
        {
            return left.Health.Healthy ? byTime : -byTime;
        }

        return left.Server.Id.CompareTo(right.Server.Id);
    }

    private static AutopilotServerState[] BuildServers(
        AutopilotInputs inputs, AutopilotConfig config, AutopilotState? previous, IPromoter promoter)
    {
        var known = new ById<AutopilotServer>(inputs.KnownServers, static server => server.Id);
        var before = new ById<AutopilotServerState>(previous?.Servers ?? [], static server => server.Server.Id);
        var fetched = new ById<KeyValuePair<ServerId, ServerStats>>(inputs.FetchedStats, static pair => pair.Key);
        IReadOnlyList<RaftServer> configured = ById<RaftServer>.Order(inputs.RaftServers, static server => server.Id);
        (Term term, LogIndex index) = Reference(inputs);

        var servers = new AutopilotServerState[configured.Count];
        for (int i = 0; i < servers.Length; i++)
        {
            RaftServer raft = configured[i];

            // Layers, the later one wins: Raft configuration, state before, membership, the leader's mark, fresh stats.
            before.TryFind(raft.Id, out AutopilotServerState? old);
            AutopilotServer server = known.TryFind(raft.Id, out AutopilotServer? member)
                ? member
                : (old?.Server ?? new AutopilotServer { Id = raft.Id }) with { NodeStatus = NodeStatus.Left };

            // Stats that did not arrive are those of before: an unreachable server shows by falling behind.
            ServerStats stats = fetched.TryFind(raft.Id, out KeyValuePair<ServerId, ServerStats> pair)
                ? pair.Value
                : old?.Stats ?? default;
            bool leads = raft.Id == inputs.Leader;
            bool healthy = IsHealthy(server.NodeStatus, in stats, term, index, config);

            // Deviation: the original compares the new value with itself, so that a server that flaps never loses its
            // standing. This is the documented rule: the clock starts again whenever health changes.
            bool unchanged = old is not null && old.Health.Healthy == healthy;
            var state = new AutopilotServerState
            {
                Server = server with { Address = raft.Address, IsLeader = leads || server.IsLeader },
                State = leads ? RaftState.Leader : StateOf(raft.Suffrage),
                Stats = stats,
                Health = new(healthy, unchanged ? old!.Health.StableSince : inputs.Now),
            };
            servers[i] = WithType(state, promoter.Classify(inputs, state));
        }

        return servers;
    }

    /// <summary>A server as one of a kind; the same if it is of that kind already.</summary>
    internal static AutopilotServerState WithType(AutopilotServerState server, NodeType type) =>
        server.Server.NodeType == type ? server : server with { Server = server.Server with { NodeType = type } };

    private static AutopilotState Summarize(AutopilotInputs inputs, AutopilotServerState[] servers)
    {
        bool healthy = true;
        int healthyVoters = 0;
        ServerId leader = default;
        var voters = new List<AutopilotServerState>(servers.Length);
        foreach (AutopilotServerState server in servers)
        {
            healthy &= server.Health.Healthy;
            leader = server.State == RaftState.Leader ? server.Server.Id : leader;
            if (server.HasVotingRights)
            {
                voters.Add(server);
                healthyVoters += server.Health.Healthy ? 1 : 0;
            }
        }

        voters.Sort(CompareVoters);
        return new()
        {
            FirstStateTime = inputs.FirstStateTime,
            Healthy = healthy,
            FailureTolerance = FailureTolerance(voters.Count, healthyVoters),
            OptimisticFailureTolerance = FailureTolerance(voters.Count, healthyVoters),
            Leader = leader,
            Voters = voters.ConvertAll(static server => server.Server.Id),
            Servers = servers,
        };
    }

    // What the others' logs are compared with: the local log if the local server leads, else what the leader reported
    // this round, else nothing.
    private static (Term Term, LogIndex Index) Reference(AutopilotInputs inputs)
    {
        if (inputs.IsLeader)
        {
            return (inputs.LastTerm, inputs.LastIndex);
        }

        foreach (KeyValuePair<ServerId, ServerStats> pair in inputs.FetchedStats)
        {
            if (!inputs.Leader.IsNone && pair.Key == inputs.Leader)
            {
                return (pair.Value.LastTerm, pair.Value.LastIndex);
            }
        }

        return default;
    }

    private static RaftState StateOf(RaftSuffrage suffrage) => suffrage switch
    {
        RaftSuffrage.Voter => RaftState.Voter,
        RaftSuffrage.NonVoter => RaftState.NonVoter,
        RaftSuffrage.Staging => RaftState.Staging,
        _ => RaftState.None,
    };
}
