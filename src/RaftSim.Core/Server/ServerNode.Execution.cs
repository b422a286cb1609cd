using System.Globalization;
using RaftSim.Raft;
using RaftSim.Wire;

namespace RaftSim.Server;

// What the leader does with a request, and what any server answers from its own state.
public sealed partial class ServerNode
{
    /// <summary>The Raft protocol version that servers advertise, in HashiCorp's numbering: ids are not addresses.</summary>
    private const int RaftProtocol = 3;

    private const string NotInitialized = "autopilot config not initialized yet";

    private void Execute(PendingRequest pending, MonoTime now)
    {
        switch (pending.Request)
        {
            case ProposeRequest { Session: null } propose:
                Propose(pending, new UserCommand(propose.Payload) { Id = pending.Command, Time = WallTimeAt(now) }, now);
                break;
            case ProposeRequest or OpenSessionRequest or KeepSessionRequest or CloseSessionRequest:
                ProposeInSession(pending, now);
                break;
            case SetAutopilotConfigRequest set:
                Propose(pending,
                    new SetAutopilotCommand(set.Config, set.Cas) { Id = pending.Command, Time = WallTimeAt(now) }, now);
                break;
            case RemoveServerRequest remove:
                RemoveServer(pending, remove, now);
                break;
            case TransferLeadershipRequest transfer:
                Transfer(pending, transfer, now);
                break;
            case GetRaftConfigurationRequest or GetAutopilotConfigRequest or QueryRequest:
                Read(pending, now);
                break;
            case GetAutopilotExplanationRequest:
                Complete(pending, Explain(now));
                break;
            default:
                Complete(pending, AnswerLocally(pending.Request));
                break;
        }
    }

    private void Propose(PendingRequest pending, ClusterCommand command, MonoTime now)
    {
        ProposeOutcome outcome = _raft!.Propose([new Proposal(WireCodec.EncodeCommand(command))], now);
        switch (outcome.Result)
        {
            case ProposeResult.Accepted:
                _requests.MarkProposed(pending, outcome.First, outcome.Term);
                break;
            case ProposeResult.Busy:
                Complete(pending, new ErrorReply(ServerErrorKind.Busy, "too many commands wait to be committed"));
                break;
            default:
                pending.Obstacle = null;
                break;
        }
    }

    private void RemoveServer(PendingRequest pending, RemoveServerRequest request, MonoTime now)
    {
        if (TryFindServer(request.Id, request.Address, out ConfiguredServer server))
        {
            Change(pending, new ConfigurationChange(ConfigurationChangeKind.Remove, server.Id), now);
        }
        else
        {
            Complete(pending, NotInConfiguration(request.Id, request.Address));
        }
    }

    // By id when there is one, else by address.
    private bool TryFindServer(string? id, string? address, out ConfiguredServer found)
    {
        foreach (ConfiguredServer server in _raft!.Configuration.Servers)
        {
            bool isMeant = id is null
                ? string.Equals(server.Address.Value, address, StringComparison.Ordinal)
                : string.Equals(server.Id.Value, id, StringComparison.Ordinal);
            if (isMeant)
            {
                found = server;
                return true;
            }
        }

        found = default;
        return false;
    }

    private static ErrorReply NotInConfiguration(string? id, string? address)
    {
        string what = id is null ? $"address {GoText.Quote(address ?? "")}" : $"id {GoText.Quote(id)}";
        return new ErrorReply(ServerErrorKind.NotFound, $"{what} was not found in the Raft configuration");
    }

