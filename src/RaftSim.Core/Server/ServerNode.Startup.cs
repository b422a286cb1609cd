using RaftSim.Raft;
using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Server;

// From an unread data folder to a server that takes part: recovery, and the forming of a first cluster.
public sealed partial class ServerNode
{
    // The batch that forms a cluster comes before every batch of the Raft engine, whose numbers are moved up by one.
    private const ulong FormingSequence = 1;
    private static readonly Term _formingTerm = new(1);

    private static readonly Duration _spaceRetry = Duration.Seconds(1);

    private MonoTime _retrySpaceAt = MonoTime.Never;
    private bool _isToldFull;
    private RecoveredState? _forming;
    private bool _isClusterUnsaved;

    private void TakeLogEvents(MonoTime now)
    {
        while (!_failed && _log.TryTakeEvent(out WriteAheadLogEvent logEvent))
        {
            switch (logEvent.Kind)
            {
                case WriteAheadLogEventKind.Opened:
                    _snapshots.Open(Id, Disk);
                    break;
                case WriteAheadLogEventKind.Durable when _forming is not null:
                    FinishForming(now);
                    break;
                case WriteAheadLogEventKind.Durable when logEvent.Sequence > FormingSequence:
                    _raft!.WriteCompleted(logEvent.Sequence - FormingSequence, now);
                    break;
                case WriteAheadLogEventKind.Durable:
                    break;
                case WriteAheadLogEventKind.Full:
                    TakeFull(now);
                    break;
                case WriteAheadLogEventKind.SpaceBack:
                    _retrySpaceAt = MonoTime.Never;
                    _isToldFull = false;
                    Raise(ServerEventKind.Disk, "there is space on the disk again");
                    break;
                case WriteAheadLogEventKind.Failed:
                    Fail(logEvent.Text);
                    break;
                default:
                    throw new InvariantException($"unknown log event {logEvent.Kind}");
            }
        }
    }

    // Survived: what was acknowledged is there, and what was not waits. A leader that cannot write gives leadership up, as one
    // whose disk hangs does.
    private void TakeFull(MonoTime now)
    {
        _retrySpaceAt = now + _spaceRetry;
        if (!_isToldFull)
        {
            _isToldFull = true;
            Raise(ServerEventKind.Disk,
                $"the disk is full: {_options.Name} uses up the space that its log has, then waits for more");
        }
    }

    private void RetrySpaceIfDue(MonoTime now)
    {
        if (now >= _retrySpaceAt)
        {
            _retrySpaceAt = MonoTime.Never;
            _log.RetrySpace();
        }
    }

    // The log was read, and the snapshot in front of it, if there is one, is restored.
    private void Start(SnapshotHandle? snapshot, MonoTime now)
    {
        RecoveredState recovered = _log.Recovered with { Snapshot = snapshot };
        Cluster = recovered.Cluster;
        if (Cluster.IsNone && snapshot is not null)
        {
            // The server stopped behind its first snapshot, before its log knew where it belongs.
            Cluster = _snapshots.Current!.Value.Cluster;
            _isClusterUnsaved = true;
        }

        _first = new FirstCluster(_options.Peers, new PeerIdentity(_options.Address, Id, Disk), _options.Region);
        StartRaft(recovered, now);
        _announceAt = now;
        RaftStatus status = _raft!.Status;
        _recoveredThrough = status.LastIndex;
        Raise(ServerEventKind.Started, status.LastIndex == LogIndex.Zero
            ? $"{_options.Name} starts with an empty log as {Id}"
            : $"{_options.Name} starts as {Id} with a log to index {status.LastIndex}, term {status.Term}"
                + (snapshot is null ? "" : $", and a snapshot of index {snapshot.Last.Index}"));
        TryForm(now);
    }

    private void StartRaft(RecoveredState recovered, MonoTime now)
    {
        _raft = new RaftNode(
            new RaftOptions
            {
                Self = Id,
                Codec = WireCodec.Configurations,
                ElectionTimeout = _options.ElectionTimeout,
                HeartbeatInterval = _options.HeartbeatInterval,
                AppendEntriesMax = _options.AppendEntriesMax,
                AppendBytesMax = _options.AppendBytesMax,
                InflightAppendsMax = _options.InflightAppendsMax,
                UncommittedEntriesMax = _options.UncommittedEntriesMax,
                TrailingEntries = _options.TrailingEntries,
                TrailingBytes = _options.TrailingBytes,
                ReadLease = _options.ReadLease,
                ClockDriftPpmMax = _options.ClockDriftPpmMax,
            },
            recovered,
            _prng.Derive(RaftStream),
            now);
        _told = Told.Of(_raft);
    }

    private bool IsEmpty => _raft!.LastIndex == LogIndex.Zero;

    // Written as one batch: cluster id, term and first configuration are there together or not at all.
    private void TryForm(MonoTime now)
    {
        if (_forming is not null || !Cluster.IsNone || !IsEmpty || _first!.TryForm(out _) is not { } configuration)
        {
            return;
        }

        LogEntry[] entries =
        [
            new(new LogIndex(1), _formingTerm, EntryKind.Configuration, WireCodec.Configurations.Encode(configuration)),
        ];
        _forming = new RecoveredState
        {
            Cluster = new ClusterId(_identities.NextUInt64(), _identities.NextUInt64()),
            HardState = new HardState(_formingTerm, default),
            Entries = entries,
        };
        _log.Append(new LogBatch(
            FormingSequence, _forming.Cluster, _forming.HardState, null, new ReadOnlyMemory<LogEntry>[] { entries }));
        _log.Flush();
        TakeLogEvents(now);
    }

    private void FinishForming(MonoTime now)
    {
        RecoveredState formed = _forming!;
        _forming = null;
        Cluster = formed.Cluster;
        StartRaft(formed, now);
        Raise(ServerEventKind.ClusterFormed, $"{_options.Name} forms the cluster {Cluster}");

        // It is the only one that has a log: nobody else can lead, and there is nobody to wait for.
        _raft!.Campaign(now);
    }

    // A server without a log belongs to nobody yet, whatever it was told before: it follows who calls it by its identity.
    private void Join(ClusterId cluster)
    {
        Cluster = cluster;
        _isClusterUnsaved = true;
        Raise(ServerEventKind.ClusterJoined, $"{_options.Name} joins the cluster {cluster}");
    }
}
