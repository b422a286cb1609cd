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

/// <summary>Runs the autopilot of a leader.</summary>
public sealed class AutopilotDriver
{
    /// <summary>Makes a stopped driver.</summary>
    public AutopilotDriver(Duration stateInterval, Duration reconcileInterval, IPromoter promoter) => throw new NotSupportedException();

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => throw new NotSupportedException();

    /// <summary>The latest state; <see langword="null"/> before the first one of this run.</summary>
    public AutopilotState? State => throw new NotSupportedException();

    /// <summary>When to call <see cref="Tick"/> at the latest; never while stopped.</summary>
    public MonoTime NextDeadline => throw new NotSupportedException();

    /// <summary>Starts a run: leadership was won.</summary>
    public void Start(MonoTime now) => throw new NotSupportedException();

    /// <summary>Ends the run and forgets everything: leadership was lost.</summary>
    public void Stop() => throw new NotSupportedException();

    /// <summary>Asks for a prune soon; several wishes merge.</summary>
    public void RequestPrune(MonoTime now) => throw new NotSupportedException();

    /// <summary>Lets time pass. The driver fills in FirstStateTime and FetchedStats of the view itself.</summary>
    public void Tick(AutopilotInputs view, MonoTime now) => throw new NotSupportedException();

    /// <summary>A server reported.</summary>
    public void StatsReceived(ServerId server, ulong round, in ServerStats stats, MonoTime now) => throw new NotSupportedException();

    /// <summary>An action ended.</summary>
    public void ActionCompleted(ulong actionId, bool succeeded, string detail, MonoTime now) => throw new NotSupportedException();

    /// <summary>What to carry out, if anything.</summary>
    public bool TryTakeReady(out AutopilotReady ready) => throw new NotSupportedException();
}
