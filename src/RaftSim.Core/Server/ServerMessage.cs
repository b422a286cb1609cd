using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Server;

/// <summary>The kinds of message between servers. The numbers are sent: never changed, only added to.</summary>
public enum ServerMessageKind : byte
{
    /// <summary>Not a message.</summary>
    None = 0,

    /// <summary>A message of the Raft engine.</summary>
    Raft = 1,

    /// <summary>Who I am: an <see cref="Server.Announcement"/>.</summary>
    Announcement = 2,

    /// <summary>The leader asks how a server is: a <see cref="Server.StatsRequest"/>.</summary>
    StatsRequest = 3,

    /// <summary>The answer: a <see cref="Server.StatsReply"/>.</summary>
    StatsReply = 4,

    /// <summary>An operator's or a program's request on its way to the leader: a <see cref="ForwardedRequest"/>.</summary>
    Forward = 5,

    /// <summary>The answer: a <see cref="ForwardedReply"/>.</summary>
    ForwardReply = 6,

    /// <summary>A server asks for a chunk of a snapshot: a <see cref="Server.SnapshotRequest"/>.</summary>
    SnapshotRequest = 7,

    /// <summary>The answer: a <see cref="Server.SnapshotChunk"/>.</summary>
    SnapshotChunk = 8,
}

/// <summary>One message between servers: a Raft message held by value, or one of the rarer ones by reference.</summary>
public sealed record ServerMessage
{
    private readonly RaftMessage _raft;

    private ServerMessage(ServerMessageKind kind, in RaftMessage raft, object? body)
    {
        Kind = kind;
        _raft = raft;
        Body = body;
    }

    /// <summary>What it is.</summary>
    public ServerMessageKind Kind { get; }

    /// <summary>When <see cref="Kind"/> is Raft: the message.</summary>
    public ref readonly RaftMessage Raft => ref _raft;

    /// <summary>For the other kinds: the message.</summary>
    public object? Body { get; }

    /// <summary>Wraps a Raft message.</summary>
    public static ServerMessage Of(in RaftMessage message) => new(ServerMessageKind.Raft, message, null);

    /// <summary>Wraps an announcement.</summary>
    public static ServerMessage Of(Announcement message) => new(ServerMessageKind.Announcement, default, message);

    /// <summary>Wraps a request for stats.</summary>
    public static ServerMessage Of(StatsRequest message) => new(ServerMessageKind.StatsRequest, default, message);

    /// <summary>Wraps reported stats.</summary>
    public static ServerMessage Of(StatsReply message) => new(ServerMessageKind.StatsReply, default, message);

    /// <summary>Wraps a request on its way to the leader.</summary>
    public static ServerMessage Of(ForwardedRequest message) => new(ServerMessageKind.Forward, default, message);

    /// <summary>Wraps a request for a chunk of a snapshot.</summary>
    public static ServerMessage Of(SnapshotRequest message) => new(ServerMessageKind.SnapshotRequest, default, message);

    /// <summary>Wraps a chunk of a snapshot.</summary>
    public static ServerMessage Of(SnapshotChunk message) => new(ServerMessageKind.SnapshotChunk, default, message);

    /// <summary>Wraps the answer to a forwarded request.</summary>
    public static ServerMessage Of(ForwardedReply message) => new(ServerMessageKind.ForwardReply, default, message);
}

/// <summary>Who is at an address, as one server has learnt it.</summary>
/// <param name="Address">The listed address.</param>
/// <param name="Id">Who answers there.</param>
/// <param name="Disk">With which data folder.</param>
public readonly record struct PeerIdentity(ServerAddress Address, ServerId Id, DiskId Disk);

/// <summary>
/// What a server says of itself (the envelope holds its ids and address), to form a first cluster or be let into one.
/// </summary>
public sealed record Announcement
{
    /// <summary>The server's name, without region.</summary>
    public required string Name { get; init; }

    /// <summary>Its region.</summary>
    public required string Region { get; init; }

    /// <summary>Its build version.</summary>
    public required string Version { get; init; }

    /// <summary>The Raft protocol version it speaks.</summary>
    public required int RaftProtocol { get; init; }

    /// <summary>Its tags, in ordinal order of the keys.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = SortedTags.Empty;

    /// <summary>Whether it has no log: it may become part of a first cluster.</summary>
    public required bool IsEmpty { get; init; }

    /// <summary>A hash of the names and addresses that it was told are the servers.</summary>
    public required ulong PeerListHash { get; init; }

    /// <summary>
    /// To the server that writes the first configuration (<see cref="FirstCluster.Writer"/>), from one without a log: whom it
    /// has met at the listed addresses, itself included, ordered by address. Empty to all others, who have no use for it.
    /// </summary>
    public IReadOnlyList<PeerIdentity> Met { get; init; } = [];

    /// <summary>Whether it wants an announcement back.</summary>
    public bool WantsAnswer { get; init; }
}

/// <summary>The leader's autopilot asks a server for its stats.</summary>
/// <param name="Round">The leader's number for this round; comes back in the answer.</param>
public sealed record StatsRequest(ulong Round);

/// <summary>A server's stats.</summary>
/// <param name="Round">The round that was asked about.</param>
/// <param name="Stats">The stats.</param>
public sealed record StatsReply(ulong Round, ServerStats Stats);

/// <summary>A request on its way to the leader. Sent once: never repeated when it may have arrived.</summary>
/// <param name="Command">Identifies the request: its origin, the origin's incarnation, and a number.</param>
/// <param name="Request">The request.</param>
public sealed record ForwardedRequest(CommandId Command, ServerRequest Request)
{
    /// <summary>
    /// The term in which the receiver was known to lead. In another term the request is refused, so that a copy that was
    /// delayed or repeated by the network can never be carried out twice.
    /// </summary>
    public required Term Term { get; init; }
}

/// <summary>The answer to a forwarded request.</summary>
/// <param name="Command">Which request.</param>
/// <param name="Reply">The answer.</param>
public sealed record ForwardedReply(CommandId Command, ServerReply Reply)
{
    /// <summary>
    /// The term of the request that is answered: an answer to an earlier attempt must not pass for a later one's.
    /// </summary>
    public required Term Term { get; init; }
}

/// <summary>A server asks for a chunk of a snapshot that it was offered.</summary>
/// <param name="Id">Which snapshot; none while only its place in the log is known.</param>
/// <param name="Last">The last entry that it includes.</param>
/// <param name="Chunk">The number of the chunk, from 0.</param>
public sealed record SnapshotRequest(SnapshotId Id, LogPosition Last, ulong Chunk);

/// <summary>A chunk of a snapshot.</summary>
/// <param name="Snapshot">Of which.</param>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Bytes">The chunk as it is stored, its head included; empty: that snapshot is not there (any more).</param>
/// <param name="Chunks">How many chunks the snapshot has.</param>
public sealed record SnapshotChunk(StoredSnapshot Snapshot, ulong Number, ReadOnlyMemory<byte> Bytes, ulong Chunks);
