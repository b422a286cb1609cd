using System.Buffers;
using System.Buffers.Binary;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>A state machine that adds up numbers and answers the sum. Fails on the number that it is told to fear.</summary>
internal sealed class SumMachine(long? fears = null) : IStateMachine
{
    private const int StateBytes = 1_000;

    private long _sum;

    /// <summary>Whether it is one of those that take no snapshots.</summary>
    public bool TakesNone { get; init; }

    public static ProposeRequest Add(long number)
    {
        byte[] payload = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(payload, number);
        return new ProposeRequest(payload);
    }

    public static long SumOf(ServerReply reply) => BinaryPrimitives.ReadInt64LittleEndian(
        reply is QueryReply query ? query.Result.Span : Assert.IsType<CommandReply>(reply).Result.Span);

    public void Apply(in AppliedEntry entry, IBufferWriter<byte> result)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(entry.Payload.Span);
        if (number == fears)
        {
            throw new InvalidOperationException($"cannot add {number}");
        }

        _sum += number;
        WriteSum(result);
    }

    public void Query(ReadOnlyMemory<byte> query, IBufferWriter<byte> result)
    {
        if (query.IsEmpty)
        {
            throw new InvalidOperationException("what is the question?");
        }

        WriteSum(result);
    }

    public ISnapshotSource? Capture() => TakesNone ? null : new Source(_sum);

    public ISnapshotSink BeginRestore() => TakesNone
        ? throw new NotSupportedException("restores nothing")
        : new Sink(this);

    private void WriteSum(IBufferWriter<byte> result)
    {
        BinaryPrimitives.WriteInt64LittleEndian(result.GetSpan(sizeof(long)), _sum);
        result.Advance(sizeof(long));
    }

    // The sum, and zeros behind it, so that there is more than one chunk.
    private sealed class Source(long sum) : ISnapshotSource
    {
        private int _at;

        public int Read(Span<byte> buffer)
        {
            byte[] state = new byte[StateBytes];
            BinaryPrimitives.WriteInt64LittleEndian(state, sum);
            int length = Math.Min(buffer.Length, StateBytes - _at);
            state.AsSpan(_at, length).CopyTo(buffer);
            _at += length;
            return length;
        }

        public void Dispose() { }
    }

    private sealed class Sink(SumMachine machine) : ISnapshotSink
    {
        private readonly ArrayBufferWriter<byte> _state = new();

        public void Write(ReadOnlySpan<byte> bytes) => _state.Write(bytes);

        public void Commit()
        {
            Assert.Equal(StateBytes, _state.WrittenCount);
            machine._sum = BinaryPrimitives.ReadInt64LittleEndian(_state.WrittenSpan);
        }

        public void Dispose() { }
    }
}
