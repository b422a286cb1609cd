using System.Buffers;
using BenchmarkDotNet.Attributes;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Benchmarks;

/// <summary>An Append with one entry, about 350 bytes as sent, as a leader and a follower see it.</summary>
public class WireBenchmarks
{
    private const int Repeats = 1024;
    private const int PayloadBytes = 180;

    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private readonly WireDecoder _decoder = new();
    private Envelope _append;
    private byte[] _bytes = [];

    [GlobalSetup]
    public void Make()
    {
        ServerId leader = new("1e0f2a64-5d1c-4c8f-9f4e-0a2b3c4d5e6f");
        ServerId follower = new("2f1e3b75-6e2d-4d90-a05f-1b3c4d5e6f70");
        RaftMessage message = new()
        {
            Kind = RaftMessageKind.Append, From = leader, To = follower, Term = new(7), Index = new(1_000), LogTerm = new(7),
            Commit = new(990), AddedAt = new(3),
            Entries = new LogEntry[] { new(new(1_001), new(7), EntryKind.Command, new byte[PayloadBytes]) },
        };
        _append = new Envelope
        {
            Cluster = new(0x0102_0304_0506_0708, 0x1112_1314_1516_1718), From = leader,
            FromDisk = new(0x2122_2324_2526_2728, 1), FromAddress = new("10.0.0.1:4647"), To = follower,
            ToDisk = new(0x3132_3334_3536_3738, 2), ToAddress = new("10.0.0.2:4647"), Lane = Lane.Bulk,
            Message = ServerMessage.Of(message),
        };
        WireCodec.Encode(_append, _output);
        _bytes = _output.WrittenSpan.ToArray();
        if (_bytes.Length is < 330 or > 370)
        {
            throw new InvalidOperationException($"the append has {_bytes.Length} bytes, not about 350");
        }
    }

    [Benchmark(Description = "append of 350 bytes: encode", OperationsPerInvoke = Repeats)]
    public int Encode()
    {
        for (int i = 0; i < Repeats; i++)
        {
            _output.ResetWrittenCount();
            WireCodec.Encode(_append, _output);
        }

        return _output.WrittenCount;
    }

    [Benchmark(Description = "append of 350 bytes: decode", OperationsPerInvoke = Repeats)]
    public bool Decode()
    {
        bool isRead = true;
        for (int i = 0; i < Repeats; i++)
        {
            isRead &= _decoder.TryDecode(_bytes, out Envelope _, out string _);
        }

        return isRead;
    }

    [Benchmark(Description = "append of 350 bytes: both", OperationsPerInvoke = Repeats)]
    public bool EncodeAndDecode()
    {
        bool isRead = true;
        for (int i = 0; i < Repeats; i++)
        {
            _output.ResetWrittenCount();
            WireCodec.Encode(_append, _output);
            isRead &= _decoder.TryDecode(_output.WrittenMemory, out Envelope _, out string _);
        }

        return isRead;
    }
}
