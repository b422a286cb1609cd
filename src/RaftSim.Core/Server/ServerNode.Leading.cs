using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Server;

// What only a leader does: the autopilot, first settings, and letting servers in.
public sealed partial class ServerNode
{
    private Term? _leadingTerm;
    private MonoTime _leadingSince;
    private bool _isReady;
    private bool _isInitializing;
    private ulong _actionId;
    private LogIndex _actionIndex;
    private Term _actionTerm;

    // The entry that lets a server in, until it is committed; 0 for none.
    private LogIndex _admission;
    private readonly SortedSet<ServerId> _silent = [];

    private void NoteLeadership(MonoTime now)
    {
        Term? leads = _raft!.Role == RaftRole.Leader ? _raft.Term : null;
        if (leads == _leadingTerm)
        {
            return;
        }

        _autopilot.Stop();
        _history.Clear();
        _silent.Clear();
        _isReady = false;
        _isInitializing = false;
        _actionId = 0;
        _admission = LogIndex.Zero;
        _leadingTerm = leads;
        _leadingSince = now;
        if (leads is { } term)
        {
            _taken.Begin(term);
            ClusterTimeAt(now);
        }

        AbandonReads();
        RepeatProposed();
        if (_requests.WaitingCount > 0)
        {
            AdvanceWaiting(now);
            ScheduleCheck(now);
        }
    }

    // True when something was done that the Raft engine has to be asked about again.
    private bool Lead(MonoTime now)
    {
        if (_leadingTerm is null || _raft!.Role != RaftRole.Leader)
        {
            return _leadingTerm is not null;
        }

        bool acted = BecomeReady(now);
        if (_isReady && _state.Autopilot is not null && !_autopilot.IsRunning)
        {
            _autopilot.Start(now);
        }

        return RunAutopilot(now) || acted;
    }

    // Ready: an entry of this term is committed, and everything before it is applied.
    private bool BecomeReady(MonoTime now)
    {
        bool acted = false;
        if (!_isReady && _raft!.HasCommittedThisTerm)
        {
            _isReady = true;

            // Only now all of the time that others have led is known; from here on this server's own counts.
            ClusterTimeAt(now);
            acted = _requests.WaitingCount > 0;
            AdvanceWaiting(now);
        }

        if (_isReady && _state.Autopilot is null && !_isInitializing)
        {
            InitializeAutopilotCommand first = new(_options.InitialAutopilot) { Id = NextCommand(), Time = WallTimeAt(now) };
            ProposeOutcome outcome = _raft!.Propose([new Proposal(Wire.WireCodec.EncodeCommand(first))], now);
            _isInitializing = outcome.IsAccepted;
            acted |= outcome.IsAccepted;
        }

        return acted;
    }

    private bool RunAutopilot(MonoTime now)
    {
        if (!_autopilot.IsRunning)
        {
            return false;
        }

        SettleAction(now);
        PruneAfterAdmission(now);
        if (now >= _autopilot.NextDeadline)
        {
            TellSilence(now);
            _autopilot.Tick(Look(now), now);
        }

        bool acted = false;
        while (_autopilot.TryTakeReady(out AutopilotReady ready))
        {
            foreach (AutopilotEvent autopilotEvent in ready.Events)
            {
                ServerEventKind kind = autopilotEvent.Kind == AutopilotEventKind.Health
                    ? ServerEventKind.HealthChanged : ServerEventKind.Autopilot;
                Raise(kind, autopilotEvent.Text, autopilotEvent.Server);
                Remember(autopilotEvent, now);
            }

            foreach (ServerId server in ready.StatsFrom)
            {
                AskStats(server, ready.StatsRound);
            }

            if (ready.Action is not null)
            {
                acted = true;
                Act(ready.Action, now);
            }
        }

        return acted;
    }

    private void AskStats(ServerId id, ulong round)
    {
        if (_raft!.Configuration.TryFind(id, out ConfiguredServer server))
        {
            Send(id, server.Disk, server.Address, Lane.Datagram, ServerMessage.Of(new StatsRequest(round)));
        }
        else if (_members.FindLatest(id) is { } member)
        {
            Send(id, member.Disk, member.Address, Lane.Datagram, ServerMessage.Of(new StatsRequest(round)));
        }
    }