    private void Change(PendingRequest pending, in ConfigurationChange change, MonoTime now)
    {
        ProposeOutcome outcome = _raft!.ChangeConfiguration(change, now);
        switch (outcome.Result)
        {
            case ProposeResult.Accepted:
                _requests.MarkProposed(pending, outcome.First, outcome.Term);
                break;
            case ProposeResult.ChangePending or ProposeResult.NoCommitThisTerm or ProposeResult.NotLeader
                or ProposeResult.TransferInProgress:
                // Worth waiting for: nothing was done, and it may be possible in a moment.
                pending.Obstacle = outcome.Result == ProposeResult.NotLeader ? null : TextOf(outcome.Result);
                break;
            case ProposeResult.NoChange:
                Complete(pending, new DoneReply());
                break;
            default:
                Complete(pending, new ErrorReply(ServerErrorKind.Refused, TextOf(outcome.Result)));
                break;
        }
    }

    private static string TextOf(ProposeResult result) => result switch
    {
        ProposeResult.NotLeader => "node is not the leader",
        ProposeResult.NoCommitThisTerm => "the leader has not committed an entry of its term yet",
        ProposeResult.ChangePending => "another configuration change is not committed yet",
        ProposeResult.NotCaughtUp => "the server has not caught up with the log yet",
        ProposeResult.LastVoter => "need at least one voter in configuration",
        ProposeResult.UnknownServer => "the server is not in the configuration",
        ProposeResult.AlreadyPresent => "the id or the address belongs to another server of the configuration",
        ProposeResult.Busy => "too many commands wait to be committed",
        ProposeResult.TransferInProgress => "leadership is being transferred",
        ProposeResult.TargetNonVoter => "the target has no vote",
        ProposeResult.NoSuccessor => "no other voter is in contact",
        _ => result.ToString(),
    };

    private ServerReply AnswerLocally(ServerRequest request) => request switch
    {
        GetRaftConfigurationRequest => DescribeConfiguration(),
        GetAutopilotHealthRequest => new AutopilotHealthReply(_autopilot.State),
        GetAutopilotConfigRequest => _state.Autopilot is null
            ? new ErrorReply(ServerErrorKind.NotFound, NotInitialized)
            : new AutopilotConfigReply(_state.Autopilot, _state.CreateIndex, _state.ModifyIndex),
        _ => throw new InvariantException($"{request.GetType().Name} cannot be answered locally"),
    };

    private RaftConfigurationReply DescribeConfiguration()
    {
        RaftStatus status = _raft!.Status;
        List<RaftConfigurationServer> servers = [];
        foreach (ConfiguredServer server in status.Configuration.Servers)
        {
            bool isSelf = server.Id == Id;
            int? protocol = isSelf ? RaftProtocol : _members.FindLatest(server.Address)?.Announcement?.RaftProtocol;
            servers.Add(new RaftConfigurationServer(
                server.Id, NodeNameAt(server.Address), server.Address, server.Id == status.Leader, server.Suffrage,
                protocol?.ToString(CultureInfo.InvariantCulture) ?? "unknown"));
        }

        return new RaftConfigurationReply(status.ConfigurationIndex, servers);
    }

    private string NodeNameAt(ServerAddress address)
    {
        string name = NameAt(address);
        return name.Length == 0 ? "(unknown)" : name;
    }

    // The member name at an address, node.region: what the server said, else what the operator listed, else empty.
    private string NameAt(ServerAddress address)
    {
        if (address == _options.Address)
        {
            return $"{_options.Name}.{_options.Region}";
        }

        if (_members.FindLatest(address)?.Announcement is { } said)
        {
            return $"{said.Name}.{said.Region}";
        }

        foreach (ListedPeer peer in _options.Peers)
        {
            if (peer.Address == address && peer.Name.Length > 0)
            {
                return $"{peer.Name}.{_options.Region}";
            }
        }

        return "";
    }

    // How people know a server: its node name, else its id.
    private string Display(ServerId id)
    {
        string name = id == Id ? $"{_options.Name}.{_options.Region}" : NameAt(AddressOf(id));
        int dot = name.LastIndexOf('.');
        return name.Length == 0 ? id.ToString() : name[..(dot < 0 ? name.Length : dot)];
    }

    private WallTime WallTimeAt(MonoTime now) => _options.WallClockOrigin + new Duration(now.Nanos);
}
