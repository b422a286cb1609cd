namespace RaftSim.Raft;

// Snapshots and compaction: dissertation chapter 5. The engine decides what a snapshot stands for, when the log may be
// dropped, and who has to fetch one; what is in it, how it is stored and how it travels is the business of others.
public sealed partial class RaftNode
{
    private SnapshotHandle? _snapshot;
    private SnapshotOffer? _offer;

    /// <summary>
    /// What a snapshot of the state behind the entry at <paramref name="index"/> stands for; its length is still 0. Throws
    /// <see cref="ArgumentOutOfRangeException"/> for what was not handed out to be applied, or is applied and past: its
    /// configuration may be forgotten.
    /// </summary>
    public SnapshotHandle DescribeSnapshot(LogIndex index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, _handedOut);
        ArgumentOutOfRangeException.ThrowIfLessThan(index, _applied);

        // The membership at that index, not the latest: a later one may still be rolled back (canonical/raft issue 250).
        (LogIndex at, Configuration configuration) = _configurations.At(index);
        return new SnapshotHandle(
            new LogPosition(index, _log.TermAt(index)), at, _options.Codec.Encode(configuration), Length: 0);
    }

    /// <summary>A snapshot of this server's own state is durable: the log in front of it may go. §5.1.</summary>
    public void SnapshotTaken(SnapshotHandle snapshot, MonoTime now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SetNow(now);
        Invariant.Require(snapshot.Last.Index <= _applied, "only what is applied can be in a snapshot");
        if (snapshot.Last.Index > SnapshotEnd.Index)
        {
            _snapshot = snapshot;
            _configurations.ForgetBefore(snapshot.Last.Index);
            CompactLog();
        }
    }

    /// <summary>
    /// A snapshot that the leader offered is durable, and the state machines are as it says. One that the log has meanwhile
    /// overtaken changes nothing. §5.2.
    /// </summary>
    public void SnapshotInstalled(SnapshotHandle snapshot, MonoTime now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SetNow(now);
        if (snapshot.Last.Index <= _commit)
        {
            return;
        }

        AdoptSnapshot(snapshot);
        if (_role != RaftRole.Leader && !_leader.IsNone)
        {
            Acknowledge(_leader, default, snapshot.Last.Index, AddedAt);
        }
    }

    internal LogPosition SnapshotEnd => _snapshot?.Last ?? default;

    private LogIndex AddedAt =>
        _configurations.Latest.TryFind(_options.Self, out ConfiguredServer self) ? self.AddedAt : default;

    // Entries behind the snapshot stay when they continue it. What contradicts it was never committed (§5.2).
    private void AdoptSnapshot(SnapshotHandle snapshot)
    {
        _snapshot = snapshot;
        if (_log.Has(snapshot.Last))
        {
            CommitThrough(snapshot.Last.Index);
        }
        else
        {
            bool isShorter = _log.LastIndex > snapshot.Last.Index;
            RestartBehind(snapshot);
            _commit = snapshot.Last.Index;
            _changes |= RaftChanges.Commit | RaftChanges.Appended | (isShorter ? RaftChanges.Truncated : RaftChanges.None);
            ConfigurationChanged();
        }

        _handedOut = LogIndex.Max(_handedOut, snapshot.Last.Index);
        _applied = LogIndex.Max(_applied, snapshot.Last.Index);
        CompactLog();
    }

    private void RestartBehind(SnapshotHandle snapshot)
    {
        _log.Restart(snapshot.Last);
        _durability.Restarted(snapshot.Last);
        _configurations.Restart(snapshot.ConfigurationIndex, _options.Codec.Decode(snapshot.Configuration));
    }

    // Never beyond what is durable: what stands in no batch yet has still to be written.
    private void CompactLog()
    {
        LogIndex through = LogIndex.Min(SnapshotEnd.Index, _durability.DurableIndex);
        ulong kept = SnapshotEnd.Index - through;
        long bytes = 0;
        while (through > _log.Start.Index && kept < _options.TrailingEntries)
        {
            bytes += _log[through].Payload.Length;
            if (bytes > _options.TrailingBytes)
            {
                break;
            }

            through = through.Previous;
            kept++;
        }

        if (through > _log.Start.Index)
        {
            _log.Compact(through);
        }
    }

    // ---- Leader ----

    private bool NeedsSnapshot(Progress p) => p.Next.Previous < _log.Start.Index;

    private void OfferSnapshot(Progress p)
    {
        Invariant.Require(_snapshot is not null, "a snapshot holds what the log has lost");
        Post(new()
        {
            Kind = RaftMessageKind.Snapshot, From = _options.Self, To = p.Id, Term = _term, AddedAt = p.AddedAt,
            Index = _snapshot.Last.Index, LogTerm = _snapshot.Last.Term,
        });
        p.SnapshotOffered();
    }

    // ---- Follower ----

    private void HandleSnapshot(in RaftMessage message)
    {
        if (message.LogTerm > message.Term || message.LogTerm == Term.Zero || !Follow(message.From))
        {
            return;
        }

        var last = new LogPosition(message.Index, message.LogTerm);
        if (message.Index <= _commit)
        {
            // It is late: what is committed here is the same there, and must not be dropped for it (etcd issue 2808).
            Acknowledge(message, message.Index);
        }
        else if (_log.Has(last))
        {
            // The log has all of it: no more is needed than to know that it is committed.
            CommitThrough(message.Index);
            Acknowledge(message, message.Index);
        }
        else
        {
            _offer = new SnapshotOffer(message.From, last);
        }
    }

    private SnapshotOffer? TakeOffer()
    {
        SnapshotOffer? offer = _offer;
        _offer = null;
        return offer;
    }

    // ---- Recovery ----

    private void Recover(RecoveredState recovered)
    {
        _log.Restart(recovered.LogStart);
        if (recovered.Snapshot is { } snapshot)
        {
            _snapshot = snapshot;
            _commit = _applied = _handedOut = snapshot.Last.Index;
            _configurations.Restart(snapshot.ConfigurationIndex, _options.Codec.Decode(snapshot.Configuration));
        }

        Invariant.Require(recovered.LogStart.Index <= SnapshotEnd.Index, "a snapshot holds what the log does not begin with");
        foreach (LogEntry entry in recovered.Entries)
        {
            _log.Append(entry);
            if (entry.Kind == EntryKind.Configuration && entry.Index > _configurations.LatestIndex)
            {
                _configurations.Append(entry.Index, _options.Codec.Decode(entry.Payload));
            }
        }

        if (_snapshot is not null && !_log.Has(_snapshot.Last))
        {
            // The server stopped between the snapshot and the log that follows it: the snapshot is newer (§5.2).
            RestartBehind(_snapshot);
        }
    }
}
