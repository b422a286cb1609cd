using System.Buffers;

namespace RaftSim.Server;

/// <summary>
/// The user's own replicated state machine. Called by one thread at a time, in log order, once for each command; after a
/// restart a fresh instance is restored from the latest snapshot, and the log behind it is applied again. It must be
/// deterministic: nothing but its state and the entry may decide what it does.
/// </summary>
public interface IStateMachine
{
    /// <summary>Applies one committed command and writes the answer for its caller into <paramref name="result"/>.</summary>
    void Apply(in AppliedEntry entry, IBufferWriter<byte> result);

    /// <summary>
    /// Answers a question without changing anything. Called by the same one thread; when it throws, the caller is told the
    /// message and nothing else happens. Default: answers nothing.
    /// </summary>
    void Query(ReadOnlyMemory<byte> query, IBufferWriter<byte> result) =>
        throw new NotSupportedException($"{GetType().Name} answers no queries");

    /// <summary>
    /// Takes hold of the state as it is between two commands, without copying much: reading it goes on beside later
    /// commands. Default: <see langword="null"/>, no snapshots, so that the log grows for ever.
    /// </summary>
    ISnapshotSource? Capture() => null;

    /// <summary>
    /// Begins to take a state that replaces the present one when it is committed. Only called for a machine whose like has
    /// been captured. Default: throws <see cref="NotSupportedException"/>.
    /// </summary>
    ISnapshotSink BeginRestore() => throw new NotSupportedException($"{GetType().Name} restores no snapshots");
}

/// <summary>
/// A state machine's state at one moment, read by another thread than the one that applies commands, while it does.
/// Dissertation §5.1: copy-on-write, by immutable structures or the like.
/// </summary>
public interface ISnapshotSource : IDisposable
{
    /// <summary>Copies the next bytes into <paramref name="buffer"/>; returns how many, 0 at the end.</summary>
    int Read(Span<byte> buffer);
}

/// <summary>Takes a state, piece by piece, by the thread that applies commands. Disposed uncommitted: nothing changed.</summary>
public interface ISnapshotSink : IDisposable
{
    /// <summary>Takes the next bytes.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>All of it was written: the state is this from now on.</summary>
    void Commit();
}
