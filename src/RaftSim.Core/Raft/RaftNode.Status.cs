namespace RaftSim.Raft;

// What a server says of itself.
public sealed partial class RaftNode
{
    /// <summary>The view of itself.</summary>
    public RaftStatus Status => new()
    {
        Self = _options.Self,
        Role = _role,
        Term = _term,
        Vote = _vote,
        Leader = _leader,
        LastIndex = _log.LastIndex,
        LastTerm = _log.LastTerm,
        DurableIndex = _durability.DurableIndex,
        Commit = _commit,
        HandedOut = _handedOut,
        Applied = _applied,
        HasCommittedThisTerm = HasCommittedThisTerm,
        Configuration = _configurations.Latest,
        ConfigurationIndex = _configurations.LatestIndex,
        LeaderContact = _role == RaftRole.Leader ? _now : _leaderContact,
        TransferTarget = _transferTarget,
        LogStart = _log.Start,
        Snapshot = SnapshotEnd,
    };

    /// <summary>Whether anything that checkers look at differs from an earlier status of this node.</summary>
    internal bool HasMovedSince(in RaftStatus status) => _role != status.Role
        || _term != status.Term
        || _commit != status.Commit
        || _log.LastIndex != status.LastIndex
        || _log.LastTerm != status.LastTerm
        || _durability.DurableIndex != status.DurableIndex
        || _log.Start != status.LogStart
        || _configurations.LatestIndex != status.ConfigurationIndex
        || _vote != status.Vote
        || _leader != status.Leader
        || _transferTarget != status.TransferTarget;

    // The same, piece by piece: the whole is more than most questions need.
    internal RaftRole Role => _role;

    internal Term Term => _term;

    internal ServerId Leader => _leader;

    internal LogIndex LastIndex => _log.LastIndex;

    internal LogPosition LogStart => _log.Start;

    internal LogIndex Commit => _commit;

    internal Configuration Configuration => _configurations.Latest;

    internal LogIndex ConfigurationIndex => _configurations.LatestIndex;

    internal ServerId TransferTarget => _transferTarget;

    /// <summary>What the leader knows of the other servers; empty on others.</summary>
    public IReadOnlyList<ProgressStatus> GetProgress()
    {
        if (_role != RaftRole.Leader)
        {
            return [];
        }

        var statuses = new ProgressStatus[_progress.Count];
        for (int i = 0; i < statuses.Length; i++)
        {
            Progress p = _progress[i];
            statuses[i] = new(p.Id, p.State, p.Match, p.Next, p.HasAnswered ? p.LastContact : null);
        }

        return statuses;
    }
}
