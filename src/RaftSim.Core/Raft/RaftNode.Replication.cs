namespace RaftSim.Raft;

// Log replication: dissertation §3.5, §3.6 and §10.2 (batching, pipelining, writing to the own disk in parallel).
public sealed partial class RaftNode
{
    private LogIndex[] _matches = new LogIndex[8];
    private readonly List<Progress> _touched = [];
    private (LogIndex Last, LogIndex Start, LogIndex Commit) _sentUpTo;
    private LogIndex _termStart;
    private MonoTime _heartbeatDeadline;

    internal bool HasCommittedThisTerm => _role == RaftRole.Leader && _commit >= _termStart;

    private void AppendToLog(in LogEntry entry)
    {
        _log.Append(entry);
        _changes |= RaftChanges.Appended;
        if (entry.Kind == EntryKind.Configuration)
        {
            ConfigurationAppended(entry);
        }
    }

    // ---- Leader ----

    private void SendHeartbeats()
    {
        _heartbeatDeadline = _now + _options.HeartbeatInterval;
        NextReadRound();
        foreach (Progress p in _progress)
        {
            Post(new()
            {
                Kind = RaftMessageKind.Heartbeat, From = _options.Self, To = p.Id, Term = _term, AddedAt = p.AddedAt,
                // Further than its match its log may differ: it must not take that for committed.
                Commit = LogIndex.Min(p.Match, _commit), Round = _readRound,
            });
        }

        // A leader that needs nobody else has its answer at once.
        ConfirmReads();
    }

    // Called once for each Ready: everything proposed since the last one leaves in as few Appends as the limits allow.
    // Unless the log or the commit index has moved, only those can be owed something that have been heard or missed.
    private void SendAppends()
    {
        (LogIndex, LogIndex, LogIndex) state = (_log.LastIndex, _log.Start.Index, _commit);
        if (state != _sentUpTo)
        {
            _sentUpTo = state;
            foreach (Progress p in _progress)
            {
                SendAppends(p);
            }
        }
        else if (_touched.Count > 0)
        {
            _touched.Sort(static (left, right) => left.Position.CompareTo(right.Position));
            foreach (Progress p in _touched)
            {
                SendAppends(p);
            }
        }

        foreach (Progress p in _touched)
        {
            p.IsTouched = false;
        }

        _touched.Clear();
    }

    private void Touch(Progress p)
    {
        if (!p.IsTouched)
        {
            p.IsTouched = true;
            _touched.Add(p);
        }
    }

    // Sends all that may be sent: a second call at once finds nothing more to do.
    private void SendAppends(Progress p)
    {
        if (p.State == ProgressState.Snapshot || NeedsSnapshot(p))
        {
            if (p.State != ProgressState.Snapshot || p.IsPingDue)
            {
                OfferSnapshot(p);
            }

            return;
        }

        if (p.State == ProgressState.Probe)
        {
            if (p.MaySend)
            {
                SendAppend(p, withEntries: true);
            }
        }
        else
        {
            while (p.Next <= _log.LastIndex && p.MaySend)
            {
                SendAppend(p, withEntries: true);
            }
        }

        bool isCommitNews = p.State == ProgressState.Replicate && p.MaySend
            && LogIndex.Min(_commit, p.Next.Previous) > p.CommitSent;
        if (p.IsPingDue || isCommitNews)
        {
            SendAppend(p, withEntries: false);
        }
    }

    private void SendAppend(Progress p, bool withEntries)
    {
        ReadOnlyMemory<LogEntry> entries = default;
        if (withEntries && p.Next <= _log.LastIndex)
        {
            entries = _log.Slice(p.Next, _log.LastIndex);
            entries = entries[..CountWithin(entries.Span, _options.AppendEntriesMax, _options.AppendBytesMax)];
        }

        LogIndex previous = p.Next.Previous;
        Post(new()
        {
            Kind = RaftMessageKind.Append, From = _options.Self, To = p.Id, Term = _term, AddedAt = p.AddedAt,
            Index = previous, LogTerm = _log.TermAt(previous), Commit = _commit, Entries = entries,
        });
        p.Sent(entries.Length, _commit);
    }

