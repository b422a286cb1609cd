namespace RaftSim.Autopilot;

/// <summary>What autopilot knows, what it would do, and what it has told: for people. Immutable.</summary>
public sealed record AutopilotExplanation
{
    /// <summary>When this was said, by the leader's clock, as are all times in it.</summary>
    public WallTime Time { get; init; } = WallTime.None;

    /// <summary>When the first state of this run was computed; none before that.</summary>
    public WallTime FirstStateTime { get; init; } = WallTime.None;

    /// <summary>When the latest state was computed; none before the first one.</summary>
    public WallTime StateTime { get; init; } = WallTime.None;

    /// <summary>When the next round of actions is due; none while autopilot does not run.</summary>
    public WallTime NextRound { get; init; } = WallTime.None;

    /// <summary>What stands in the way of all servers alike, in one line; empty if nothing does.</summary>
    public string Problem { get; init; } = "";

    /// <summary>Every server of the Raft configuration, ordered by id; empty before the first state.</summary>
    public IReadOnlyList<ServerExplanation> Servers { get; init; } = [];

    /// <summary>
    /// What was told in this run, the newest last; at most <see cref="Limits.AutopilotEventsMax"/>, then the oldest are
    /// forgotten.
    /// </summary>
    public IReadOnlyList<PastAutopilotEvent> Events { get; init; } = [];
}

/// <summary>One server, and why it is treated as it is.</summary>
public sealed record ServerExplanation
{
    /// <summary>The Raft id.</summary>
    public required ServerId Id { get; init; }

    /// <summary>The member name, <c>node.region</c>; empty if not known.</summary>
    public string Name { get; init; } = "";

    /// <summary>The Raft address.</summary>
    public ServerAddress Address { get; init; }

    /// <summary>Its place in Raft.</summary>
    public RaftState State { get; init; }

    /// <summary>
    /// Whether it is healthy, by what membership says now and by its last report; and since when.
    /// </summary>
    public ServerHealth Health { get; init; }

    /// <summary>Why it is healthy or not, in one line.</summary>
    public string HealthReason { get; init; } = "";

    /// <summary>What autopilot is to do with it, does not do and why, or waits for, in one line.</summary>
    public string Outlook { get; init; } = "";
}

/// <summary>An event of autopilot that was told before.</summary>
/// <param name="Time">When.</param>
/// <param name="Kind">What kind.</param>
/// <param name="Server">About whom; none if it is about the cluster.</param>
/// <param name="Name">Its member name then; empty if not known, or if it is about the cluster.</param>
/// <param name="Text">What was told, in one line; at most <see cref="Limits.AutopilotEventCharsMax"/> characters.</param>
public sealed record PastAutopilotEvent(
    WallTime Time, AutopilotEventKind Kind, ServerId Server, string Name, string Text);