    private void AnswerStats(in Envelope envelope, StatsRequest request, MonoTime now)
    {
        RaftStatus status = _raft!.Status;
        Duration contact = status.LeaderContact is { } heard ? now - heard : new Duration(-1);
        contact = status.Role == RaftRole.Leader ? Duration.Zero : contact;
        Send(envelope.From, envelope.FromDisk, envelope.FromAddress, Lane.Datagram, ServerMessage.Of(
            new StatsReply(request.Round, new ServerStats(contact, status.LastTerm, status.LastIndex))));
    }

    private void TakeStats(in Envelope envelope, StatsReply reply, MonoTime now)
    {
        // A wiped server's former self must not look healthy by what its successor reports.
        bool isOther = _raft!.Configuration.TryFind(envelope.From, out ConfiguredServer server)
            && server.Disk != envelope.FromDisk;
        if (!isOther && _autopilot.IsRunning)
        {
            _autopilot.StatsReceived(envelope.From, reply.Round, reply.Stats, now);
        }
    }

    private void Act(AutopilotAction action, MonoTime now)
    {
        ConfigurationChangeKind? kind = action.Kind switch
        {
            AutopilotActionKind.Promote => ConfigurationChangeKind.Promote,
            AutopilotActionKind.Demote => ConfigurationChangeKind.Demote,
            AutopilotActionKind.RemoveStale or AutopilotActionKind.RemoveFailed => ConfigurationChangeKind.Remove,
            _ => null,
        };
        ProposeOutcome outcome = kind is null
            ? _raft!.TransferLeadership(action.Server, now)
            : _raft!.ChangeConfiguration(new ConfigurationChange(kind.Value, action.Server), now);
        if (outcome.IsAccepted)
        {
            _actionId = action.Id;
            _actionIndex = outcome.First;
            _actionTerm = outcome.Term;
        }
        else
        {
            bool isDone = outcome.Result == ProposeResult.NoChange;
            _autopilot.ActionCompleted(action.Id, isDone, TextOf(outcome.Result), now);
        }
    }

    // An action is done when its entry is committed: in the term it was issued in, only this leader can have overwritten it.
    // A transfer has no entry: when it is over and this server still leads, it has failed.
    private void SettleAction(MonoTime now)
    {
        if (_actionId != 0 && _actionIndex == LogIndex.Zero)
        {
            if (_raft!.TransferTarget.IsNone)
            {
                ulong failed = _actionId;
                _actionId = 0;
                _autopilot.ActionCompleted(failed, false, TransferTimedOut, now);
            }
        }
        else if (_actionId != 0 && _raft!.Commit >= _actionIndex)
        {
            ulong done = _actionId;
            _actionId = 0;
            bool isDone = _actionIndex < _raft.LogStart.Index || _raft.TermAt(_actionIndex) == _actionTerm;
            _autopilot.ActionCompleted(done, isDone, "", now);
        }
    }

    // Source: raft-autopilot, AddServer: whoever comes may take the place of somebody dead. Not before the addition is committed,
    // because only one change can be on its way.
    private void PruneAfterAdmission(MonoTime now)
    {
        if (_admission != LogIndex.Zero && _raft!.Commit >= _admission)
        {
            _admission = LogIndex.Zero;
            _autopilot.RequestPrune(now);
        }
    }

    private AutopilotInputs Look(MonoTime now)
    {
        RaftStatus status = _raft!.Status;
        List<RaftServer> raftServers = [];
        SortedDictionary<ServerId, AutopilotServer> known = [];
        foreach (Member member in _members.All)
        {
            if (member.Announcement is not null)
            {
                known[member.Id] = See(member.Id, member.Address, member, IsHeard(member, now));
            }
        }

        foreach (ConfiguredServer server in status.Configuration.Servers)
        {
            raftServers.Add(new RaftServer(server.Id, server.Address,
                server.Suffrage == Suffrage.Voter ? RaftSuffrage.Voter : RaftSuffrage.NonVoter));
            known[server.Id] = See(
                server.Id, server.Address, _members.Find(server.Id, server.Disk), IsAlive(server, now));
        }

        WallTime wall = WallTimeAt(now);
        return new AutopilotInputs
        {
            Now = wall,
            FirstStateTime = wall,
            Config = _state.Autopilot,
            RaftServers = raftServers,
            KnownServers = [.. known.Values],
            Leader = Id,
            IsLeader = true,
            LastIndex = status.LastIndex,
            LastTerm = status.LastTerm,
            ReconciliationEnabled = _options.ReconciliationEnabled,
        };
    }

