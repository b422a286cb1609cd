using System.Runtime.InteropServices;
using RaftSim.Storage;

namespace RaftSim.Server;

// From a stored snapshot into the state: at the start, and after one was fetched (dissertation §5.2).
public sealed partial class ServerNode
{
    private SnapshotRestore? _restore;
    private SnapshotHandle? _adopting;

    // The number of a state that the apply stage is about to switch to; 0 for none.
    private ulong _committing;
    private LogIndex _committingThrough;

    private void TakeOpened(MonoTime now)
    {
        // Whatever the log does not begin with, a snapshot must hold.
        LogIndex start = _log.Recovered.LogStart.Index;
        LogIndex last = _snapshots.Current?.Last.Index ?? LogIndex.Zero;
        if (start > last)
        {
            Fail(RecoveredState.MissingBefore(start, last));
        }
        else if (_snapshots.Current is null)
        {
            Start(null, now);
        }
        else
        {
            Restore();
        }
    }

    private void Restore()
    {
        _restore = new SnapshotRestore(++_lastNumber, _snapshots.Current!.Value);
        _apply.Submit(new SnapshotOp(_restore.Number, SnapshotOpKind.BeginRestore));
    }

    private void TakeStepOfRestore(SnapshotOpResult result, MonoTime now)
    {
        if (result.Error.Length > 0)
        {
            // What was stored is whole, so it would fail again, and its state is not known.
            Fail($"the snapshot cannot be restored: {result.Error}");
        }
        else if (result.Kind == SnapshotOpKind.CommitRestore)
        {
            FinishCommit(now);
        }
        else if (_restore is { IsAtEnd: true })
        {
            EndRestore(_restore, now);
        }
        else
        {
            ReadOn(_restore!);
        }
    }

    private void ReadOn(SnapshotRestore restore)
    {
        restore.Tag = ++_lastNumber;
        _snapshots.Read(restore.NextChunk++, restore.Tag);
    }

    private void RestoreOn(SnapshotRestore restore, ReadOnlyMemory<byte> chunk, bool isLast, MonoTime now)
    {
        restore.IsAtEnd = isLast;
        ReadOnlyMemory<byte> content = restore.Take(chunk[SnapshotFormat.ChunkHeaderBytes..]);
        if (!content.IsEmpty)
        {
            Memory<byte> bytes = MemoryMarshal.AsMemory(content);
            _apply.Submit(new SnapshotOp(restore.Number, SnapshotOpKind.Restore, Buffer: bytes));
        }
        else if (isLast)
        {
            EndRestore(restore, now);
        }
        else
        {
            ReadOn(restore);
        }
    }

    private void EndRestore(SnapshotRestore restore, MonoTime now)
    {
        if (restore.Manifest is null)
        {
            Fail($"snapshot of index {restore.Snapshot.Last.Index}: {restore.Problem}");
            return;
        }

        LogIndex last = restore.Snapshot.Last.Index;
        if (_raft is not null && _raft.Commit >= last)
        {
            // Entries came faster. The snapshot is as good as one of the own state, once that has got so far.
            _restore = null;
            _apply.Submit(new SnapshotOp(restore.Number, SnapshotOpKind.AbandonRestore));
            _adopting = restore.Handle;
            Adopt(now);
            return;
        }

        _committing = restore.Number;
        _committingThrough = last;
        _apply.Submit(new SnapshotOp(restore.Number, SnapshotOpKind.CommitRestore, last));
        if (_raft is not null)
        {
            Install(restore, now);
        }
    }

    // Everything submitted from here on comes behind the switch of the state machine.
    private void Install(SnapshotRestore restore, MonoTime now)
    {
        LogIndex last = restore.Snapshot.Last.Index;
        _restore = null;
        _state.Restore(restore.Manifest!);
        _submitted = _lastHandedOver = last;
        _isApplying = true;
        _bytesSinceSnapshot = 0;
        foreach (PendingRequest pending in _requests.Of(PendingStage.Proposed))
        {
            if (pending.Index <= last)
            {
                // Which entry took its place is not to be learnt any more.
                Complete(pending, OutcomeUnknown);
            }
        }

        _raft!.SnapshotInstalled(restore.Handle, now);
        Raise(ServerEventKind.Snapshot, $"snapshot of index {last} fetched from the leader: {restore.Length} bytes");
    }

    private void FinishCommit(MonoTime now)
    {
        _committing = 0;
        if (_raft is not null)
        {
            TakeApplied(_committingThrough, [], now);
            return;
        }

        SnapshotRestore restore = _restore!;
        _restore = null;
        _state.Restore(restore.Manifest!);
        _submitted = _applied = _lastHandedOver = _committingThrough;
        _snapshots.DropOld();
        Start(restore.Handle, now);
    }

    private void Adopt(MonoTime now)
    {
        if (_adopting is { } handle && _applied >= handle.Last.Index)
        {
            _adopting = null;
            _raft!.SnapshotTaken(handle, now);
        }
    }
}
