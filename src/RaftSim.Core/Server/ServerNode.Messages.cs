using RaftSim.Raft;

namespace RaftSim.Server;

// What arrives and what leaves: identities are checked here, so that the engines see only messages that are meant for them.
public sealed partial class ServerNode
{
    private MonoTime _announceAt;
    private MonoTime _tellNewsAt = MonoTime.Never;
    private bool _hasAnnounced;

    private void Receive(in Envelope envelope, MonoTime now)
    {
        if (_raft is null || _forming is not null || !IsForThisServer(envelope))
        {
            return;
        }

        if (envelope.Message.Kind == ServerMessageKind.Announcement)
        {
            TakeAnnouncement(envelope, (Announcement)envelope.Message.Body!, now);
            return;
        }

        if (!IsOfThisCluster(envelope))
        {
            return;
        }

        _members.Heard(envelope.From, envelope.FromDisk, envelope.FromAddress, now);
        switch (envelope.Message.Kind)
        {
            case ServerMessageKind.Raft:
                TakeRaftMessage(envelope, now);
                break;
            case ServerMessageKind.StatsRequest:
                AnswerStats(envelope, (StatsRequest)envelope.Message.Body!, now);
                break;
            case ServerMessageKind.StatsReply:
                TakeStats(envelope, (StatsReply)envelope.Message.Body!, now);
                break;
            case ServerMessageKind.Forward:
                TakeForwarded(envelope, (ForwardedRequest)envelope.Message.Body!, now);
                break;
            case ServerMessageKind.ForwardReply:
                TakeForwardedReply((ForwardedReply)envelope.Message.Body!, now);
                break;
            case ServerMessageKind.SnapshotRequest:
                ServeSnapshot(envelope, (SnapshotRequest)envelope.Message.Body!, now);
                break;
            case ServerMessageKind.SnapshotChunk:
                TakeChunk(envelope, (SnapshotChunk)envelope.Message.Body!, now);
                break;
            default:
                RefuseOnce($"a message of an unknown kind came from {envelope.FromAddress}", envelope.From);
                break;
        }
    }

    // A message to this server's former self (another disk) is not for it: it must not vote or answer in its name.
    private bool IsForThisServer(in Envelope envelope) =>
        (envelope.To.IsNone || envelope.To == Id)
        && (envelope.ToDisk.IsNone || envelope.ToDisk == Disk)
        && envelope.From != Id;

    private bool IsOfThisCluster(in Envelope envelope)
    {
        if (envelope.Cluster == Cluster)
        {
            return !Cluster.IsNone;
        }

        bool isCalledByName = envelope.Message.Kind == ServerMessageKind.Raft
            && envelope.To == Id && envelope.ToDisk == Disk && !envelope.Cluster.IsNone;
        if (isCalledByName && IsEmpty)
        {
            Join(envelope.Cluster);
            return true;
        }

        RefuseOnce(Cluster.IsNone
            ? $"{_options.Name} waits to be let in by the cluster {envelope.Cluster}"
            : $"{envelope.FromAddress} belongs to another cluster, {envelope.Cluster}", envelope.From);
        return false;
    }

    private void TakeRaftMessage(in Envelope envelope, MonoTime now)
    {
        ref readonly RaftMessage message = ref envelope.Message.Raft;
        if (message.From != envelope.From || message.To != Id)
        {
            return;
        }

        // The answer of a server whose disk was wiped since it was added must not count as its former self's.
        bool isReply = message.Kind is RaftMessageKind.VoteReply or RaftMessageKind.PreVoteReply
            or RaftMessageKind.AppendReply or RaftMessageKind.HeartbeatReply;
        if (isReply && _raft!.Configuration.TryFind(message.From, out ConfiguredServer server)
            && server.Disk != envelope.FromDisk)
        {
            return;
        }

        _raft!.Step(message with { Disk = envelope.FromDisk }, now);
    }

    private bool Send(ServerId to, DiskId disk, ServerAddress address, Lane lane, ServerMessage message) =>
        _transport.TrySend(new Envelope
        {
            Cluster = Cluster,
            From = Id,
            FromDisk = Disk,
            FromAddress = _options.Address,
            To = to,
            ToDisk = disk,
            ToAddress = address,
            Lane = lane,
            Message = message,
        });

    // A reply goes to whoever asked, and to no former or later self of that server: what this server knows of the
    // configuration may be older, or newer, than the question.
    private bool SendRaft(in RaftMessage message)
    {
        Lane lane = message.Kind == RaftMessageKind.Append ? Lane.Bulk : Lane.Control;
        if (!message.Disk.IsNone && _members.Find(message.To, message.Disk) is { } asker)
        {
            return Send(asker.Id, asker.Disk, asker.Address, lane, ServerMessage.Of(message));
        }

        // An acknowledgement that nobody asked for: a snapshot was installed.
        return message.Kind == RaftMessageKind.AppendReply
            ? SendToLeader(message.To, lane, ServerMessage.Of(message))
            : SendTo(message.To, lane, ServerMessage.Of(message));
    }

