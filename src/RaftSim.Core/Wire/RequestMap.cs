using Google.Protobuf;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Requests on their way to the leader to and from their generated classes.</summary>
internal static class RequestMap
{
    public static Proto.ForwardedRequest To(ForwardedRequest forwarded)
    {
        Proto.ForwardedRequest result = new() { Command = To(forwarded.Command), Term = forwarded.Term.Value };
        switch (forwarded.Request)
        {
            case ProposeRequest { Session: { } session } propose:
                CheckLength(propose.Payload.Length, nameof(forwarded));
                result.ProposeInSession = new()
                {
                    Payload = UnsafeByteOperations.UnsafeWrap(propose.Payload),
                    Target = SessionMap.To(session),
                };
                break;
            case ProposeRequest propose:
                CheckLength(propose.Payload.Length, nameof(forwarded));
                result.Propose = new() { Payload = UnsafeByteOperations.UnsafeWrap(propose.Payload) };
                break;
            case GetRaftConfigurationRequest get:
                result.GetRaftConfiguration = new() { Stale = get.Stale };
                break;
            case RemoveServerRequest remove:
                result.RemoveServer = To(remove);
                break;
            case GetAutopilotConfigRequest get:
                result.GetAutopilotConfig = new() { Stale = get.Stale };
                break;
            case SetAutopilotConfigRequest set:
                result.SetAutopilotConfig = new() { Config = AutopilotMap.To(set.Config) };
                if (set.Cas is { } cas)
                {
                    result.SetAutopilotConfig.Cas = cas;
                }

                break;
            case OpenSessionRequest open:
                result.OpenSession = new() { Lifetime = open.Lifetime.Nanos };
                break;
            case KeepSessionRequest keep:
                result.KeepSession = new() { Session = keep.Session.Value, OldestOpen = keep.OldestOpen };
                break;
            case CloseSessionRequest close:
                result.CloseSession = new() { Session = close.Session.Value };
                break;
            case GetAutopilotHealthRequest:
                result.GetAutopilotHealth = new();
                break;
            case GetAutopilotExplanationRequest:
                result.GetAutopilotExplanation = new();
                break;
            case TransferLeadershipRequest transfer:
                result.TransferLeadership = To(transfer);
                break;
            case QueryRequest query:
                CheckLength(query.Query.Length, nameof(forwarded));
                result.Query = new() { Query = UnsafeByteOperations.UnsafeWrap(query.Query), Stale = query.Stale };
                break;
            default:
                throw new ArgumentException($"{forwarded.Request} is not in the schema", nameof(forwarded));
        }

        return result;
    }

    public static ForwardedRequest From(Proto.ForwardedRequest forwarded) =>
        new(From(forwarded.Command), Request(forwarded)) { Term = new(forwarded.Term) };

    public static Proto.CommandId To(in CommandId id) =>
        new() { Origin = id.Origin.ToString(), Incarnation = id.Incarnation, Sequence = id.Sequence };

    public static CommandId From(Proto.CommandId? id) => id is null
        ? throw new WireFormatException("the id of a request is missing")
        : new(WireText.Id(id.Origin), id.Incarnation, id.Sequence);

    private static ServerRequest Request(Proto.ForwardedRequest forwarded)
    {
        switch (forwarded.RequestCase)
        {
            case Proto.ForwardedRequest.RequestOneofCase.Propose:
                return new ProposeRequest(Short(forwarded.Propose.Payload));
            case Proto.ForwardedRequest.RequestOneofCase.ProposeInSession:
                return new ProposeRequest(Short(forwarded.ProposeInSession.Payload))
                {
                    Session = SessionMap.From(forwarded.ProposeInSession.Target ?? new()),
                };
            case Proto.ForwardedRequest.RequestOneofCase.OpenSession:
                return new OpenSessionRequest(new(forwarded.OpenSession.Lifetime));
            case Proto.ForwardedRequest.RequestOneofCase.KeepSession:
                return new KeepSessionRequest(new(forwarded.KeepSession.Session), forwarded.KeepSession.OldestOpen);
            case Proto.ForwardedRequest.RequestOneofCase.CloseSession:
                return new CloseSessionRequest(new(forwarded.CloseSession.Session));
            case Proto.ForwardedRequest.RequestOneofCase.GetRaftConfiguration:
                return new GetRaftConfigurationRequest(forwarded.GetRaftConfiguration.Stale);
            case Proto.ForwardedRequest.RequestOneofCase.RemoveServer:
                return From(forwarded.RemoveServer);
            case Proto.ForwardedRequest.RequestOneofCase.GetAutopilotConfig:
                return new GetAutopilotConfigRequest(forwarded.GetAutopilotConfig.Stale);
            case Proto.ForwardedRequest.RequestOneofCase.SetAutopilotConfig:
                Proto.SetAutopilotConfigRequest set = forwarded.SetAutopilotConfig;
                return new SetAutopilotConfigRequest(AutopilotMap.From(set.Config), set.HasCas ? set.Cas : null);
            case Proto.ForwardedRequest.RequestOneofCase.GetAutopilotHealth:
                return new GetAutopilotHealthRequest();
            case Proto.ForwardedRequest.RequestOneofCase.GetAutopilotExplanation:
                return new GetAutopilotExplanationRequest();
            case Proto.ForwardedRequest.RequestOneofCase.TransferLeadership:
                return From(forwarded.TransferLeadership);
            case Proto.ForwardedRequest.RequestOneofCase.Query:
                return new QueryRequest(Short(forwarded.Query.Query), forwarded.Query.Stale);
            default:
                throw new WireFormatException("no request in it, or one of an unknown kind");
        }
    }

    private static void CheckLength(int bytes, string parameter)
    {
        if (bytes > Limits.CommandBytesMax)
        {
            throw new ArgumentException($"a command or query of {bytes} bytes", parameter);
        }
    }

    private static ReadOnlyMemory<byte> Short(ByteString bytes) => bytes.Length <= Limits.CommandBytesMax
        ? bytes.Memory
        : throw new WireFormatException($"a command or query of {bytes.Length} bytes");

    // Empty is not the same as absent here: nothing has an empty id, and a removal by it finds nothing.
    private static Proto.RemoveServerRequest To(RemoveServerRequest remove)
    {
        Proto.RemoveServerRequest result = new();
        if (remove.Id is { } id)
        {
            result.Id = id;
        }

        if (remove.Address is { } address)
        {
            result.Address = address;
        }

        return result;
    }

    private static Proto.TransferLeadershipRequest To(TransferLeadershipRequest transfer)
    {
        Proto.TransferLeadershipRequest result = new();
        if (transfer.Id is { } id)
        {
            result.Id = id;
        }

        if (transfer.Address is { } address)
        {
            result.Address = address;
        }

        return result;
    }

    private static TransferLeadershipRequest From(Proto.TransferLeadershipRequest transfer) =>
        new(transfer.HasId ? transfer.Id : null, transfer.HasAddress ? transfer.Address : null);

    private static RemoveServerRequest From(Proto.RemoveServerRequest remove) =>
        new(remove.HasId ? remove.Id : null, remove.HasAddress ? remove.Address : null);
}
