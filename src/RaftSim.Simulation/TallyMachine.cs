using System.Buffers;
using System.Buffers.Binary;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>
/// A small state machine whose answers betray its whole past: the number of commands applied and a hash over all of them,
/// their order included.
/// </summary>
public sealed class TallyMachine : IStateMachine
{
    private const int StateBytes = 512;

    /// <summary>How many commands were applied.</summary>
    public ulong Count { get; private set; }

    /// <summary>A hash over all of them.</summary>
    public ulong Hash { get; private set; }

    /// <inheritdoc/>
    public void Apply(in AppliedEntry entry, IBufferWriter<byte> result)
    {
        Count++;
        Hash = TraceHash.Of(entry.Payload.Span, Prng.Hash(Hash, unchecked((ulong)entry.Time.UnixNanos)));
        WriteTo(result);
    }

    /// <inheritdoc/>
    /// <remarks>Every question gets the same answer: the number of commands and the hash over them.</remarks>
    public void Query(ReadOnlyMemory<byte> query, IBufferWriter<byte> result) => WriteTo(result);

    /// <inheritdoc/>
    public ISnapshotSource Capture()
    {
        byte[] state = new byte[StateBytes];
        for (int i = 0; i < StateBytes; i += 2 * sizeof(ulong))
        {
            // The same words over and over: the state of a machine with more to say fills more than one chunk, too.
            BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(i), Count);
            BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(i + sizeof(ulong)), Hash);
        }

        return new Source(state);
    }

    /// <inheritdoc/>
    public ISnapshotSink BeginRestore() => new Sink(this);

    private void WriteTo(IBufferWriter<byte> result)
    {
        Span<byte> answer = result.GetSpan(2 * sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(answer, Count);
        BinaryPrimitives.WriteUInt64LittleEndian(answer[sizeof(ulong)..], Hash);
        result.Advance(2 * sizeof(ulong));
    }

    private sealed class Source(byte[] state) : ISnapshotSource
    {
        private int _at;

        public int Read(Span<byte> buffer)
        {
            int length = Math.Min(buffer.Length, state.Length - _at);
            state.AsSpan(_at, length).CopyTo(buffer);
            _at += length;
            return length;
        }

        public void Dispose() { }
    }

    private sealed class Sink(TallyMachine machine) : ISnapshotSink
    {
        private readonly ArrayBufferWriter<byte> _state = new();

        public void Write(ReadOnlySpan<byte> bytes) => _state.Write(bytes);

        public void Commit()
        {
            ReadOnlySpan<byte> state = _state.WrittenSpan;
            ReadOnlySpan<byte> first = state[..(2 * sizeof(ulong))];
            for (int i = 0; i < StateBytes; i += first.Length)
            {
                Invariant.Require(
                    state.Slice(i, first.Length).SequenceEqual(first) && state.Length == StateBytes,
                    "a snapshot is restored as it was captured");
            }

            machine.Count = BinaryPrimitives.ReadUInt64LittleEndian(first);
            machine.Hash = BinaryPrimitives.ReadUInt64LittleEndian(first[sizeof(ulong)..]);
        }

        public void Dispose() { }
    }
}
