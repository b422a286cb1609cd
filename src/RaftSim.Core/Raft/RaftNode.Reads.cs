namespace RaftSim.Raft;

// Linearizable reads without writing to the log: dissertation §6.4.
public sealed partial class RaftNode
{
    // Rounds of heartbeats are numbered on for as long as this server lives: no answer can be taken for that of a later one.
    private ulong _readRound;
    private ulong _confirmedRound;
    private bool _isReadRoundDue;
    private readonly Queue<WaitingRead> _waitingReads = new();
    private ReadReady[] _readsReady = new ReadReady[4];
    private int _readsReadyCount;
    private ulong[] _rounds = new ulong[8];

    /// <summary>
    /// Asks for a moment at which the state can be read so that it shows everything that was committed before this call.
    /// Answered by <see cref="Ready.Reads"/> once a majority has said that this server still leads, or at once while it
    /// holds a lease (<see cref="RaftOptions.ReadLease"/>); when it loses leadership first there is no answer, and
    /// <see cref="RaftChanges.Role"/> tells. Source: dissertation §6.4.
    /// </summary>
    /// <param name="context">The caller's number; never used for another read in the life of this server.</param>
    /// <param name="now">The time.</param>
    /// <returns>
    /// <see cref="ProposeResult.Accepted"/>, <see cref="ProposeResult.NotLeader"/>, or
    /// <see cref="ProposeResult.NoCommitThisTerm"/>: a new leader does not know yet what is committed.
    /// </returns>
    public ProposeResult RequestRead(ulong context, MonoTime now)
    {
        SetNow(now);
        if (_role != RaftRole.Leader)
        {
            return ProposeResult.NotLeader;
        }

        // §6.4, step 1. Without it the commit index may lie behind what an earlier leader has answered for.
        if (!HasCommittedThisTerm)
        {
            return ProposeResult.NoCommitThisTerm;
        }

        // §6.4.1: nobody else can lead before the lease ends, so nothing can be committed that this leader does not
        // know of.
        if (HoldsLease)
        {
            Answer(new ReadReady(context, _commit));
            return ProposeResult.Accepted;
        }

        // Answers to heartbeats that have left already prove nothing about now: the next round has to.
        _waitingReads.Enqueue(new WaitingRead(_readRound + 1, new ReadReady(context, _commit)));
        _isReadRoundDue = true;
        return ProposeResult.Accepted;
    }

    // One round is under way at a time, for all reads that came before it. What is lost of it is made up for by the next
    // regular heartbeat, which begins a new round.
    private void BeginReadRoundIfDue()
    {
        if (_isReadRoundDue && _confirmedRound == _readRound)
        {
            SendHeartbeats();
        }
    }

    private void NextReadRound()
    {
        // A lease has to be renewed before it ends: all heartbeats are rounds then.
        if (_isReadRoundDue || _options.ReadLease)
        {
            _isReadRoundDue = false;
            _readRound++;
            BeginLeaseRound();
        }
    }

    // §6.4, step 3: a majority has heard from this leader since the reads were asked for.
    private void ConfirmReads()
    {
        if (_confirmedRound == _readRound)
        {
            return;
        }

        ulong heard = ReachedByMajority(ref _rounds, _readRound, static p => p.HeardRound);
        _confirmedRound = Math.Max(_confirmedRound, heard);
        RenewLease(heard);
        while (_waitingReads.TryPeek(out WaitingRead read) && read.Round <= _confirmedRound)
        {
            _waitingReads.Dequeue();
            Answer(read.Answer);
        }
    }

    private void Answer(in ReadReady read)
    {
        if (_readsReadyCount == _readsReady.Length)
        {
            Array.Resize(ref _readsReady, _readsReadyCount * 2);
        }

        _readsReady[_readsReadyCount++] = read;
    }

    private ReadOnlySpan<ReadReady> TakeReads()
    {
        int count = _readsReadyCount;
        _readsReadyCount = 0;
        return _readsReady.AsSpan(0, count);
    }

    private void DropReads()
    {
        _waitingReads.Clear();
        _readsReadyCount = 0;
        _isReadRoundDue = false;
        _confirmedRound = _readRound;
    }

    private readonly record struct WaitingRead(ulong Round, ReadReady Answer);
}