    // How many entries from the first on stay within both limits; at least one.
    private static int CountWithin(ReadOnlySpan<LogEntry> entries, int entriesMax, long bytesMax)
    {
        int countMax = Math.Min(entries.Length, entriesMax);
        long bytes = 0;
        for (int i = 0; i < countMax; i++)
        {
            bytes += entries[i].Payload.Length;
            if (bytes > bytesMax && i > 0)
            {
                return i;
            }
        }

        return countMax;
    }

    private void HandleAppendReply(in RaftMessage message)
    {
        if (!TryHear(message, out Progress? p) || message.Index > _log.LastIndex)
        {
            return;
        }

        if (message.Reject)
        {
            if (p.IsFreshRejection(message.Index))
            {
                HandleRejection(p, message);
            }
        }
        else if (p.Accepted(message.Index))
        {
            if (p.IsVoter)
            {
                HandleWritten(message.Index);
            }

            AdvanceTransferTo(p);
        }
    }

    // §3.5: each refusal skips whole terms. The follower names its last entry whose term is not newer than that of the
    // entry it missed; up to there, entries of ours that are newer than that term cannot be in its log.
    private void HandleRejection(Progress p, in RaftMessage message)
    {
        LogIndex meeting = _log.LastWithTermAtMost(LogIndex.Min(message.Hint, message.Index), message.LogTerm);
        if (meeting < message.Index)
        {
            p.Rejected(meeting);
        }
    }

    private void HandleHeartbeatReply(in RaftMessage message)
    {
        if (TryHear(message, out Progress? p))
        {
            p.HeartbeatAnswered(message.Round, _log.LastIndex);
            ConfirmReads();
            AdvanceTransferTo(p);
        }
    }

    private bool TryHear(in RaftMessage message, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Progress? p)
    {
        p = _role == RaftRole.Leader ? FindProgress(message.From) : null;

        // A server that was removed and added again starts anew: what it said before is not about its present log.
        if (p is null || p.AddedAt != message.AddedAt)
        {
            return false;
        }

        p.Heard(_now);
        Touch(p);
        return true;
    }

    private void AdvanceCommit()
    {
        // §10.2.1: the own disk is one of many. It counts when it is done, and may be the last one.
        LogIndex reached = ReachedByMajority(ref _matches, _durability.DurableIndex, static p => p.Match);

        // §3.6.2: only entries of the current term commit by counting; earlier ones commit with them.
        if (reached > _commit && _log.TermAt(reached) == _term)
        {
            CommitThrough(reached);
            StepDownIfRemoved();
        }
    }

    private void CommitThrough(LogIndex index)
    {
        _commit = index;
        _changes |= RaftChanges.Commit;
    }

    // ---- Follower ----

    // Whether the message comes from the leader of this term. Two of them cannot be: then one of the senders is broken.
    private bool Follow(ServerId leader)
    {
        if (_role == RaftRole.Leader || (!_leader.IsNone && _leader != leader))
        {
            return false;
        }

        SetRole(RaftRole.Follower);
        SetLeader(leader);
        _leaderContact = _now;
        BarVotes();
        ResetElectionTimer();
        return true;
    }

    private void HandleHeartbeat(in RaftMessage message)
    {
        if (!Follow(message.From))
        {
            return;
        }

        if (message.Commit > _commit && message.Commit <= _log.LastIndex)
        {
            CommitThrough(message.Commit);
        }

        Post(new()
        {
            Kind = RaftMessageKind.HeartbeatReply, From = _options.Self, To = message.From, Disk = message.Disk, Term = _term,
            AddedAt = message.AddedAt, Round = message.Round,
        });
    }

