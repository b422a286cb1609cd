using Google.Protobuf;
using RaftSim.Server;

namespace RaftSim.Wire;

/// <summary>Answers to forwarded requests to and from their generated classes.</summary>
internal static class ReplyMap
{
    public static Proto.ForwardedReply To(ForwardedReply forwarded)
    {
        Proto.ForwardedReply result = new() { Command = RequestMap.To(forwarded.Command), Term = forwarded.Term.Value };
        switch (forwarded.Reply)
        {
            case CommandReply applied:
                result.Applied = new()
                {
                    Index = applied.Index.Value,
                    Result = UnsafeByteOperations.UnsafeWrap(applied.Result),
                };
                break;
            case QueryReply answer:
                result.Queried = new()
                {
                    Index = answer.Index.Value,
                    Result = UnsafeByteOperations.UnsafeWrap(answer.Result),
                };
                break;
            case TransferLeadershipReply moved:
                result.TransferLeadership = new()
                {
                    From = moved.From.ToString(),
                    FromAddress = moved.FromAddress.ToString(),
                    To = moved.To.ToString(),
                    ToAddress = moved.ToAddress.ToString(),
                };
                break;
            case SessionReply opened:
                result.Session = new() { Session = opened.Session.Value };
                break;
            case DoneReply:
                result.Done = new();
                break;
            case RaftConfigurationReply configuration:
                result.RaftConfiguration = To(configuration);
                break;
            case AutopilotConfigReply config:
                result.AutopilotConfig = new()
                {
                    Config = AutopilotMap.To(config.Config),
                    CreateIndex = config.CreateIndex.Value,
                    ModifyIndex = config.ModifyIndex.Value,
                };
                break;
            case SetAutopilotConfigReply set:
                result.SetAutopilotConfig = new() { Applied = set.Applied };
                break;
            case AutopilotHealthReply health:
                result.AutopilotHealth = new() { State = health.State is { } state ? AutopilotMap.To(state) : null };
                break;
            case AutopilotExplanationReply explained:
                result.AutopilotExplanation = ExplanationMap.To(explained.Explanation);
                break;
            case ErrorReply error:
                result.Error = new() { Kind = (uint)error.Kind, Text = error.Text, Forwarded = error.Forwarded };
                break;
            default:
                throw new ArgumentException($"{forwarded.Reply} is not in the schema", nameof(forwarded));
        }

        return result;
    }

    public static ForwardedReply From(Proto.ForwardedReply forwarded) =>
        new(RequestMap.From(forwarded.Command), Reply(forwarded)) { Term = new(forwarded.Term) };

    private static ServerReply Reply(Proto.ForwardedReply forwarded)
    {
        switch (forwarded.ReplyCase)
        {
            case Proto.ForwardedReply.ReplyOneofCase.Applied:
                return new CommandReply(new(forwarded.Applied.Index), forwarded.Applied.Result.Memory);
            case Proto.ForwardedReply.ReplyOneofCase.Queried:
                return new QueryReply(new(forwarded.Queried.Index), forwarded.Queried.Result.Memory);
            case Proto.ForwardedReply.ReplyOneofCase.TransferLeadership:
                Proto.TransferLeadershipReply moved = forwarded.TransferLeadership;
                return new TransferLeadershipReply(
                    WireText.Id(moved.From),
                    WireText.Address(moved.FromAddress),
                    WireText.Id(moved.To),
                    WireText.Address(moved.ToAddress));
            case Proto.ForwardedReply.ReplyOneofCase.Session:
                return new SessionReply(new(forwarded.Session.Session));
            case Proto.ForwardedReply.ReplyOneofCase.Done:
                return new DoneReply();
            case Proto.ForwardedReply.ReplyOneofCase.RaftConfiguration:
                return From(forwarded.RaftConfiguration);
            case Proto.ForwardedReply.ReplyOneofCase.AutopilotConfig:
                Proto.AutopilotConfigReply config = forwarded.AutopilotConfig;
                return new AutopilotConfigReply(
                    AutopilotMap.From(config.Config), new(config.CreateIndex), new(config.ModifyIndex));
            case Proto.ForwardedReply.ReplyOneofCase.SetAutopilotConfig:
                return new SetAutopilotConfigReply(forwarded.SetAutopilotConfig.Applied);
            case Proto.ForwardedReply.ReplyOneofCase.AutopilotHealth:
                Proto.AutopilotState? state = forwarded.AutopilotHealth.State;
                return new AutopilotHealthReply(state is null ? null : AutopilotMap.From(state));
            case Proto.ForwardedReply.ReplyOneofCase.AutopilotExplanation:
                return new AutopilotExplanationReply(ExplanationMap.From(forwarded.AutopilotExplanation));
            case Proto.ForwardedReply.ReplyOneofCase.Error:
                return From(forwarded.Error);
            default:
                throw new WireFormatException("no reply in it, or one of an unknown kind");
        }
    }

    // A kind from a later version is still a failure, but nobody here could say whether anything was done.
    private static ErrorReply From(Proto.ErrorReply error) => new(
        error.Kind <= (uint)ServerErrorKind.SessionGone ? (ServerErrorKind)error.Kind : ServerErrorKind.OutcomeUnknown,
        error.Text,
        error.Forwarded);

    private static Proto.RaftConfigurationReply To(RaftConfigurationReply configuration)
    {
        Proto.RaftConfigurationReply result = new() { Index = configuration.Index.Value };
        foreach (RaftConfigurationServer server in configuration.Servers)
        {
            result.Servers.Add(new Proto.RaftConfigurationServer
            {
                Id = server.Id.ToString(),
                Node = server.Node,
                Address = server.Address.ToString(),
                IsLeader = server.IsLeader,
                Suffrage = EnumMap.To(server.Suffrage),
                RaftProtocol = server.RaftProtocol,
            });
        }

        return result;
    }

    private static RaftConfigurationReply From(Proto.RaftConfigurationReply configuration)
    {
        WireText.CheckCount(configuration.Servers.Count, "servers");
        return new(new(configuration.Index), [.. configuration.Servers.Select(From)]);
    }

    private static RaftConfigurationServer From(Proto.RaftConfigurationServer server) => new(
        WireText.Id(server.Id),
        server.Node,
        WireText.Address(server.Address),
        server.IsLeader,
        EnumMap.From(server.Suffrage),
        server.RaftProtocol);
}
