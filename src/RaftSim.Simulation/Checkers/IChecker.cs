using System.Diagnostics.CodeAnalysis;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>What changed about a server since it was last observed.</summary>
public readonly struct ServerObservation
{
    private readonly RaftStatus _before;
    private readonly RaftStatus _now;

    /// <summary>Says how a server stood and how it stands.</summary>
    /// <param name="server">Which server, by its number in the world.</param>
    /// <param name="incarnation">Which life of it.</param>
    /// <param name="disk">The identity of its data folder.</param>
    /// <param name="before">What it said of itself when it was last observed.</param>
    /// <param name="now">What it says now.</param>
    /// <param name="changes">What differs.</param>
    /// <param name="log">Its log, as it is now.</param>
    /// <param name="changedFrom">The first index whose entry is new, different or gone.</param>
    public ServerObservation(
        int server, int incarnation, DiskId disk, in RaftStatus before, in RaftStatus now, RaftChanges changes, ReplicaLog log,
        LogIndex changedFrom)
    {
        Server = server;
        Incarnation = incarnation;
        Disk = disk;
        _before = before;
        _now = now;
        Changes = changes;
        Log = log;
        ChangedFrom = changedFrom;
    }

    /// <summary>Which server, by its number in the world.</summary>
    public int Server { get; }

    /// <summary>Which life of it.</summary>
    public int Incarnation { get; }

    /// <summary>The identity of its data folder.</summary>
    public DiskId Disk { get; }

    /// <summary>What it said of itself then. For a new incarnation: nothing committed, an empty log, a follower.</summary>
    [UnscopedRef]
    public ref readonly RaftStatus Before => ref _before;

    /// <summary>What it says now.</summary>
    [UnscopedRef]
    public ref readonly RaftStatus Now => ref _now;

    /// <summary>What differs.</summary>
    public RaftChanges Changes { get; }

    /// <summary>Its log, as it is now.</summary>
    public ReplicaLog Log { get; }

    /// <summary>The first index whose entry is new, different or gone; behind the end when none is.</summary>
    public LogIndex ChangedFrom { get; }

    /// <summary>Whether the server leads now and did not, in this term and incarnation, before.</summary>
    public bool BecameLeader => _now.Role == RaftRole.Leader
        && (_before.Role != RaftRole.Leader || _before.Term != _now.Term);
}

/// <summary>A command that a server's state machine has applied.</summary>
/// <param name="Server">Which server, by its number in the world.</param>
/// <param name="Incarnation">Which life of it.</param>
/// <param name="Entry">The command.</param>
/// <param name="Result">What the state machine answered.</param>
public readonly record struct AppliedObservation(
    int Server, int Incarnation, AppliedEntry Entry, ReadOnlyMemory<byte> Result);

/// <summary>A server's state machine has answered a question.</summary>
/// <param name="Server">Which server, by its number in the world.</param>
/// <param name="Query">The question.</param>
/// <param name="Applied">The last command that the state machine has applied; 0 for none.</param>
/// <param name="Result">The answer.</param>
public readonly record struct QueryObservation(
    int Server, ReadOnlyMemory<byte> Query, LogIndex Applied, ReadOnlyMemory<byte> Result);

/// <summary>The answer that a caller got.</summary>
/// <param name="Server">From which server, by its number in the world.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Reply">The answer.</param>
public readonly record struct ReplyObservation(int Server, ServerRequest Request, ServerReply Reply)
{
    /// <summary>When it was asked, since the start of the world.</summary>
    public Duration AskedAt { get; init; }
}

/// <summary>
/// Watches a world for one broken promise. It sees everything, changes nothing and draws no randomness, so that a run is
/// the same with and without it. A broken promise is told by <see cref="ViolationException"/>.
/// </summary>
public interface IChecker
{
    /// <summary>What it checks, as one word.</summary>
    string Name { get; }

    /// <summary>A server changed.</summary>
    void Observe(in ServerObservation observation) { }

    /// <summary>A server stopped; its memory is gone.</summary>
    void Stopped(int server) { }

    /// <summary>A server sends a message, whether it arrives or not.</summary>
    void Sent(int server, in Envelope envelope) { }

    /// <summary>A server takes a message that has reached it.</summary>
    void Received(int server, in Envelope envelope) { }

    /// <summary>A server's state machine applied a command.</summary>
    void Applied(in AppliedObservation observation) { }

    /// <summary>A server's state machine became what a snapshot of everything up to an index says.</summary>
    void Restored(int server, int incarnation, LogIndex through) { }

    /// <summary>A server's state machine has answered a question.</summary>
    void Queried(in QueryObservation observation) { }

    /// <summary>A caller hands a request to a server.</summary>
    void Requested(int server, ServerRequest request) { }

    /// <summary>A caller got an answer.</summary>
    void Replied(in ReplyObservation observation) { }

    /// <summary>A server tells something that an operator would want to know.</summary>
    void Raised(int server, in ServerEvent raised) { }

    /// <summary>The run is over: every server that is up, with its log.</summary>
    void Ended(int server, in RaftStatus status, ReplicaLog log) { }
}

/// <summary>A promise was broken.</summary>
public sealed class ViolationException : Exception
{
    /// <summary>Says which checker found what.</summary>
    public ViolationException(string checker, string explanation) : base(explanation) => Checker = checker;

    /// <summary>An unnamed violation.</summary>
    public ViolationException() { }

    /// <summary>A violation that no checker is named for.</summary>
    public ViolationException(string message) : base(message) { }

    /// <summary>A violation that shows itself as an exception.</summary>
    public ViolationException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The name of the checker.</summary>
    public string Checker { get; } = "";
}
