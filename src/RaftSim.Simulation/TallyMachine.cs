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

    private void WriteTo(IBufferWriter<byte> result)
    {
        Span<byte> answer = result.GetSpan(2 * sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(answer, Count);
        BinaryPrimitives.WriteUInt64LittleEndian(answer[sizeof(ulong)..], Hash);
        result.Advance(2 * sizeof(ulong));
    }
}
