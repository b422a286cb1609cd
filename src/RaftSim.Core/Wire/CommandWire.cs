using Google.Protobuf;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>
/// Commands as they stand in the log. Who asked and when, and the user's commands, go by hand, because every server reads
/// one for each entry; autopilot's settings go by generated code.
/// </summary>
internal static class CommandWire
{
    // The numbers of raftsim.proto, message ClusterCommand.
    private const int Origin = 1;
    private const int Incarnation = 2;
    private const int Sequence = 3;
    private const int Time = 4;
    private const int User = 5;
    private const int InitializeAutopilot = 6;
    private const int SetAutopilot = 7;
    private const int Session = 8;

    public static ReadOnlyMemory<byte> Encode(ClusterCommand command)
    {
        (int field, IMessage? body, ReadOnlyMemory<byte> payload) = Body(command);
        int bodyBytes = body?.CalculateSize() ?? payload.Length;
        ulong time = unchecked((ulong)command.Time.UnixNanos);
        byte[] bytes = new byte[1
            + ProtoSize.Text(Origin, command.Id.Origin.Value)
            + ProtoSize.Fixed(Incarnation, command.Id.Incarnation)
            + ProtoSize.Number(Sequence, command.Id.Sequence)
            + ProtoSize.Fixed(Time, time)
            + ProtoSize.Bytes(field, bodyBytes)];
        ProtoWriter writer = new(bytes);
        writer.Byte(WireCodec.Version);
        writer.Text(Origin, command.Id.Origin.Value);
        writer.Fixed(Incarnation, command.Id.Incarnation);
        writer.Number(Sequence, command.Id.Sequence);
        writer.Fixed(Time, time);
        if (body is null)
        {
            writer.PresentBytes(field, payload.Span);
        }
        else
        {
            writer.Header(field, bodyBytes);
            body.WriteTo(writer.Rest);
        }

        return bytes;
    }

    /// <summary>Reads a command; what it holds may be slices of <paramref name="bytes"/>.</summary>
    public static ClusterCommand Read(ReadOnlyMemory<byte> bytes, TextCache? cache)
    {
        ServerId origin = default;
        ulong incarnation = 0, sequence = 0, time = 0;
        int bodyField = 0;
        Range body = default;
        ProtoReader reader = new(bytes.Span);
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case Origin: origin = reader.Id(cache); break;
                case Incarnation: incarnation = reader.Fixed(); break;
                case Sequence: sequence = reader.Number(); break;
                case Time: time = reader.Fixed(); break;
                case User or InitializeAutopilot or SetAutopilot or Session:
                    bodyField = field;
                    body = reader.Bytes();
                    break;
                default: reader.Skip(); break;
            }
        }

        CommandId id = new(origin, incarnation, sequence);
        WallTime stamp = new(unchecked((long)time));
        switch (bodyField)
        {
            case User:
                return new UserCommand(bytes[body]) { Id = id, Time = stamp };
            case InitializeAutopilot:
                Proto.AutopilotConfig config = EnvelopeWire.Parse(Proto.AutopilotConfig.Parser, bytes[body]);
                return new InitializeAutopilotCommand(AutopilotMap.From(config)) { Id = id, Time = stamp };
            case SetAutopilot:
                Proto.SetAutopilotConfigRequest set =
                    EnvelopeWire.Parse(Proto.SetAutopilotConfigRequest.Parser, bytes[body]);
                return new SetAutopilotCommand(AutopilotMap.From(set.Config), set.HasCas ? set.Cas : null)
                {
                    Id = id,
                    Time = stamp,
                };
            case Session:
                Proto.SessionCommand session = EnvelopeWire.Parse(Proto.SessionCommand.Parser, bytes[body]);
                return new SessionCommand(SessionMap.From(session), session.Payload.Memory) { Id = id, Time = stamp };
            default:
                throw new WireFormatException("no command in it, or one of an unknown kind");
        }
    }

    private static void CheckLength(int bytes, string parameter)
    {
        if (bytes > Limits.CommandBytesMax)
        {
            throw new ArgumentException($"a command of {bytes} bytes", parameter);
        }
    }

    private static (int Field, IMessage? Body, ReadOnlyMemory<byte> Payload) Body(ClusterCommand command)
    {
        switch (command)
        {
            case UserCommand user:
                CheckLength(user.Payload.Length, nameof(command));
                return (User, null, user.Payload);
            case SessionCommand session:
                CheckLength(session.Payload.Length, nameof(command));
                return (Session, SessionMap.To(session), default);
            case InitializeAutopilotCommand initialize:
                return (InitializeAutopilot, AutopilotMap.To(initialize.Config), default);
            case SetAutopilotCommand set:
                Proto.SetAutopilotConfigRequest body = new() { Config = AutopilotMap.To(set.Config) };
                if (set.Cas is { } cas)
                {
                    body.Cas = cas;
                }

                return (SetAutopilot, body, default);
            default:
                throw new ArgumentException($"{command} is not in the schema", nameof(command));
        }
    }
}
