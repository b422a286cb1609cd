using RaftSim.Raft;

namespace RaftSim.Server;

// Snapshots from server to server (dissertation §5.3, deviation: the one who needs it pulls, chunk by chunk, so that the
// leader keeps no state about it and never sends more than was asked for).
public sealed partial class ServerNode
{
    // Chunks being read for others; more are not answered, and asked for again.
    private const int ServingMax = 64;

    private readonly SortedDictionary<ulong, (Envelope Asker, SnapshotChunk Answer)> _serving = [];
    private SnapshotOffer? _offered;
    private SnapshotFetch? _fetch;
    private MonoTime _servedUntil;
    private MonoTime _fetchNotBefore;

    // How long either side waits for a sign of the other.
    private Duration SnapshotPatience => _options.ElectionTimeout * 10;

    // ---- The one who has it ----

    private void ServeSnapshot(in Envelope envelope, SnapshotRequest request, MonoTime now)
    {
        if (_snapshots.Current is not { } current
            || current.Last != request.Last
            || (!request.Id.IsNone && request.Id != current.Id))
        {
            StoredSnapshot gone = new(request.Id, Cluster, request.Last, 0);
            SendChunk(envelope, new SnapshotChunk(gone, request.Chunk, default, 0));
            return;
        }

        _servedUntil = now + SnapshotPatience;
        if (_serving.Count < ServingMax && request.Chunk < _snapshots.CurrentChunks)
        {
            ulong tag = ++_lastNumber;
            SnapshotChunk answer = new(current, request.Chunk, default, _snapshots.CurrentChunks);
            _serving.Add(tag, (envelope, answer));
            _snapshots.Read(request.Chunk, tag);
        }
    }

    private void SendChunk(ulong tag, ReadOnlyMemory<byte> chunk)
    {
        if (_serving.Remove(tag, out (Envelope Asker, SnapshotChunk Answer) served))
        {
            SendChunk(served.Asker, served.Answer with { Bytes = chunk });
        }
    }

    private void SendChunk(in Envelope asker, SnapshotChunk chunk) =>
        Send(asker.From, asker.FromDisk, asker.FromAddress, Lane.Bulk, ServerMessage.Of(chunk));

    // ---- The one who needs it ----

    private void TakeOffer(MonoTime now)
    {
        if (_offered is not { } offer)
        {
            return;
        }

        _offered = null;
        bool isKnown = _fetch is not null && _fetch.From == offer.From && _fetch.Last == offer.Last;
        if (isKnown || _restore is not null || now < _fetchNotBefore)
        {
            return;
        }

        if (_taking is not null)
        {
            // What the leader has is newer.
            EndTaking();
        }

        if (_fetch is { } fetch && fetch.Last == offer.Last && fetch.Snapshot is not null)
        {
            // Another server may have the very same one; if not, its first answer says so.
            fetch.From = offer.From;
            fetch.AskAgain();
        }
        else
        {
            AbandonFetch();
            _fetch = new SnapshotFetch(offer.From, offer.Last);
        }

        _fetch.GiveUpAt = now + SnapshotPatience;
        AskForChunks(now);
    }

    private void AskForChunks(MonoTime now)
    {
        SnapshotFetch fetch = _fetch!;
        fetch.RetryAt = now + _options.ElectionTimeout;
        while (fetch.TryNextToAsk(out ulong chunk))
        {
            SnapshotRequest request = new(fetch.Snapshot?.Id ?? default, fetch.Last, chunk);
            SendToLeader(fetch.From, Lane.Control, ServerMessage.Of(request));
        }
    }

    private void RetryFetchIfDue(MonoTime now)
    {
        if (_fetch is not { } fetch || now < fetch.RetryAt)
        {
            return;
        }

        if (now >= fetch.GiveUpAt || _raft!.Commit >= fetch.Last.Index)
        {
            AbandonFetch();
            return;
        }

        fetch.AskAgain();
        AskForChunks(now);
    }

    private void TakeChunk(in Envelope envelope, SnapshotChunk chunk, MonoTime now)
    {
        if (_fetch is not { } fetch || envelope.From != fetch.From || chunk.Snapshot.Last != fetch.Last)
        {
            return;
        }

        ulong taken = fetch.Taken;
        if (chunk.Snapshot.Cluster != Cluster || !fetch.TryTake(chunk))
        {
            // It has another one by now: its next offer is for that.
            AbandonFetch();
            return;
        }

        if (!_snapshots.IsWriting && fetch.Snapshot is { } snapshot)
        {
            _snapshots.Create(snapshot);
        }

        // Whoever only repeats itself does not keep this going.
        if (fetch.Taken > taken)
        {
            fetch.GiveUpAt = now + SnapshotPatience;
            WriteArrived(fetch);
            AskForChunks(now);
        }
    }

    private void WriteFetched(MonoTime now)
    {
        if (_fetch is { } fetch)
        {
            fetch.Written();
            fetch.GiveUpAt = now + SnapshotPatience;
            WriteArrived(fetch);
            AskForChunks(now);
        }
    }

    private void WriteArrived(SnapshotFetch fetch)
    {
        if (fetch.TryNextToWrite(out ReadOnlyMemory<byte> chunk))
        {
            _snapshots.Write(chunk);
        }
    }

    private void AbandonFetch()
    {
        if (_fetch is not null)
        {
            _fetch = null;
            _snapshots.Abandon();
        }
    }

    private void FinishFetch()
    {
        _fetch = null;
        Restore();
    }
}
