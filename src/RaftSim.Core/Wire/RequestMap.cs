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
            case ProposeRequest propose:
                if (propose.Payload.Length > Limits.CommandBytesMax)
                {
                    throw new ArgumentException($"a command of {propose.Payload.Length} bytes", nameof(forwarded));
                }

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
            case GetAutopilotHealthRequest:
                result.GetAutopilotHealth = new();
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
                if (forwarded.Propose.Payload.Length > Limits.CommandBytesMax)
                {
                    throw new WireFormatException($"a command of {forwarded.Propose.Payload.Length} bytes");
                }

                return new ProposeRequest(forwarded.Propose.Payload.Memory);
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
            default:
                throw new WireFormatException("no request in it, or one of an unknown kind");
        }
    }

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

    private static RemoveServerRequest From(Proto.RemoveServerRequest remove) =>
        new(remove.HasId ? remove.Id : null, remove.HasAddress ? remove.Address : null);
}
