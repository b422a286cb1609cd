namespace RaftSim;

/// <summary>What an entry of the log is for. The numbers are stored on disk and sent: never changed, only added to.</summary>
public enum EntryKind : byte
{
    /// <summary>Nothing: the entry a new leader writes to commit its predecessors (dissertation §6.4).</summary>
    Noop = 0,

    /// <summary>A command for the state machines.</summary>
    Command = 1,

    /// <summary>A cluster configuration, in force as soon as it is appended (dissertation §4.1).</summary>
    Configuration = 2,
}

/// <summary>One entry of the replicated log. Immutable; the payload is never written to after the entry is made.</summary>
/// <param name="Index">Its position; at least 1.</param>
/// <param name="Term">The term of the leader that made it; at least 1.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Payload">Its content: empty for <see cref="EntryKind.Noop"/>.</param>
public readonly record struct LogEntry(LogIndex Index, Term Term, EntryKind Kind, ReadOnlyMemory<byte> Payload);
