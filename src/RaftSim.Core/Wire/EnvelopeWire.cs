using Google.Protobuf;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>
/// The envelope as protobuf. The Raft message in it goes by <see cref="RaftWire"/>, the rarer ones by generated code.
/// </summary>
internal static class EnvelopeWire
{
    // The numbers of raftsim.proto, message Envelope.
    private const int ClusterHigh = 1;
    private const int ClusterLow = 2;
    private const int From = 3;
    private const int FromDiskHigh = 4;
    private const int FromDiskLow = 5;
    private const int FromAddress = 6;
    private const int To = 7;
    private const int ToDiskHigh = 8;
    private const int ToDiskLow = 9;
    private const int ToAddress = 10;
    private const int LaneField = 11;
    private const int FirstMessage = 12;

    /// <summary>All of the envelope but its message.</summary>
    public static int MeasureHeader(in Envelope envelope) =>
        ProtoSize.Fixed(ClusterHigh, envelope.Cluster.High)
        + ProtoSize.Fixed(ClusterLow, envelope.Cluster.Low)
        + ProtoSize.Text(From, envelope.From.Value)
        + ProtoSize.Fixed(FromDiskHigh, envelope.FromDisk.High)
        + ProtoSize.Fixed(FromDiskLow, envelope.FromDisk.Low)
        + ProtoSize.Text(FromAddress, envelope.FromAddress.Value)
        + ProtoSize.Text(To, envelope.To.Value)
        + ProtoSize.Fixed(ToDiskHigh, envelope.ToDisk.High)
        + ProtoSize.Fixed(ToDiskLow, envelope.ToDisk.Low)
        + ProtoSize.Text(ToAddress, envelope.ToAddress.Value)
        + ProtoSize.Number(LaneField, (ulong)envelope.Lane);

    public static void WriteHeader(ref ProtoWriter writer, in Envelope envelope)
    {
        writer.Fixed(ClusterHigh, envelope.Cluster.High);
        writer.Fixed(ClusterLow, envelope.Cluster.Low);
        writer.Text(From, envelope.From.Value);
        writer.Fixed(FromDiskHigh, envelope.FromDisk.High);
        writer.Fixed(FromDiskLow, envelope.FromDisk.Low);
        writer.Text(FromAddress, envelope.FromAddress.Value);
        writer.Text(To, envelope.To.Value);
        writer.Fixed(ToDiskHigh, envelope.ToDisk.High);
        writer.Fixed(ToDiskLow, envelope.ToDisk.Low);
        writer.Text(ToAddress, envelope.ToAddress.Value);
        writer.Number(LaneField, (ulong)envelope.Lane);
    }

    /// <summary>The number of the field that holds a message of this kind.</summary>
    public static int FieldOf(ServerMessageKind kind) => FirstMessage + (int)kind - 1;

    /// <summary>Reads an envelope; what it holds may be slices of <paramref name="bytes"/>.</summary>
    public static Envelope Read(ReadOnlyMemory<byte> bytes, TextCache? cache)
    {
        ulong clusterHigh = 0, clusterLow = 0, fromHigh = 0, fromLow = 0, toHigh = 0, toLow = 0;
        ServerId from = default, to = default;
        string? fromAddress = null, toAddress = null;
        Lane lane = Lane.Control;
        int messageField = 0;
        Range message = default;
        ProtoReader reader = new(bytes.Span);
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case ClusterHigh: clusterHigh = reader.Fixed(); break;
                case ClusterLow: clusterLow = reader.Fixed(); break;
                case From: from = reader.Id(cache); break;
                case FromDiskHigh: fromHigh = reader.Fixed(); break;
                case FromDiskLow: fromLow = reader.Fixed(); break;
                case FromAddress: fromAddress = reader.Text(cache); break;
                case To: to = reader.Id(cache); break;
                case ToDiskHigh: toHigh = reader.Fixed(); break;
                case ToDiskLow: toLow = reader.Fixed(); break;
                case ToAddress: toAddress = reader.Text(cache); break;
                case LaneField: lane = (Lane)reader.Number((int)Lane.Datagram, "lane"); break;
                case >= FirstMessage and <= FirstMessage + (int)ServerMessageKind.SnapshotChunk - 1:
                    messageField = field;
                    message = reader.Bytes();
                    break;
                default: reader.Skip(); break;
            }
        }

        return new()
        {
            Cluster = new(clusterHigh, clusterLow),
            From = from,
            FromDisk = new(fromHigh, fromLow),
            FromAddress = new(fromAddress!),
            To = to,
            ToDisk = new(toHigh, toLow),
            ToAddress = new(toAddress!),
            Lane = lane,
            Message = ReadMessage(messageField, bytes[message], from, to, cache),
        };
    }

    private static ServerMessage ReadMessage(
        int field, ReadOnlyMemory<byte> bytes, ServerId from, ServerId to, TextCache? cache)
    {
        switch (field == 0 ? ServerMessageKind.None : (ServerMessageKind)(field - FirstMessage + 1))
        {
            case ServerMessageKind.Raft:
                return ServerMessage.Of(RaftWire.Read(bytes, from, to, cache));
            case ServerMessageKind.Announcement:
                return ServerMessage.Of(AnnouncementMap.From(Parse(Proto.Announcement.Parser, bytes)));
            case ServerMessageKind.StatsRequest:
                return ServerMessage.Of(AutopilotMap.From(Parse(Proto.StatsRequest.Parser, bytes)));
            case ServerMessageKind.StatsReply:
                return ServerMessage.Of(AutopilotMap.From(Parse(Proto.StatsReply.Parser, bytes)));
            case ServerMessageKind.Forward:
                return ServerMessage.Of(RequestMap.From(Parse(Proto.ForwardedRequest.Parser, bytes)));
            case ServerMessageKind.ForwardReply:
                return ServerMessage.Of(ReplyMap.From(Parse(Proto.ForwardedReply.Parser, bytes)));
            case ServerMessageKind.SnapshotRequest:
                return ServerMessage.Of(SnapshotMap.From(Parse(Proto.SnapshotRequest.Parser, bytes)));
            case ServerMessageKind.SnapshotChunk:
                return ServerMessage.Of(SnapshotMap.From(Parse(Proto.SnapshotChunk.Parser, bytes)));
            default:
                throw new WireFormatException("no message in it, or one of an unknown kind");
        }
    }

    // Reads with generated code.
    public static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes) where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new WireFormatException(fault.Message, fault);
        }
    }
}
