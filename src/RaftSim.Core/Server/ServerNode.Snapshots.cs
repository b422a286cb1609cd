using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Server;

// Taking snapshots of the own state, so that the log in front of them can go (dissertation §5.1). Captured between two
// commands, read and written chunk by chunk beside everything else.
public sealed partial class ServerNode
{
    // After an attempt that failed, so that a full disk is not asked at every command.
    private static readonly Duration _snapshotRetry = Duration.Seconds(10);

    private SnapshotTaking? _taking;
    private bool _takesNone;
    private bool _isSnapshotWanted;
    private MonoTime _snapshotNotBefore;
    private long _bytesSinceSnapshot;
    private LogIndex _released;

    private void TakeSnapshotIfDue(MonoTime now)
    {
        LogIndex last = _raft!.SnapshotEnd.Index;
        if (_failed || _takesNone || _taking is not null || _fetch is not null || _restore is not null || _adopting is not null
            || _submitted <= last || now < _snapshotNotBefore)
        {
            return;
        }

        ulong entries = _submitted - last;
        bool isDue = _isSnapshotWanted || entries >= _options.SnapshotEntries || _bytesSinceSnapshot >= _options.SnapshotBytes;

        // While somebody fetches the present one it stays, within bounds: a slow server would never get hold of any.
        // A damaged one is of no use to anybody.
        bool isHeld = !_isSnapshotWanted && now < _servedUntil && entries / 4 < _options.SnapshotEntries
            && _bytesSinceSnapshot / 4 < _options.SnapshotBytes;
        if (!isDue || isHeld)
        {
            return;
        }

        // Everything up to here was handed to the state machine: it is captured behind that. The built-in state is there
        // already.
        SnapshotHandle handle = _raft!.DescribeSnapshot(_submitted);
        SnapshotId id = new(_identities.NextUInt64(), _identities.NextUInt64() | 1);
        byte[] manifest = SnapshotMap.Encode(new SnapshotManifest(
            handle.ConfigurationIndex,
            handle.Configuration,
            _state.Autopilot,
            _state.CreateIndex,
            _state.ModifyIndex,
            _state.ClusterTime));
        _taking = new SnapshotTaking(
            ++_lastNumber,
            handle,
            new StoredSnapshot(id, Cluster, handle.Last, _options.SnapshotChunkBytes),
            SnapshotPrefix.Of(manifest));
        _bytesSinceSnapshot = 0;
        _apply.Submit(new SnapshotOp(_taking.Number, SnapshotOpKind.Capture, _submitted));
    }

    private void TakeSnapshotStep(ulong number, SnapshotOpResult result, MonoTime now)
    {
        if (_taking is not null && number == _taking.Number)
        {
            TakeStepOfTaking(_taking, result, now);
        }
        else if (number == _committing || number == _restore?.Number)
        {
            TakeStepOfRestore(result, now);
        }
    }

    private void TakeStepOfTaking(SnapshotTaking taking, SnapshotOpResult result, MonoTime now)
    {
        if (result.Error.Length > 0)
        {
            // Whoever takes none says so at once; anything else may go better later.
            _takesNone = result.Kind == SnapshotOpKind.Capture && result.Length < 0;
            _snapshotNotBefore = now + _snapshotRetry;
            EndTaking();
            Raise(ServerEventKind.Snapshot, $"no snapshot of index {taking.Through} was taken: {result.Error}");
        }
        else if (result.Kind == SnapshotOpKind.Capture)
        {
            taking.IsCaptured = true;
            _snapshots.Create(taking.Stored);
            ReadOn(taking);
        }
        else
        {
            _snapshots.Write(taking.Seal(result.Length));
        }
    }

    private void ReadOn(SnapshotTaking taking) =>
        _apply.Submit(new SnapshotOp(taking.Number, SnapshotOpKind.Read, Buffer: taking.NextChunk()));

    private void EndTaking()
    {
        _apply.Submit(new SnapshotOp(_taking!.Number, SnapshotOpKind.Release));
        if (_taking.IsCaptured)
        {
            _snapshots.Abandon();
        }

        _taking = null;
    }

    private void TakeSnapshotEvents(MonoTime now)
    {
        while (!_failed && _snapshots.TryTakeEvent(out SnapshotStoreEvent happened))
        {
            switch (happened.Kind)
            {
                case SnapshotStoreEventKind.Opened:
                    TakeOpened(now);
                    break;
                case SnapshotStoreEventKind.Written when _taking is not null:
                    ReadOn(_taking);
                    break;
                case SnapshotStoreEventKind.Written:
                    WriteFetched(now);
                    break;
                case SnapshotStoreEventKind.Finished when _taking is not null:
                    FinishTaking(_taking, now);
                    break;
                case SnapshotStoreEventKind.Finished:
                    FinishFetch();
                    break;
                case SnapshotStoreEventKind.Full:
                    TakeFullDisk(now);
                    break;
                case SnapshotStoreEventKind.Read when _restore is not null && happened.Tag == _restore.Tag:
                    RestoreOn(_restore, happened.Chunk, happened.IsLast, now);
                    break;
                case SnapshotStoreEventKind.Read:
                    SendChunk(happened.Tag, happened.Chunk);
                    break;
                case SnapshotStoreEventKind.Damaged when _restore is null || happened.Tag != _restore.Tag:
                    // The state itself is whole: another snapshot of it mends this, as soon as there is a further entry.
                    SendChunk(happened.Tag, default);
                    _isSnapshotWanted = true;
                    Raise(ServerEventKind.Snapshot, $"{happened.Text}; another snapshot will take its place");
                    break;
                case SnapshotStoreEventKind.Damaged or SnapshotStoreEventKind.Failed:
                    Fail(happened.Text);
                    break;
                default:
                    throw new InvariantException($"unknown event {happened.Kind} of the snapshots");
            }
        }
    }

    private void FinishTaking(SnapshotTaking taking, MonoTime now)
    {
        _apply.Submit(new SnapshotOp(taking.Number, SnapshotOpKind.Release));
        _taking = null;
        _isSnapshotWanted = false;
        _raft!.SnapshotTaken(taking.Handle with { Length = taking.Length }, now);
        Raise(ServerEventKind.Snapshot, $"snapshot taken at index {taking.Through}: {taking.Length} bytes");
    }

    private void TakeFullDisk(MonoTime now)
    {
        if (_taking is { } taking)
        {
            _snapshotNotBefore = now + _snapshotRetry;
            EndTaking();
            Raise(ServerEventKind.Snapshot, $"no snapshot of index {taking.Through} was taken: the disk is full");
        }
        else if (_fetch is { } fetch)
        {
            // Sooner than for one of its own: without it this server is of no use to the cluster.
            _fetch = null;
            _fetchNotBefore = now + _spaceRetry;
            Raise(ServerEventKind.Snapshot, $"no snapshot of index {fetch.Last.Index} was fetched: the disk is full");
        }
    }

    // A durable snapshot holds what the engine has dropped from its log: so can the disk.
    private void ReleaseLog()
    {
        LogIndex start = _raft!.LogStart.Index;
        if (start > _released)
        {
            _released = start;
            _log.Release(start);
        }
    }
}
