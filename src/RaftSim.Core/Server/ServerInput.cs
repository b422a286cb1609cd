using System.Diagnostics.CodeAnalysis;
using RaftSim.Storage;

namespace RaftSim.Server;

/// <summary>The kinds of input.</summary>
public enum ServerInputKind : byte
{
    /// <summary>Not an input.</summary>
    None,

    /// <summary>A message arrived.</summary>
    Received,

    /// <summary>A disk operation ended.</summary>
    DiskCompleted,

    /// <summary>The user's state machine has applied entries.</summary>
    Applied,

    /// <summary>An operator or a program asks for something.</summary>
    Requested,

    /// <summary>The user's state machine has answered a question.</summary>
    Queried,

    /// <summary>A step of taking or restoring a snapshot of the user's state machine ended.</summary>
    SnapshotStep,
}

/// <summary>What became of an entry for the state machine or its client sessions.</summary>
public enum ApplyOutcome : byte
{
    /// <summary>It was applied.</summary>
    Applied,

    /// <summary>A command of a session that was applied before, by an earlier entry: not applied again.</summary>
    Repeated,

    /// <summary>Its session is not open: it expired, was closed, or never was. Not applied.</summary>
    SessionNotOpen,

    /// <summary>Its number was answered before, or given up, and is forgotten. Not applied.</summary>
    Forgotten,

    /// <summary>It would have opened one session more than <see cref="Limits.SessionsMax"/>.</summary>
    TooManySessions,
}

/// <summary>What came of one entry handed to the apply stage.</summary>
/// <param name="Index">The index of the entry.</param>
/// <param name="Result">What the user's state machine answered; empty when it was not asked, now or before.</param>
/// <param name="Outcome">Whether the entry was applied, and if not, why.</param>
/// <param name="RepeatOf">When repeated: the index of the entry that was applied.</param>
public readonly record struct ApplyResult(
    LogIndex Index,
    ReadOnlyMemory<byte> Result,
    ApplyOutcome Outcome = ApplyOutcome.Applied,
    LogIndex RepeatOf = default);

/// <summary>What came of a question to the user's state machine.</summary>
/// <param name="Result">The answer; <see langword="null"/> when there is none.</param>
/// <param name="Error">Why there is none, for people; empty when there is one.</param>
public sealed record QueryResult(ReadOnlyMemory<byte>? Result, string Error);

/// <summary>One thing that happened to a server.</summary>
public readonly struct ServerInput
{
    private readonly Envelope _envelope;

    // One that carries a message is large: each of these writes only what it has, and nothing twice.
    private ServerInput(in Envelope envelope)
    {
        Kind = ServerInputKind.Received;
        _envelope = envelope;
    }

    private ServerInput(in DiskCompletion completion)
    {
        Kind = ServerInputKind.DiskCompleted;
        Completion = completion;
    }

    private ServerInput(ServerInputKind kind, ulong number, object body)
    {
        Kind = kind;
        Number = number;
        Body = body;
    }

    /// <summary>What happened.</summary>
    public ServerInputKind Kind { get; }

    /// <summary>When received: the message.</summary>
    [UnscopedRef]
    public ref readonly Envelope Envelope => ref _envelope;

    /// <summary>When a disk operation ended: how.</summary>
    public DiskCompletion Completion { get; }

    internal ulong Number { get; }

    internal object? Body { get; }

    /// <summary>A message arrived.</summary>
    public static ServerInput Received(in Envelope envelope) => new(envelope);

    /// <summary>A disk operation ended.</summary>
    public static ServerInput DiskCompleted(in DiskCompletion completion) => new(completion);

    /// <summary>
    /// The user's state machine has applied everything submitted up to and including <paramref name="through"/>.
    /// </summary>
    public static ServerInput Applied(LogIndex through, IReadOnlyList<ApplyResult> results) =>
        new(ServerInputKind.Applied, through.Value, results);

    /// <summary>The user's state machine has answered the question with this number.</summary>
    public static ServerInput Queried(ulong number, QueryResult result) =>
        new(ServerInputKind.Queried, number, result);

    /// <summary>A step of taking or restoring a snapshot ended; the number is that of the <see cref="SnapshotOp"/>.</summary>
    public static ServerInput SnapshotStep(ulong number, SnapshotOpResult result) =>
        new(ServerInputKind.SnapshotStep, number, result);

    /// <summary>
    /// A request; its one answer leaves by <see cref="IServerEvents.Replied"/> with the same <paramref name="requestId"/>,
    /// a number that the caller never uses again in this incarnation.
    /// </summary>
    public static ServerInput Requested(ulong requestId, ServerRequest request) =>
        new(ServerInputKind.Requested, requestId, request);
}