    private AutopilotServer See(ServerId id, ServerAddress address, Member? member, bool isAlive)
    {
        bool isSelf = id == Id;
        return new AutopilotServer
        {
            Id = id,
            Name = NameAt(address),
            Address = address,
            NodeStatus = isAlive ? NodeStatus.Alive : NodeStatus.Failed,
            Version = isSelf ? _options.Version : member?.Announcement?.Version ?? "",
            RaftVersion = isSelf ? RaftProtocol : member?.Announcement?.RaftProtocol ?? 0,
            IsLeader = isSelf,
            NodeType = NodeType.Voter,
            Meta = isSelf ? _options.Meta : member?.Announcement?.Meta ?? SortedTags.Empty,
        };
    }

    // Followers do not hear from each other: a new leader gives everybody the time to be heard.
    private bool IsAlive(in ConfiguredServer server, MonoTime now) =>
        server.Id == Id || now - _leadingSince <= _options.FailureTimeout
        || (_members.Find(server.Id, server.Disk) is { } member && IsHeard(member, now));

    private bool IsHeard(Member member, MonoTime now) => now - member.HeardAt <= _options.FailureTimeout;

    private void TellSilence(MonoTime now)
    {
        foreach (ConfiguredServer server in _raft!.Configuration.Servers)
        {
            ServerId id = server.Id;
            bool isAlive = IsAlive(server, now);
            if (!isAlive && _silent.Add(id))
            {
                Raise(
                    ServerEventKind.Membership,
                    $"{Display(id)} was not heard for {_options.FailureTimeout}: it counts as failed",
                    id);
            }
            else if (isAlive && _silent.Remove(id))
            {
                Raise(ServerEventKind.Membership, $"{Display(id)} answers again", id);
            }
        }
    }

    // A server that was listed, answers, and is not in the configuration is let in as a non-voter. What stands in its way, an
    // entry with its address or id, is its former self, unless that one still answers.
    private void Welcome(in Envelope envelope, Announcement announcement, MonoTime now)
    {
        if (!_isReady || _raft!.Role != RaftRole.Leader)
        {
            return;
        }

        string who = $"{announcement.Name} at {envelope.FromAddress}";
        Configuration configuration = _raft.Configuration;
        if (configuration.TryFind(envelope.From, out ConfiguredServer present)
            && present.Disk == envelope.FromDisk && present.Address == envelope.FromAddress)
        {
            return;
        }

        if (!_first!.IsListed(envelope.FromAddress)
            || !string.Equals(announcement.Region, _options.Region, StringComparison.Ordinal))
        {
            RefuseOnce(
                $"{who} of region {announcement.Region} is not one of the listed servers: it is not let in",
                envelope.From);
            return;
        }

        foreach (ConfiguredServer server in configuration.Servers)
        {
            bool isItself = server.Id == envelope.From && server.Disk == envelope.FromDisk;
            if (isItself || (server.Id != envelope.From && server.Address != envelope.FromAddress))
            {
                continue;
            }

            if (IsAlive(server, now))
            {
                RefuseOnce($"{who} is not let in while {Display(server.Id)} answers under its id or address", envelope.From);
                return;
            }

            TryChange(new ConfigurationChange(ConfigurationChangeKind.Remove, server.Id), envelope.From, now,
                $"{server.Id} is removed: {who} comes in its place with another data folder");
            return;
        }

        ConfigurationChange add = new(
            ConfigurationChangeKind.AddNonVoter, envelope.From, envelope.FromAddress, envelope.FromDisk);
        if (TryChange(add, envelope.From, now, $"{who} is added as a non-voter"))
        {
            _admission = _raft.ConfigurationIndex;
        }
    }

    // What is refused now (another change is pending, say) is tried again with the next announcement.
    private bool TryChange(in ConfigurationChange change, ServerId subject, MonoTime now, string text)
    {
        bool isAccepted = _raft!.ChangeConfiguration(change, now).IsAccepted;
        if (isAccepted)
        {
            Raise(ServerEventKind.Membership, text, subject);
        }

        return isAccepted;
    }
}
