namespace RaftSim.Raft;

// Leadership transfer: dissertation §3.10.
public sealed partial class RaftNode
{
    private ServerId _transferTarget;
    private MonoTime _transferDeadline = MonoTime.Never;

    /// <summary>
    /// Moves leadership to another voter: takes no more proposals, brings the target up to date and tells it to campaign
    /// at once. After one election timeout without a new leader it is given up, and proposals are taken again.
    /// Source: dissertation §3.10.
    /// </summary>
    /// <param name="target">To whom; <see langword="null"/>: to the voter in contact that has most of the log.</param>
    /// <param name="now">The time.</param>
    /// <returns>
    /// <see cref="ProposeResult.Accepted"/> with the target as its server, or why it was not begun. That it succeeded
    /// shows only by another server leading.
    /// </returns>
    public ProposeOutcome TransferLeadership(ServerId? target, MonoTime now)
    {
        SetNow(now);
        if (_role != RaftRole.Leader)
        {
            return Refused(ProposeResult.NotLeader, _leader);
        }

        if (!_transferTarget.IsNone)
        {
            return Refused(ProposeResult.TransferInProgress, _transferTarget);
        }

        ServerId chosen = target ?? FindSuccessor()?.Id ?? default;
        ProposeResult result = JudgeTarget(chosen, isNamed: target is not null);
        if (result != ProposeResult.Accepted)
        {
            return Refused(result, chosen);
        }

        SetTransfer(chosen, _now + _options.ElectionTimeout);
        AdvanceTransferTo(FindProgress(chosen)!);
        return new ProposeOutcome(ProposeResult.Accepted, LogIndex.Zero, _term, chosen);
    }

    private ProposeResult JudgeTarget(ServerId target, bool isNamed)
    {
        if (target.IsNone)
        {
            return isNamed ? ProposeResult.UnknownServer : ProposeResult.NoSuccessor;
        }

        if (!_configurations.Latest.Contains(target))
        {
            return ProposeResult.UnknownServer;
        }

        if (target == _options.Self)
        {
            return ProposeResult.NoChange;
        }

        return _configurations.Latest.IsVoter(target) ? ProposeResult.Accepted : ProposeResult.TargetNonVoter;
    }

    // The voter that would have least to catch up with, of those that have answered lately.
    private Progress? FindSuccessor()
    {
        Progress? best = null;
        foreach (Progress p in _progress)
        {
            bool isInContact = p.HasAnswered && _now - p.LastContact < _options.ElectionTimeout;
            if (p.IsVoter && isInContact && (best is null || p.Match > best.Match))
            {
                best = p;
            }
        }

        return best;
    }

    // Only a server with the whole log is sent off: another one would lose the election that it is made to hold. Said again
    // with each answer to a heartbeat, because the message may be lost.
    private void AdvanceTransferTo(Progress p)
    {
        if (p.Id == _transferTarget && p.Match == _log.LastIndex)
        {
            PostTimeoutNow(p.Id);
        }
    }

    private void PostTimeoutNow(ServerId target)
    {
        ForfeitLease();
        Post(new()
        {
            Kind = RaftMessageKind.TimeoutNow, From = _options.Self, To = target, Term = _term,
        });
    }

    // A leader that goes for good need not leave the cluster to wait for an election timeout.
    private void HandOver()
    {
        if (FindSuccessor() is { } successor)
        {
            PostTimeoutNow(successor.Id);
        }
    }

    private void EndTransfer() => SetTransfer(default, MonoTime.Never);

    private void SetTransfer(ServerId target, MonoTime deadline)
    {
        if (_transferTarget != target)
        {
            _transferTarget = target;
            _changes |= RaftChanges.Transfer;
        }

        _transferDeadline = deadline;
    }

    // No pre-vote: it would be refused, since the others still hear from the leader that wants to go.
    private void HandleTimeoutNow(in RaftMessage message)
    {
        if (_role == RaftRole.Follower && message.From == _leader && MayCampaign)
        {
            BecomeCandidate(isTransfer: true);
        }
    }
}
