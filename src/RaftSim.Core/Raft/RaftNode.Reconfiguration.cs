namespace RaftSim.Raft;

// Membership: dissertation chapter 4, one server at a time.
public sealed partial class RaftNode
{
    // By position in the configuration; nothing for this server itself.
    private Progress?[] _progressOf = [];

    /// <summary>
    /// Appends a change of configuration. Throws <see cref="ArgumentException"/> when the change names no server, or an
    /// addition no address.
    /// </summary>
    public ProposeOutcome ChangeConfiguration(in ConfigurationChange change, MonoTime now)
    {
        SetNow(now);
        if (_role != RaftRole.Leader)
        {
            return Refused(ProposeResult.NotLeader, _leader);
        }

        // §4.1 as amended by its author on the raft-dev list in July 2015: before it has committed an entry of its term
        // a leader may not know of an earlier change that can still win, and two such changes need not overlap.
        if (!HasCommittedThisTerm)
        {
            return Refused(ProposeResult.NoCommitThisTerm, change.Server);
        }

        if (!_transferTarget.IsNone)
        {
            return Refused(ProposeResult.TransferInProgress, _transferTarget);
        }

        if (_configurations.LatestIndex > _commit)
        {
            return Refused(ProposeResult.ChangePending, change.Server);
        }

        LogIndex at = _log.LastIndex.Next;
        ProposeResult result = ConfigurationRules.Apply(_configurations.Latest, change, at, out Configuration changed);
        if (result == ProposeResult.Accepted && change.Kind == ConfigurationChangeKind.Promote && !IsCaughtUp(change.Server))
        {
            result = ProposeResult.NotCaughtUp;
        }

        if (result != ProposeResult.Accepted)
        {
            return Refused(result, change.Server);
        }

        AppendToLog(new LogEntry(at, _term, EntryKind.Configuration, _options.Codec.Encode(changed)));
        return new ProposeOutcome(ProposeResult.Accepted, at, _term, change.Server);
    }

    // §4.2.1: a server that is far behind must not vote yet, or commits would wait for it.
    private bool IsCaughtUp(ServerId server) => FindProgress(server) is { HasAnswered: true, State: ProgressState.Replicate } p
        && _log.LastIndex - p.Match <= _options.PromoteLagMax;

    // §4.1: a configuration is in force as soon as it is in the log.
    private void ConfigurationAppended(in LogEntry entry)
    {
        _configurations.Append(entry.Index, _options.Codec.Decode(entry.Payload));
        ConfigurationChanged();
    }

    private void ConfigurationChanged()
    {
        _changes |= RaftChanges.Configuration;
        if (_role == RaftRole.Leader)
        {
            SyncProgress();
            DropLease();
        }
    }

    private Progress? FindProgress(ServerId id)
    {
        int position = _configurations.Latest.IndexOf(id);
        return position >= 0 ? _progressOf[position] : null;
    }

    private void SyncProgress()
    {
        Configuration configuration = _configurations.Latest;
        _progress.RemoveAll(p => !configuration.TryFind(p.Id, out ConfiguredServer s) || s.AddedAt != p.AddedAt);
        foreach (ref readonly ConfiguredServer server in configuration.Servers)
        {
            ServerId id = server.Id;
            if (id == _options.Self)
            {
                continue;
            }

            if (_progress.Find(p => p.Id == id) is { } known)
            {
                known.IsVoter = server.Suffrage == Suffrage.Voter;
            }
            else
            {
                _progress.Add(new Progress(server, _log.LastIndex, _options.InflightAppendsMax, _now));
            }
        }

        _progressOf = new Progress?[configuration.Servers.Length];
        for (int i = 0; i < _progress.Count; i++)
        {
            _progress[i].Position = i;
            _progress[i].IsTouched = false;
            _progressOf[configuration.IndexOf(_progress[i].Id)] = _progress[i];
        }

        _touched.Clear();
        _sentUpTo = default;
    }

    // §4.2.2: a leader that is removed, or loses its vote, leads on without counting itself until that is committed.
    private void StepDownIfRemoved()
    {
        if (_configurations.LatestIndex <= _commit && !_configurations.Latest.IsVoter(_options.Self))
        {
            // The last word: tell the others that it is committed, so that they need not find out by an election.
            SendAppends();
            HandOver();
            BecomeFollower(_term);
        }
    }
}
