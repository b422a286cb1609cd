using System.Buffers;
using System.Buffers.Binary;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>A state machine that adds up numbers and answers the sum. Fails on the number that it is told to fear.</summary>
internal sealed class SumMachine(long? fears = null) : IStateMachine
{
    private long _sum;

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

    private void WriteSum(IBufferWriter<byte> result)
    {
        BinaryPrimitives.WriteInt64LittleEndian(result.GetSpan(sizeof(long)), _sum);
        result.Advance(sizeof(long));
    }
}