    private void HandleAppend(in RaftMessage message)
    {
        ReadOnlySpan<LogEntry> entries = message.Entries.Span;
        if (!AreConsecutive(entries, message.Index, message.LogTerm, message.Term) || !Follow(message.From))
        {
            return;
        }

        // §5.1: what lies before the start is in a snapshot, so it is committed and the same there: only what follows is news.
        LogIndex match = message.Index + (ulong)entries.Length;
        var previous = new LogPosition(message.Index, message.LogTerm);
        if (previous.Index < _log.Start.Index)
        {
            if (match < _log.Start.Index)
            {
                Acknowledge(message, match);
                return;
            }

            int known = (int)(_log.Start.Index - previous.Index);
            previous = new LogPosition(_log.Start.Index, entries[known - 1].Term);
            entries = entries[known..];
        }

        // §3.5, consistency check: the logs match up to an entry that has the same index and term in both.
        if (!_log.Has(previous))
        {
            Refuse(message, previous);
            return;
        }

        Merge(entries);

        // The log may go on behind the last entry sent, and there it need not match: neither the commit index nor the
        // acknowledgement goes further (figure 3.1, "index of last new entry").
        LogIndex commit = LogIndex.Min(message.Commit, match);
        if (commit > _commit)
        {
            CommitThrough(commit);
        }

        Acknowledge(message, match);
    }

    private void Refuse(in RaftMessage append, in LogPosition missing)
    {
        LogIndex hint = _log.LastWithTermAtMost(missing.Index, missing.Term);
        if (hint < _log.Start.Index)
        {
            // It contradicts what is committed here: no leader says so.
            return;
        }

        Post(new()
        {
            Kind = RaftMessageKind.AppendReply, From = _options.Self, To = append.From, Disk = append.Disk, Term = _term,
            Reject = true, Index = append.Index, Hint = hint, LogTerm = _log.TermAt(hint), AddedAt = append.AddedAt,
        });
    }

    private void Acknowledge(in RaftMessage message, LogIndex match) =>
        Acknowledge(message.From, message.Disk, match, message.AddedAt);

    private void Acknowledge(ServerId leader, DiskId disk, LogIndex match, LogIndex addedAt)
    {
        RaftMessage reply = new()
        {
            Kind = RaftMessageKind.AppendReply, From = _options.Self, To = leader, Disk = disk, Term = _term,
            Index = match, AddedAt = addedAt,
        };
        _outbox.Post(reply, _durability.AfterEntries(match), _durability.Durable);
    }

    private static bool AreConsecutive(ReadOnlySpan<LogEntry> entries, LogIndex previous, Term previousTerm, Term termMax)
    {
        if (previousTerm > termMax)
        {
            return false;
        }

        foreach (ref readonly LogEntry entry in entries)
        {
            if (entry.Index != previous.Next || entry.Term < previousTerm || entry.Term > termMax || entry.Term == Term.Zero)
            {
                return false;
            }

            previous = entry.Index;
            previousTerm = entry.Term;
        }

        return true;
    }

    // §3.5: only a conflict truncates. An Append that was overtaken holds a part of the log, and must not shorten it.
    private void Merge(ReadOnlySpan<LogEntry> entries)
    {
        foreach (ref readonly LogEntry entry in entries)
        {
            if (entry.Index <= _log.LastIndex)
            {
                if (_log.TermAt(entry.Index) == entry.Term)
                {
                    continue;
                }

                TruncateLog(entry.Index);
            }

            AppendToLog(entry);
        }
    }

    private void TruncateLog(LogIndex from)
    {
        Invariant.Require(from > _commit, "what is committed is never dropped");
        _log.Truncate(from);
        _durability.Truncated(from);
        _changes |= RaftChanges.Truncated;
        if (_configurations.Truncate(from))
        {
            ConfigurationChanged();
        }
    }
}
