using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Server;

/// <summary>The one answer to a request: a result, a refusal (nothing was done), or "outcome unknown".</summary>
public abstract record ServerReply
{
    private protected ServerReply() { }
}

/// <summary>A command was committed and applied.</summary>
/// <param name="Index">The index of its entry; for a repeated command of a session, of the one that was applied.</param>
/// <param name="Result">What the state machine answered.</param>
public sealed record CommandReply(LogIndex Index, ReadOnlyMemory<byte> Result) : ServerReply;

/// <summary>What the state machine answered to a query.</summary>
/// <param name="Index">Everything up to this index was applied when it answered.</param>
/// <param name="Result">The answer.</param>
public sealed record QueryReply(LogIndex Index, ReadOnlyMemory<byte> Result) : ServerReply;

/// <summary>A client session was opened.</summary>
/// <param name="Session">Its name: the index of the entry that opened it.</param>
public sealed record SessionReply(LogIndex Session) : ServerReply;

/// <summary>Leadership has moved.</summary>
/// <param name="From">Who led.</param>
/// <param name="FromAddress">Its address.</param>
/// <param name="To">Who leads now; the same as before when it was asked to lead already.</param>
/// <param name="ToAddress">Its address.</param>
public sealed record TransferLeadershipReply(
    ServerId From, ServerAddress FromAddress, ServerId To, ServerAddress ToAddress) : ServerReply;

/// <summary>Done; nothing more to say.</summary>
public sealed record DoneReply : ServerReply;

/// <summary>One server of a Raft configuration, with what is known of it.</summary>
/// <param name="Id">The Raft id.</param>
/// <param name="Node">The member name <c>node.region</c>, or <c>(unknown)</c>.</param>
/// <param name="Address">The Raft address.</param>
/// <param name="IsLeader">Whether the answering server takes it for the leader.</param>
/// <param name="Suffrage">Whether it votes.</param>
/// <param name="RaftProtocol">The protocol version as text, or <c>unknown</c>.</param>
public sealed record RaftConfigurationServer(
    ServerId Id, string Node, ServerAddress Address, bool IsLeader, Suffrage Suffrage, string RaftProtocol);

/// <summary>The latest Raft configuration, committed or not.</summary>
/// <param name="Index">The index of its entry; 0 for none.</param>
/// <param name="Servers">Its servers, in its order.</param>
public sealed record RaftConfigurationReply(LogIndex Index, IReadOnlyList<RaftConfigurationServer> Servers) : ServerReply;

/// <summary>The autopilot configuration.</summary>
/// <param name="Config">The settings.</param>
/// <param name="CreateIndex">The index of the entry that first wrote it.</param>
/// <param name="ModifyIndex">The index of the entry that last wrote it.</param>
public sealed record AutopilotConfigReply(AutopilotConfig Config, LogIndex CreateIndex, LogIndex ModifyIndex) : ServerReply;

/// <summary>What became of a new autopilot configuration.</summary>
/// <param name="Applied">False when the check-and-set index did not match; nothing was changed then.</param>
public sealed record SetAutopilotConfigReply(bool Applied) : ServerReply;

/// <summary>The autopilot state.</summary>
/// <param name="State">The state; <see langword="null"/> before the first one of this leader.</param>
public sealed record AutopilotHealthReply(AutopilotState? State) : ServerReply;

/// <summary>How the leader's autopilot explains itself.</summary>
/// <param name="Explanation">What it says.</param>
public sealed record AutopilotExplanationReply(AutopilotExplanation Explanation) : ServerReply;

/// <summary>Why there is no result. The numbers are sent: never changed, only added to.</summary>
public enum ServerErrorKind : byte
{
    /// <summary>The leader refused, or could not: the text says why. Nothing was done.</summary>
    Refused = 0,

    /// <summary>No leader was found within the hold time. Nothing was done.</summary>
    NoLeader = 1,

    /// <summary>The leader has not committed an entry of its term yet. Nothing was done.</summary>
    NotReady = 2,

    /// <summary>The named server or record does not exist. Nothing was done.</summary>
    NotFound = 3,

    /// <summary>It may have been done, or may yet be: the leader was lost on the way.</summary>
    OutcomeUnknown = 4,

    /// <summary>Too much is waiting. Nothing was done.</summary>
    Busy = 5,

    /// <summary>
    /// Sent between servers only: the receiver does not lead, and nothing was done, so the forwarder may look for the
    /// leader again.
    /// </summary>
    NotLeader = 6,

    /// <summary>
    /// The client session is not open, or has forgotten the number. Nothing was done now; if the command was sent before, it
    /// may have been applied then.
    /// </summary>
    SessionGone = 7,
}

/// <summary>There is no result.</summary>
/// <param name="Kind">What kind of failure, and whether anything may have been done.</param>
/// <param name="Text">The text for the caller, without any prefix.</param>
/// <param name="Forwarded">Whether the failure came from the leader by way of another server.</param>
public sealed record ErrorReply(ServerErrorKind Kind, string Text, bool Forwarded = false) : ServerReply;
