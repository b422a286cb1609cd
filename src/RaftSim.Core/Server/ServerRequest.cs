using RaftSim.Autopilot;

namespace RaftSim.Server;

/// <summary>
/// Identifies one request for ever: who made it, in which incarnation of that server, and as its how-manieth. Carried by
/// the command in the log, so that its origin recognises it when it is applied.
/// </summary>
/// <param name="Origin">The server that took the request from its caller.</param>
/// <param name="Incarnation">A random number drawn at that server's start.</param>
/// <param name="Sequence">1, 2, 3, … within the incarnation.</param>
public readonly record struct CommandId(ServerId Origin, ulong Incarnation, ulong Sequence)
{
    /// <summary>Incarnations are drawn: they tell origins apart as well as ids do. Not stable: for lookups only.</summary>
    public override int GetHashCode() => unchecked((int)(Prng.Hash(Incarnation, Sequence) >> 32));
}

/// <summary>What an operator or a program can ask of a cluster, through any server.</summary>
public abstract record ServerRequest
{
    private protected ServerRequest() { }

    /// <summary>Whether it can change anything.</summary>
    public abstract bool IsWrite { get; }

    /// <summary>Whether doing it again changes nothing: servers repeat it freely until they have an answer.</summary>
    public virtual bool IsRepeatable => !IsWrite;

    /// <summary>Whether the receiving server answers from its own state, however old, without a leader.</summary>
    public virtual bool IsStale => false;
}

/// <summary>Appends a command for the user's state machine. Answer: <see cref="CommandReply"/>.</summary>
/// <param name="Payload">The command; at most <see cref="Limits.CommandBytesMax"/> bytes.</param>
public sealed record ProposeRequest(ReadOnlyMemory<byte> Payload) : ServerRequest
{
    /// <summary>
    /// Which command of which client session this is, so that it is applied once, however often, and through whatever
    /// server, it is asked for. Default: of no session.
    /// </summary>
    public SessionNumber? Session { get; init; }

    /// <inheritdoc/>
    public override bool IsWrite => true;

    /// <inheritdoc/>
    public override bool IsRepeatable => Session is not null;
}

/// <summary>
/// Opens a client session, in which commands are numbered. Answer: <see cref="SessionReply"/>. Source: dissertation §6.3.
/// </summary>
/// <param name="Lifetime">
/// How long it may go unused, by cluster time, before it expires: <see cref="LifetimeMin"/> to <see cref="LifetimeMax"/>.
/// </param>
public sealed record OpenSessionRequest(Duration Lifetime) : ServerRequest
{
    /// <summary>A second.</summary>
    public static Duration LifetimeMin => Duration.Seconds(1);

    /// <summary>30 days.</summary>
    public static Duration LifetimeMax => Duration.Seconds(30 * 24 * 3600);

    /// <summary>An hour.</summary>
    public static Duration LifetimeDefault => Duration.Seconds(3600);

    /// <inheritdoc/>
    public override bool IsWrite => true;
}

/// <summary>Says that a client session is still used. Answer: <see cref="DoneReply"/>.</summary>
/// <param name="Session">The session.</param>
/// <param name="OldestOpen">Answers to lower numbers are forgotten, as with a command; 0 says nothing.</param>
public sealed record KeepSessionRequest(LogIndex Session, ulong OldestOpen = 0) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => true;

    /// <inheritdoc/>
    public override bool IsRepeatable => true;
}

/// <summary>Ends a client session, if it is open. Answer: <see cref="DoneReply"/>.</summary>
/// <param name="Session">The session.</param>
public sealed record CloseSessionRequest(LogIndex Session) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => true;

    /// <inheritdoc/>
    public override bool IsRepeatable => true;
}

/// <summary>Reads the Raft configuration. Answer: <see cref="RaftConfigurationReply"/>.</summary>
/// <param name="Stale">Answer locally, even without a leader.</param>
public sealed record GetRaftConfigurationRequest(bool Stale) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => false;

    /// <inheritdoc/>
    public override bool IsStale => Stale;
}

/// <summary>Removes a server from the Raft configuration, by id or by address. Answer: <see cref="DoneReply"/>.</summary>
/// <param name="Id">The id; <see langword="null"/> when the address is given. May be empty: then nothing is found.</param>
/// <param name="Address">The address; <see langword="null"/> when the id is given. May be empty.</param>
public sealed record RemoveServerRequest(string? Id, string? Address) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => true;
}

/// <summary>Reads the autopilot configuration. Answer: <see cref="AutopilotConfigReply"/>.</summary>
/// <param name="Stale">Answer locally, even without a leader.</param>
public sealed record GetAutopilotConfigRequest(bool Stale) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => false;

    /// <inheritdoc/>
    public override bool IsStale => Stale;
}

/// <summary>Replaces the autopilot configuration. Answer: <see cref="SetAutopilotConfigReply"/>.</summary>
/// <param name="Config">The whole new configuration.</param>
/// <param name="Cas">Apply only if a configuration exists and this is its ModifyIndex; <see langword="null"/>: always.</param>
public sealed record SetAutopilotConfigRequest(AutopilotConfig Config, ulong? Cas) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => true;
}

/// <summary>Reads the leader's autopilot state. Answer: <see cref="AutopilotHealthReply"/>.</summary>
public sealed record GetAutopilotHealthRequest : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => false;
}

/// <summary>
/// Asks the leader's autopilot why things are as they are. Answer: <see cref="AutopilotExplanationReply"/>.
/// </summary>
public sealed record GetAutopilotExplanationRequest : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => false;
}

/// <summary>
/// Moves leadership to another voter, by id or by address, or, when neither is given, to the one that is furthest along.
/// Answer: <see cref="TransferLeadershipReply"/>. Source: dissertation §3.10.
/// </summary>
/// <param name="Id">The id of the server that is to lead; <see langword="null"/> when it is not named by id.</param>
/// <param name="Address">Its address; <see langword="null"/> when it is not named by address.</param>
public sealed record TransferLeadershipRequest(string? Id, string? Address) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => true;
}

/// <summary>
/// Asks the user's state machine. Linearizable unless stale: the answer shows every command that was answered before this
/// was asked. Answer: <see cref="QueryReply"/>. Source: dissertation §6.4.
/// </summary>
/// <param name="Query">
/// The question, as the state machine understands it; at most <see cref="Limits.CommandBytesMax"/> bytes.
/// </param>
/// <param name="Stale">Ask the receiving server's own state machine, however far it is, even without a leader.</param>
public sealed record QueryRequest(ReadOnlyMemory<byte> Query, bool Stale = false) : ServerRequest
{
    /// <inheritdoc/>
    public override bool IsWrite => false;

    /// <inheritdoc/>
    public override bool IsStale => Stale;
}
