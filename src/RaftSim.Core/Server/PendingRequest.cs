namespace RaftSim.Server;

/// <summary>How far a request has come.</summary>
internal enum PendingStage
{
    /// <summary>Nothing was done yet: it waits for a leader, or for the leader to be ready.</summary>
    Waiting,

    /// <summary>It was sent to the leader.</summary>
    Forwarded,

    /// <summary>It stands in this leader's log.</summary>
    Proposed,

    /// <summary>It is a read, and waits for the word of a majority that this server still leads.</summary>
    Reading,

    /// <summary>It is a question that was handed to the state machine.</summary>
    Querying,

    /// <summary>It is the transfer of leadership that is under way.</summary>
    Transferring,
}

/// <summary>Who forwarded a request, and in which term it took this server for the leader.</summary>
internal readonly record struct ForwardOrigin(ServerId Id, DiskId Disk, ServerAddress Address, Term Term);

/// <summary>A request that was not answered yet.</summary>
internal sealed class PendingRequest(in CommandId command, ServerRequest request)
{
    /// <summary>Its identity.</summary>
    public CommandId Command { get; } = command;

    /// <summary>What is asked.</summary>
    public ServerRequest Request { get; } = request;

    /// <summary>The caller's number, when the caller is on this server.</summary>
    public ulong? RequestId { get; init; }

    /// <summary>Where the answer goes, when the request was forwarded to this server.</summary>
    public ForwardOrigin? ForwardedBy { get; init; }

    /// <summary>How far it has come.</summary>
    public PendingStage Stage { get; set; }

    /// <summary>Until when it may wait for a leader.</summary>
    public MonoTime HoldUntil { get; init; }

    /// <summary>When its outcome counts as unknown.</summary>
    public MonoTime Deadline { get; init; }

    /// <summary>Why it waits, if it is not for want of a leader.</summary>
    public string? Obstacle { get; set; }

    /// <summary>When it was sent to the leader.</summary>
    public MonoTime SentAt { get; set; }

    /// <summary>The term whose leader it was sent to, or in whose log it stands.</summary>
    public Term Term { get; set; }

    /// <summary>Where it stands in the log; of a query, what was applied before it.</summary>
    public LogIndex Index { get; set; }

    /// <summary>Whether an attempt before the present one may have done it: "nothing was done" is not to be said then.</summary>
    public bool MayBeDone { get; set; }
}

/// <summary>The requests that were not answered yet, by identity and by place in the log.</summary>
internal sealed class PendingRequests
{
    private static readonly CommandOrder _order = new();

    private readonly Lookup<CommandId, PendingRequest> _all = new();
    private readonly Lookup<LogIndex, PendingRequest> _proposed = new();
    private readonly List<PendingRequest>[] _stages = [[], [], [], [], [], []];
    private readonly List<PendingRequest> _buffer = [];

    /// <summary>How many there are.</summary>
    public int Count => _all.Count;

    /// <summary>How many wait for a leader.</summary>
    public int WaitingCount => _stages[(int)PendingStage.Waiting].Count;

    /// <summary>Adds one that waits; false if its identity is there already.</summary>
    public bool TryAdd(PendingRequest pending)
    {
        if (!_all.Add(pending.Command, pending))
        {
            return false;
        }

        Enter(pending);
        return true;
    }

    /// <summary>Finds one by identity.</summary>
    public PendingRequest? Find(in CommandId command) => _all.TryFind(command, out PendingRequest pending) ? pending : null;

    /// <summary>Finds the one that was proposed at an index.</summary>
    public PendingRequest? FindProposed(LogIndex index) =>
        _proposed.TryFind(index, out PendingRequest pending) ? pending : null;

    /// <summary>Notes that nothing was done, or that what was done is certainly undone.</summary>
    public void MarkWaiting(PendingRequest pending) => Move(pending, PendingStage.Waiting);

    /// <summary>Notes that it was sent to the leader of a term.</summary>
    public void MarkForwarded(PendingRequest pending, Term term, MonoTime now)
    {
        Move(pending, PendingStage.Forwarded);
        pending.Term = term;
        pending.SentAt = now;
    }

    /// <summary>Notes where it stands in the log.</summary>
    public void MarkProposed(PendingRequest pending, LogIndex index, Term term)
    {
        Move(pending, PendingStage.Proposed);
        pending.Index = index;
        pending.Term = term;
        _proposed[index] = pending;
    }

    /// <summary>Notes that it goes on outside the log.</summary>
    public void MarkUnderWay(PendingRequest pending, PendingStage stage) => Move(pending, stage);

    /// <summary>Takes one out.</summary>
    public void Remove(PendingRequest pending)
    {
        Leave(pending);
        _all.Remove(pending.Command);

        // Whoever still holds it sees that it is under way no more.
        pending.Stage = PendingStage.Waiting;
    }

    /// <summary>Those of a stage, in order of identity; valid until the next call. They may be changed meanwhile.</summary>
    public IReadOnlyList<PendingRequest> Of(PendingStage stage)
    {
        _buffer.Clear();
        _buffer.AddRange(_stages[(int)stage]);
        return _buffer;
    }

    private void Move(PendingRequest pending, PendingStage stage)
    {
        Leave(pending);
        pending.Stage = stage;
        Enter(pending);
    }

    // Identities of one origin grow, so most come in at the end and go at the front.
    private void Enter(PendingRequest pending)
    {
        List<PendingRequest> stage = _stages[(int)pending.Stage];
        stage.Insert(~stage.BinarySearch(pending, _order), pending);
    }

    private void Leave(PendingRequest pending)
    {
        if (pending.Stage == PendingStage.Proposed && FindProposed(pending.Index) == pending)
        {
            _proposed.Remove(pending.Index);
        }

        List<PendingRequest> stage = _stages[(int)pending.Stage];
        stage.RemoveAt(stage.BinarySearch(pending, _order));
    }

    private sealed class CommandOrder : IComparer<PendingRequest>
    {
        public int Compare(PendingRequest? x, PendingRequest? y)
        {
            CommandId left = x!.Command;
            CommandId right = y!.Command;
            int order = left.Origin.CompareTo(right.Origin);
            order = order != 0 ? order : left.Incarnation.CompareTo(right.Incarnation);
            return order != 0 ? order : left.Sequence.CompareTo(right.Sequence);
        }
    }
}
