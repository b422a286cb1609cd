namespace RaftSim.Raft;

/// <summary>One server's Raft state. Not thread-safe, never blocks, performs no I/O. Source: Raft dissertation, chapters 3, 4 and 9.6.</summary>
public sealed class RaftNode
{
    /// <summary>Starts as a follower from what was recovered; throws <see cref="ArgumentException"/> for bad options.</summary>
    public RaftNode(RaftOptions options, RecoveredState recovered, Prng prng, MonoTime now) => throw new NotSupportedException();

    /// <summary>The view of itself.</summary>
    public RaftStatus Status => throw new NotSupportedException();

    /// <summary>When to call <see cref="Tick"/> at the latest.</summary>
    public MonoTime NextDeadline => throw new NotSupportedException();

    /// <summary>What changed since <see cref="TakeChanges"/> was last called.</summary>
    public RaftChanges TakeChanges() => throw new NotSupportedException();

    /// <summary>What the leader knows of the other servers; empty on others.</summary>
    public IReadOnlyList<ProgressStatus> GetProgress() => throw new NotSupportedException();

    /// <summary>The term at an index; 0 at index 0. Throws <see cref="ArgumentOutOfRangeException"/> beyond the log.</summary>
    public Term TermAt(LogIndex index) => throw new NotSupportedException();

    /// <summary>The entry at an index of the log, from 1 to the last.</summary>
    public LogEntry EntryAt(LogIndex index) => throw new NotSupportedException();

    /// <summary>Lets time pass. Early calls are harmless.</summary>
    public void Tick(MonoTime now) => throw new NotSupportedException();

    /// <summary>Takes a message.</summary>
    public void Step(in RaftMessage message, MonoTime now) => throw new NotSupportedException();

    /// <summary>Appends commands to the leader's log.</summary>
    public ProposeOutcome Propose(ReadOnlySpan<Proposal> batch, MonoTime now) => throw new NotSupportedException();

    /// <summary>Appends a change of configuration.</summary>
    public ProposeOutcome ChangeConfiguration(in ConfigurationChange change, MonoTime now) => throw new NotSupportedException();

    /// <summary>Everything committed up to <paramref name="through"/> has been applied.</summary>
    public void Applied(LogIndex through, MonoTime now) => throw new NotSupportedException();

    /// <summary>Every batch up to <paramref name="sequence"/> is durable.</summary>
    public void WriteCompleted(ulong sequence, MonoTime now) => throw new NotSupportedException();

    /// <summary>The transport could not deliver to a server: replicate to it by probing again.</summary>
    public void ReportUnreachable(ServerId server, MonoTime now) => throw new NotSupportedException();

    /// <summary>What to carry out, if anything.</summary>
    public bool TryTakeReady(out Ready ready) => throw new NotSupportedException();
}
