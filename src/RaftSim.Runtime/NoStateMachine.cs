using System.Buffers;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>In the place of a user's state machine where there is none: commands change nothing.</summary>
internal sealed class NoStateMachine : IStateMachine
{
    /// <inheritdoc/>
    public void Apply(in AppliedEntry entry, IBufferWriter<byte> result) { }

    /// <inheritdoc/>
    public void Query(ReadOnlyMemory<byte> query, IBufferWriter<byte> result) =>
        throw new NotSupportedException("there is none on this server");

    /// <inheritdoc/>
    public ISnapshotSource Capture() => new Nothing();

    /// <inheritdoc/>
    public ISnapshotSink BeginRestore() => new Nothing();

    private sealed class Nothing : ISnapshotSource, ISnapshotSink
    {
        public int Read(Span<byte> buffer) => 0;

        public void Write(ReadOnlySpan<byte> bytes) =>
            throw new NotSupportedException("there is none, but the snapshot holds the state of one");

        public void Commit() { }

        public void Dispose() { }
    }
}
