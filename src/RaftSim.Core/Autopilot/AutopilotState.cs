namespace RaftSim.Autopilot;

/// <summary>What the membership layer thinks of a server. Source: raft-autopilot, NodeStatus.</summary>
public enum NodeStatus : byte
{
    /// <summary>No opinion.</summary>
    Unknown,

    /// <summary>Answers.</summary>
    Alive,

    /// <summary>Does not answer.</summary>
    Failed,

    /// <summary>Went away on purpose, or was never seen.</summary>
    Left,
}

/// <summary>What kind of server the application or the promoter takes it for.</summary>
public enum NodeType : byte
{
    /// <summary>Not said.</summary>
    None,

    /// <summary>A voter, or one that is to become one.</summary>
    Voter,

    /// <summary>Receives the log and never votes.</summary>
    ReadReplica,

    /// <summary>The voter of its zone, or one that may become it.</summary>
    ZoneVoter,

    /// <summary>Without a vote, ready to replace the voter of its zone.</summary>
    ZoneStandby,

    /// <summary>A voter that stands in for a zone that is lost.</summary>
    ZoneExtraVoter,
}

/// <summary>A server's place in Raft, as autopilot sees it.</summary>
public enum RaftState : byte
{
    /// <summary>Not in the configuration.</summary>
    None,

    /// <summary>The leader, whatever its suffrage.</summary>
    Leader,

    /// <summary>A voter that does not lead.</summary>
    Voter,

    /// <summary>Without a vote.</summary>
    NonVoter,

    /// <summary>On the way to a vote (known to the originals' data only).</summary>
    Staging,
}

/// <summary>A server's suffrage as given to autopilot.</summary>
public enum RaftSuffrage : byte
{
    /// <summary>Votes.</summary>
    Voter,

    /// <summary>Does not vote.</summary>
    NonVoter,

    /// <summary>On the way to a vote (known to the originals' data only).</summary>
    Staging,
}

/// <summary>One server of the Raft configuration, as given to autopilot.</summary>
public readonly record struct RaftServer(ServerId Id, ServerAddress Address, RaftSuffrage Suffrage);

/// <summary>What the membership layer knows of a server.</summary>
public sealed record AutopilotServer
{
    /// <summary>The Raft id.</summary>
    public required ServerId Id { get; init; }

    /// <summary>The member name, <c>node.region</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>The Raft address.</summary>
    public ServerAddress Address { get; init; }

    /// <summary>Membership's opinion.</summary>
    public NodeStatus NodeStatus { get; init; }

    /// <summary>The build version, without a prefix.</summary>
    public string Version { get; init; } = "";

    /// <summary>The Raft protocol version; this implementation speaks 3.</summary>
    public int RaftVersion { get; init; }

    /// <summary>Whether the application says that it leads.</summary>
    public bool IsLeader { get; init; }

    /// <summary>What kind of server it is.</summary>
    public NodeType NodeType { get; init; }

    /// <summary>Its tags, in ordinal order of the keys.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = SortedTags.Empty;
}

/// <summary>What a server reports of itself.</summary>
/// <param name="LastContact">Time since it heard from the leader: 0 on the leader itself, negative for never.</param>
/// <param name="LastTerm">The term of its last log entry.</param>
/// <param name="LastIndex">The index of its last log entry.</param>
public readonly record struct ServerStats(Duration LastContact, Term LastTerm, LogIndex LastIndex);

/// <summary>A server's health.</summary>
/// <param name="Healthy">Whether it is healthy now.</param>
/// <param name="StableSince">When it was first seen or <paramref name="Healthy"/> last changed.</param>
public readonly record struct ServerHealth(bool Healthy, WallTime StableSince);

/// <summary>Everything autopilot knows of one server of the Raft configuration.</summary>
public sealed record AutopilotServerState
{
    /// <summary>What membership knows; the address comes from the Raft configuration.</summary>
    public required AutopilotServer Server { get; init; }

    /// <summary>Its place in Raft.</summary>
    public RaftState State { get; init; }

    /// <summary>What it last reported.</summary>
    public ServerStats Stats { get; init; }

    /// <summary>Its health.</summary>
    public ServerHealth Health { get; init; }

    /// <summary>Whether it has a vote now: leaders and voters do.</summary>
    public bool HasVotingRights => State is RaftState.Leader or RaftState.Voter;
}

/// <summary>The state of a cluster at one moment. Immutable. Source: raft-autopilot, State.</summary>
public sealed record AutopilotState
{
    /// <summary>When the first state of this run was computed.</summary>
    public WallTime FirstStateTime { get; init; } = WallTime.None;

    /// <summary>Whether every listed server is healthy; true for none.</summary>
    public bool Healthy { get; init; }

    /// <summary>How many healthy voters could fail and a quorum remain.</summary>
    public int FailureTolerance { get; init; }

    /// <summary>The leader; none if not known.</summary>
    public ServerId Leader { get; init; }

    /// <summary>The voters, best first: the order of <see cref="AutopilotEngine.CompareVoters"/>.</summary>
    public IReadOnlyList<ServerId> Voters { get; init; } = [];

    /// <summary>
    /// How many servers could fail one after the other, in the best order, with time for others to replace them; without zones
    /// as <see cref="FailureTolerance"/>.
    /// </summary>
    public int OptimisticFailureTolerance { get; init; }

    /// <summary>The servers that never vote, in the order of <see cref="AutopilotEngine.CompareVoters"/>.</summary>
    public IReadOnlyList<ServerId> ReadReplicas { get; init; } = [];

    /// <summary>The zones, in ordinal order of their names; empty while zones are off.</summary>
    public IReadOnlyList<RedundancyZone> RedundancyZones { get; init; } = [];

    /// <summary>The upgrade migration; <see langword="null"/> if the policy knows none.</summary>
    public UpgradeInfo? Upgrade { get; init; }

    /// <summary>Every server of the Raft configuration, ordered by id.</summary>
    public IReadOnlyList<AutopilotServerState> Servers { get; init; } = [];

    /// <summary>Finds a server by id; <see langword="null"/> if it is not listed.</summary>
    public AutopilotServerState? Find(ServerId id)
    {
        foreach (AutopilotServerState server in Servers)
        {
            if (server.Server.Id == id)
            {
                return server;
            }
        }

        return null;
    }
}
