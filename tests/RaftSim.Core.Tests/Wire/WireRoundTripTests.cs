using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using RaftSim.Conformance;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Core.Tests.Wire;

public sealed class WireRoundTripTests
{
    public static TheoryData<ServerMessageKind> Kinds => [.. EnvelopeSamples.Kinds];

    // Goal: whatever is sent arrives as it was, for every kind, field and extreme value.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_message_comes_back_as_it_was(ServerMessageKind kind) => ForSeeds(seed =>
    {
        Envelope sent = new EnvelopeSamples(seed).Envelope(kind);
        Assert.True(WireCodec.TryDecode(Encode(sent), out Envelope back, out string error), error);
        Assert.Equal(ValueText.Of(sent), ValueText.Of(back));
    });

    // Goal: a decoder that remembers texts reads the same as one that does not, however often and in whatever order.
    [Fact]
    public void A_decoder_with_a_memory_reads_the_same()
    {
        WireDecoder decoder = new();
        ForSeeds(seed =>
        {
            Envelope sent = new EnvelopeSamples(seed).Envelope(EnvelopeSamples.Kinds[(int)(seed % 6)]);
            Assert.True(decoder.TryDecode(Encode(sent), out Envelope back, out string error), error);
            Assert.Equal(ValueText.Of(sent), ValueText.Of(back));
        });
    }

    // Goal: our hand-written bytes are those of the schema: generated code writes the very same.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Generated_code_reads_and_rewrites_the_same_bytes(ServerMessageKind kind) => ForSeeds(seed =>
    {
        byte[] bytes = Encode(new EnvelopeSamples(seed).Envelope(kind));
        Assert.Equal(WireCodec.Version, bytes[0]);
        byte[] again = RaftSim.Wire.Proto.Envelope.Parser.ParseFrom(bytes.AsSpan(1)).ToByteArray();
        Assert.Equal(Convert.ToHexString(bytes.AsSpan(1)), Convert.ToHexString(again));
    });

    // Goal: what a server finds in its log is what was written there.
    [Fact]
    public void Every_command_comes_back_as_it_was() => ForSeeds(seed =>
    {
        ClusterCommand command = new EnvelopeSamples(seed).ClusterCommand();
        ReadOnlyMemory<byte> bytes = WireCodec.EncodeCommand(command);
        Assert.Equal(ValueText.Of(command), ValueText.Of(WireCodec.DecodeCommand(bytes)));
        byte[] again = RaftSim.Wire.Proto.ClusterCommand.Parser.ParseFrom(bytes.Span[1..]).ToByteArray();
        Assert.Equal(Convert.ToHexString(bytes.Span[1..]), Convert.ToHexString(again));
    });

    // Goal: a configuration comes back from the log as it was, in its order. Dissertation §4.1.
    [Fact]
    public void Every_configuration_comes_back_as_it_was() => ForSeeds(seed =>
    {
        Configuration configuration = new EnvelopeSamples(seed).Configuration();
        Configuration back = WireCodec.Configurations.Decode(WireCodec.Configurations.Encode(configuration));
        Assert.Equal(ValueText.Of(configuration), ValueText.Of(back));
    });

    // Goal: the samples reach every request, reply and command there is, so that a new one cannot be forgotten here.
    [Fact]
    public void Samples_reach_every_request_reply_and_command()
    {
        HashSet<Type> seen = [];
        for (ulong seed = 0; seed < 400; seed++)
        {
            seen.Add(new EnvelopeSamples(seed).ClusterCommand().GetType());
            seen.Add(((ForwardedRequest)new EnvelopeSamples(seed).Message(ServerMessageKind.Forward).Body!).Request.GetType());
            seen.Add(((ForwardedReply)new EnvelopeSamples(seed).Message(ServerMessageKind.ForwardReply).Body!).Reply.GetType());
        }

        IEnumerable<Type> all = typeof(Envelope).Assembly.GetTypes().Where(type => !type.IsAbstract
            && (type.IsSubclassOf(typeof(ServerRequest)) || type.IsSubclassOf(typeof(ServerReply))
                || type.IsSubclassOf(typeof(ClusterCommand))));
        Assert.Empty(all.Except(seen));
    }

    // Goal: payloads are not copied when they are read; a log of large entries would be copied twice otherwise.
    [Fact]
    public void Payloads_are_slices_of_the_received_bytes()
    {
        byte[] bytes = Encode(Messages.Append(entries: 64, payloadBytes: 256));
        Assert.True(WireCodec.TryDecode(bytes, out Envelope back, out string error), error);
        Assert.Equal(64, back.Message.Raft.Entries.Length);
        foreach (LogEntry entry in back.Message.Raft.Entries.Span)
        {
            Assert.Equal(256, entry.Payload.Length);
            Assert.True(bytes.AsSpan().Overlaps(entry.Payload.Span));
        }
    }

    // Goal: the hot path stays lean: an Append costs its array of entries, and no text once the ids are known.
    [Fact]
    public void A_known_sender_costs_no_text()
    {
        byte[] bytes = Encode(Messages.Append(entries: 64, payloadBytes: 256));
        WireDecoder decoder = new();
        Assert.True(decoder.TryDecode(bytes, out Envelope first, out _));
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool decoded = decoder.TryDecode(bytes, out Envelope second, out _);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(decoded);
        Assert.Same(first.From.Value, second.From.Value);
        Assert.InRange(allocated, 0, (64 * 48) + 64);
    }

    // Goal: the bounded memory of texts forgets the oldest and never mistakes one text for another.
    [Fact]
    public void Many_texts_do_not_confuse_the_decoder()
    {
        WireDecoder decoder = new();
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 2_000; i++)
            {
                Envelope sent = Messages.Append(entries: 0, payloadBytes: 0) with { From = new($"server-{i}") };
                Assert.True(decoder.TryDecode(Encode(sent), out Envelope back, out string error), error);
                Assert.Equal(sent.From, back.From);
            }
        }
    }

    internal static byte[] Encode(in Envelope envelope)
    {
        ArrayBufferWriter<byte> output = new();
        WireCodec.Encode(envelope, output);
        return output.WrittenSpan.ToArray();
    }

    private static void ForSeeds(Action<ulong> property) =>
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), property)
            .Check(Config.QuickThrowOnFailure.WithReplay(20_251, 1).WithMaxTest(300));
}
