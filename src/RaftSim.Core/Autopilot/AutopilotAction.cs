namespace RaftSim.Autopilot;

/// <summary>What autopilot wants done to a server.</summary>
public enum AutopilotActionKind : byte
{
    /// <summary>Give a non-voter a vote.</summary>
    Promote,

    /// <summary>Take a voter's vote.</summary>
    Demote,

    /// <summary>Remove a server that membership does not know from the Raft configuration.</summary>
    RemoveStale,

    /// <summary>Make membership forget a failed server, and so remove it from the Raft configuration.</summary>
    RemoveFailed,

    /// <summary>Move leadership to a server.</summary>
    TransferLeadership,
}

/// <summary>One thing that autopilot wants done.</summary>
/// <param name="Id">The driver's number for it; comes back with the result.</param>
/// <param name="Kind">What.</param>
/// <param name="Server">To whom.</param>
/// <param name="Name">The server's member name; empty if not known.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record AutopilotAction(ulong Id, AutopilotActionKind Kind, ServerId Server, string Name, string Reason);

/// <summary>The kinds of autopilot event.</summary>
public enum AutopilotEventKind : byte
{
    /// <summary>A server or the cluster became healthy or unhealthy.</summary>
    Health,

    /// <summary>An action was issued, done, or failed.</summary>
    Action,

    /// <summary>Something was not done, and why.</summary>
    Refusal,
}

/// <summary>Something autopilot did, or did not do, and why.</summary>
public sealed record AutopilotEvent(AutopilotEventKind Kind, ServerId Server, string Text);

/// <summary>What the shell of the driver has to carry out.</summary>
public sealed record AutopilotReady
{
    internal static AutopilotReady Nothing { get; } = new();

    /// <summary>The round to ask stats for; 0 for none.</summary>
    public ulong StatsRound { get; init; }

    /// <summary>Whom to ask.</summary>
    public IReadOnlyList<ServerId> StatsFrom { get; init; } = [];

    /// <summary>What to do now; its result is reported by <see cref="AutopilotDriver.ActionCompleted"/>.</summary>
    public AutopilotAction? Action { get; init; }

    /// <summary>What happened.</summary>
    public IReadOnlyList<AutopilotEvent> Events { get; init; } = [];

    /// <summary>Whether a new state was computed.</summary>
    public bool StateUpdated { get; init; }
}
