namespace RaftSim.Raft;

/// <summary>The role of a server. Source: dissertation §3.3, figure 3.3; PreCandidate: §9.6.</summary>
public enum RaftRole : byte
{
    /// <summary>Follows a leader, or waits for one.</summary>
    Follower,

    /// <summary>Asks whether an election could be won, without disturbing anybody.</summary>
    PreCandidate,

    /// <summary>Asks for votes.</summary>
    Candidate,

    /// <summary>Leads.</summary>
    Leader,
}

/// <summary>What changed since the flags were last taken; lets checkers look only where they must.</summary>
[Flags]
public enum RaftChanges
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The role.</summary>
    Role = 1,

    /// <summary>The term.</summary>
    Term = 2,

    /// <summary>The vote.</summary>
    Vote = 4,

    /// <summary>Entries were appended.</summary>
    Appended = 8,

    /// <summary>Entries were dropped from the end of the log.</summary>
    Truncated = 16,

    /// <summary>The commit index.</summary>
    Commit = 32,

    /// <summary>The latest configuration.</summary>
    Configuration = 64,

    /// <summary>The leader this server knows.</summary>
    Leader = 128,

    /// <summary>A transfer of leadership was begun or given up.</summary>
    Transfer = 256,
}

/// <summary>How the leader replicates to one server. Source: etcd's and the dissertation's §10.2 flow control.</summary>
public enum ProgressState : byte
{
    /// <summary>Where the logs meet is not known: one Append at a time.</summary>
    Probe,

    /// <summary>The logs meet: Appends are pipelined.</summary>
    Replicate,

    /// <summary>It is so far behind that it fetches a snapshot: nothing is sent until it has.</summary>
    Snapshot,
}

/// <summary>What a leader knows of one other server.</summary>
/// <param name="Server">Whom.</param>
/// <param name="State">How it replicates to it.</param>
/// <param name="Match">The last index known to be durable there.</param>
/// <param name="Next">The next index to send.</param>
/// <param name="LastContact">When it last answered; <see langword="null"/> if never in this term.</param>
public readonly record struct ProgressStatus(
    ServerId Server, ProgressState State, LogIndex Match, LogIndex Next, MonoTime? LastContact);

/// <summary>A server's view of itself, at one moment.</summary>
public readonly record struct RaftStatus
{
    /// <summary>This server.</summary>
    public required ServerId Self { get; init; }

    /// <summary>Its role.</summary>
    public required RaftRole Role { get; init; }

    /// <summary>Its term.</summary>
    public required Term Term { get; init; }

    /// <summary>Whom it voted for in this term; none if nobody.</summary>
    public required ServerId Vote { get; init; }

    /// <summary>The leader of this term as far as known; none if not.</summary>
    public required ServerId Leader { get; init; }

    /// <summary>The last index of its log.</summary>
    public required LogIndex LastIndex { get; init; }

    /// <summary>The term of the last entry of its log.</summary>
    public required Term LastTerm { get; init; }

    /// <summary>The place before the first entry of its log; (0, 0) when nothing was compacted.</summary>
    public LogPosition LogStart { get; init; }

    /// <summary>Where its latest snapshot ends; (0, 0) for none.</summary>
    public LogPosition Snapshot { get; init; }

    /// <summary>The last index that is durable on its own disk.</summary>
    public required LogIndex DurableIndex { get; init; }

    /// <summary>The last index known to be committed.</summary>
    public required LogIndex Commit { get; init; }

    /// <summary>The last index handed out to be applied: up to <see cref="Commit"/>, once the term is durable.</summary>
    public LogIndex HandedOut { get; init; }

    /// <summary>The last index reported as applied.</summary>
    public required LogIndex Applied { get; init; }

    /// <summary>Whether a leader has committed an entry of its own term.</summary>
    public required bool HasCommittedThisTerm { get; init; }

    /// <summary>The latest configuration in the log, committed or not.</summary>
    public required Configuration Configuration { get; init; }

    /// <summary>The index of the entry that holds it; 0 for none.</summary>
    public required LogIndex ConfigurationIndex { get; init; }

    /// <summary>When a message of the current leader last arrived; <see langword="null"/> if never. On a leader: now.</summary>
    public required MonoTime? LeaderContact { get; init; }

    /// <summary>On a leader that hands over: to whom; else none.</summary>
    public ServerId TransferTarget { get; init; }
}
