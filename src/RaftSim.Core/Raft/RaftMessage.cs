namespace RaftSim.Raft;

/// <summary>The kinds of Raft message. The numbers are sent: never changed, only added to.</summary>
public enum RaftMessageKind : byte
{
    /// <summary>Not a message.</summary>
    None = 0,

    /// <summary>Would you vote for me in the next term? Changes no state. Source: dissertation §9.6.</summary>
    PreVote = 1,

    /// <summary>Answer to <see cref="PreVote"/>.</summary>
    PreVoteReply = 2,

    /// <summary>RequestVote, dissertation §3.4.</summary>
    Vote = 3,

    /// <summary>Answer to <see cref="Vote"/>.</summary>
    VoteReply = 4,

    /// <summary>AppendEntries with or without entries, dissertation §3.5.</summary>
    Append = 5,

    /// <summary>Answer to <see cref="Append"/>.</summary>
    AppendReply = 6,

    /// <summary>
    /// A sign of life that never waits behind entries: carries the commit index only as far as the receiver's log is
    /// known to match.
    /// </summary>
    Heartbeat = 7,

    /// <summary>Answer to <see cref="Heartbeat"/>.</summary>
    HeartbeatReply = 8,

    /// <summary>Campaign at once: the leader hands over. Dissertation §3.10.</summary>
    TimeoutNow = 9,

    /// <summary>
    /// The entries that the receiver needs are gone: it is to fetch the snapshot that ends at <see cref="RaftMessage.Index"/>.
    /// Answered by <see cref="AppendReply"/> when it has. InstallSnapshot without its data, dissertation §5.2.
    /// </summary>
    Snapshot = 10,
}

/// <summary>One Raft message: a kind, and of the other fields only those that the kind needs.</summary>
public readonly record struct RaftMessage
{
    /// <summary>What it is.</summary>
    public required RaftMessageKind Kind { get; init; }

    /// <summary>Who sent it.</summary>
    public required ServerId From { get; init; }

    /// <summary>Whom it is for.</summary>
    public required ServerId To { get; init; }

    /// <summary>
    /// As received: the data folder of the sender. In a reply: that of whoever asked, for nobody else is it meant. Not part
    /// of the message itself, but of its address. Default: none.
    /// </summary>
    public DiskId Disk { get; init; }

    /// <summary>
    /// The sender's term; in <see cref="RaftMessageKind.PreVote"/> and in a granted
    /// <see cref="RaftMessageKind.PreVoteReply"/> the term that the candidate would campaign in.
    /// </summary>
    public required Term Term { get; init; }

    /// <summary>
    /// Votes: the last index of the candidate's log. Append: the index before the first entry. AppendReply: the last
    /// index known to match the leader's log, or, when rejected, the index before the entries that did not fit.
    /// </summary>
    public LogIndex Index { get; init; }

    /// <summary>
    /// Votes: the term at <see cref="Index"/>. Append: the same. Rejected AppendReply: the term of the follower's entry
    /// at <see cref="Hint"/>.
    /// </summary>
    public Term LogTerm { get; init; }

    /// <summary>Append, Heartbeat: how far the receiver may take the log for committed.</summary>
    public LogIndex Commit { get; init; }

    /// <summary>Replies: whether the request was refused.</summary>
    public bool Reject { get; init; }

    /// <summary>Rejected AppendReply: the highest index at which the logs could still match.</summary>
    public LogIndex Hint { get; init; }

    /// <summary>Append, Heartbeat and their replies: <see cref="ConfiguredServer.AddedAt"/> of the follower.</summary>
    public LogIndex AddedAt { get; init; }

    /// <summary>
    /// Vote: the leader itself has asked for this election, so that servers that hear from it take part. Source:
    /// dissertation §4.2.3, last paragraph.
    /// </summary>
    public bool IsTransfer { get; init; }

    /// <summary>Heartbeat and its reply: the number of the round, by which reads are confirmed. 0: none yet.</summary>
    public ulong Round { get; init; }

    /// <summary>Append: consecutive entries from <see cref="Index"/> + 1 on; a slice of an immutable chunk.</summary>
    public ReadOnlyMemory<LogEntry> Entries { get; init; }
}