    // Servers outside the configuration (a candidate that was removed) are addressed where they were heard.
    private bool SendTo(ServerId id, Lane lane, ServerMessage message)
    {
        if (_raft!.Configuration.TryFind(id, out ConfiguredServer server))
        {
            return Send(server.Id, server.Disk, server.Address, lane, message);
        }

        return _members.FindLatest(id) is { } member && Send(member.Id, member.Disk, member.Address, lane, message);
    }

    // A leader is where it was heard last: whoever catches up may know a configuration of long ago.
    private bool SendToLeader(ServerId id, Lane lane, ServerMessage message) => _members.FindLatest(id) is { } leader
        ? Send(leader.Id, leader.Disk, leader.Address, lane, message)
        : SendTo(id, lane, message);

    private void AnnounceIfDue(MonoTime now)
    {
        bool isRegular = now >= _announceAt;
        if (!isRegular && now < _tellNewsAt)
        {
            return;
        }

        _announceAt = isRegular ? now + _options.AnnounceInterval : _announceAt;
        _tellNewsAt = MonoTime.Never;
        RaftStatus status = _raft!.Status;
        if (status.Role == RaftRole.Leader)
        {
            return;
        }

        bool wantsAnswer = IsEmpty || !_hasAnnounced;
        _hasAnnounced = true;
        if (!status.Leader.IsNone && !wantsAnswer && AddressOf(status.Leader) is { IsNone: false } leader)
        {
            Announce(leader, wantsAnswer: false);
            return;
        }

        foreach (ListedPeer peer in _options.Peers)
        {
            bool isUnmet = !_first!.HasMet(peer.Address);
            if (peer.Address != _options.Address && (isRegular || isUnmet || peer.Address == _first.Writer))
            {
                Announce(peer.Address, wantsAnswer && (isRegular || isUnmet));
            }
        }
    }

    private void Announce(ServerAddress address, bool wantsAnswer) =>
        Send(default, default, address, Lane.Datagram, ServerMessage.Of(new Announcement
        {
            Name = _options.Name,
            Region = _options.Region,
            Version = _options.Version,
            RaftProtocol = RaftProtocol,
            Meta = _options.Meta,
            IsEmpty = IsEmpty,
            PeerListHash = _first!.ListHash,
            Met = IsEmpty && address == _first.Writer ? _first.MetPeers : [],
            WantsAnswer = wantsAnswer,
        }));

    private void TakeAnnouncement(in Envelope envelope, Announcement announcement, MonoTime now)
    {
        if (IsStranger(envelope, announcement))
        {
            return;
        }

        _members.Heard(envelope.From, envelope.FromDisk, envelope.FromAddress, now).Announcement = announcement;
        PeerIdentity identity = new(envelope.FromAddress, envelope.From, envelope.FromDisk);
        bool isNews = _first!.Heard(identity, announcement);
        if (announcement.WantsAnswer)
        {
            Announce(envelope.FromAddress, wantsAnswer: false);
        }

        if (!IsEmpty)
        {
            Welcome(envelope, announcement, now);
            return;
        }

        // Who writes the first configuration has to know whom this server has met: soon, but not once for each of many. All
        // others are told at the usual times only: of hundreds of servers, each would else write to each for every news.
        _tellNewsAt = isNews ? MonoTime.Min(_tellNewsAt, now + (_options.AnnounceInterval / 50)) : _tellNewsAt;
        if (!string.Equals(announcement.Region, _options.Region, StringComparison.Ordinal))
        {
            RefuseOnce($"{announcement.Name} at {envelope.FromAddress} is of region {announcement.Region}, not "
                + $"{_options.Region}: no cluster forms with it", envelope.From);
        }
        else if (announcement.PeerListHash != _first.ListHash)
        {
            RefuseOnce($"{announcement.Name} at {envelope.FromAddress} was told of other servers than "
                + string.Join(", ", _first.Listed) + ": no cluster forms before the lists are the same", envelope.From);
        }

        TryForm(now);
    }

    // A server with a log of another cluster can take no entry of this one. It is no sign of life of whoever was at its
    // address, and nobody is removed for it (decision 2): its folder has to be emptied, or put back where it belongs.
    private bool IsStranger(in Envelope envelope, Announcement announcement)
    {
        if (IsEmpty || announcement.IsEmpty || envelope.Cluster == Cluster)
        {
            return false;
        }

        RefuseOnce($"{announcement.Name} at {envelope.FromAddress} has a log of another cluster, {envelope.Cluster}: "
            + "it is not let in", envelope.From);
        if (announcement.WantsAnswer)
        {
            Announce(envelope.FromAddress, wantsAnswer: false);
        }

        return true;
    }

    private ServerAddress AddressOf(ServerId id) =>
        _raft!.Configuration.TryFind(id, out ConfiguredServer server)
            ? server.Address
            : _members.FindLatest(id)?.Address ?? default;
}
