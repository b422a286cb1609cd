namespace RaftSim.Autopilot;

/// <summary>Everything autopilot reads from the world for one decision. Nothing else is consulted.</summary>
public sealed record AutopilotInputs
{
    /// <summary>The wall clock.</summary>
    public required WallTime Now { get; init; }

    /// <summary>When the first state of this run was computed: <see cref="Now"/> for the first one.</summary>
    public required WallTime FirstStateTime { get; init; }

    /// <summary>The replicated settings; <see langword="null"/> while there are none.</summary>
    public required AutopilotConfig? Config { get; init; }

    /// <summary>The latest Raft configuration, in its order.</summary>
    public required IReadOnlyList<RaftServer> RaftServers { get; init; }

    /// <summary>What membership knows, ordered by id.</summary>
    public required IReadOnlyList<AutopilotServer> KnownServers { get; init; }

    /// <summary>The leader; none if not known.</summary>
    public required ServerId Leader { get; init; }

    /// <summary>Whether the local server is the leader.</summary>
    public required bool IsLeader { get; init; }

    /// <summary>The last index of the local log.</summary>
    public required LogIndex LastIndex { get; init; }

    /// <summary>The last term of the local log.</summary>
    public required Term LastTerm { get; init; }

    /// <summary>The stats that were fetched this round, by server, in order of id.</summary>
    public IReadOnlyList<KeyValuePair<ServerId, ServerStats>> FetchedStats { get; init; } = [];

    /// <summary>Whether promotions, demotions, transfers and pruning are allowed. Default: true.</summary>
    public bool ReconciliationEnabled { get; init; } = true;
}
