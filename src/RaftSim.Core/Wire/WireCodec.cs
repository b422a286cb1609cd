using System.Buffers;
using Google.Protobuf;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>
/// Messages, commands and configurations as bytes: one byte with the version of the format, then protobuf of the schema
/// <c>raftsim.proto</c>. Everything comes back as it was, with one exception: text that is no valid Unicode has its lone
/// surrogates replaced by U+FFFD.
/// </summary>
public static class WireCodec
{
    /// <summary>The version of the format that this code writes; it reads no newer one.</summary>
    public const byte Version = 1;

    /// <summary>How configurations are written into log entries.</summary>
    public static ConfigurationCodec Configurations { get; } = new(ConfigurationWire.Encode, ConfigurationWire.Decode);

    /// <summary>
    /// Writes a message, without a length prefix. Throws <see cref="ArgumentException"/>, before anything is written, when
    /// it cannot be sent: no message in it, larger than <see cref="Limits.MessageBytesMax"/>, or entries that are not
    /// consecutive.
    /// </summary>
    public static void Encode(in Envelope envelope, IBufferWriter<byte> output)
    {
        IMessage? body = BodyOf(envelope.Message);
        int field = EnvelopeWire.FieldOf(envelope.Message.Kind);
        long bodyBytes = body?.CalculateSize()
            ?? RaftWire.Measure(envelope.Message.Raft, envelope.From, envelope.To);
        if (bodyBytes > Limits.MessageBytesMax)
        {
            throw TooLarge(bodyBytes);
        }

        int bytes = 1 + EnvelopeWire.MeasureHeader(envelope) + ProtoSize.Bytes(field, (int)bodyBytes);
        if (bytes > Limits.MessageBytesMax)
        {
            throw TooLarge(bytes);
        }

        ProtoWriter writer = new(output.GetSpan(bytes)[..bytes]);
        writer.Byte(Version);
        EnvelopeWire.WriteHeader(ref writer, envelope);
        writer.Header(field, (int)bodyBytes);
        if (body is null)
        {
            RaftWire.Write(ref writer, envelope.Message.Raft, envelope.From, envelope.To);
        }
        else
        {
            body.WriteTo(writer.Rest);
        }

        output.Advance(bytes);
    }

    /// <summary>
    /// Reads a message; false, with the reason, when the bytes are not one. Never throws. Payloads in the message are slices
    /// of <paramref name="bytes"/>, which must not be written to any more. Who reads many: <see cref="WireDecoder"/>.
    /// </summary>
    public static bool TryDecode(ReadOnlyMemory<byte> bytes, out Envelope envelope, out string error) =>
        new WireDecoder(remember: false).TryDecode(bytes, out envelope, out error);

    /// <summary>Writes a command for the log; throws <see cref="ArgumentException"/> when it is too large.</summary>
    public static ReadOnlyMemory<byte> EncodeCommand(ClusterCommand command) => CommandWire.Encode(command);

    /// <summary>
    /// Reads a command from the log; throws <see cref="InvariantException"/> when the bytes are not one. A user's command is
    /// a slice of <paramref name="payload"/>.
    /// </summary>
    public static ClusterCommand DecodeCommand(ReadOnlyMemory<byte> payload) =>
        new WireDecoder(remember: false).DecodeCommand(payload);

    private static IMessage? BodyOf(ServerMessage message) => message.Body switch
    {
        null when message.Kind == ServerMessageKind.Raft => null,
        Announcement announcement => AnnouncementMap.To(announcement),
        StatsRequest request => AutopilotMap.To(request),
        StatsReply reply => AutopilotMap.To(reply),
        ForwardedRequest request => RequestMap.To(request),
        ForwardedReply reply => ReplyMap.To(reply),
        SnapshotRequest request => SnapshotMap.To(request),
        SnapshotChunk chunk => SnapshotMap.To(chunk),
        _ => throw new ArgumentException($"a message of kind {message.Kind} cannot be written", nameof(message)),
    };

    private static ArgumentException TooLarge(long bytes) =>
        new($"a message of {bytes} bytes, more than {Limits.MessageBytesMax}", nameof(bytes));
}
