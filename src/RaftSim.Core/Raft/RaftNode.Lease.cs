namespace RaftSim.Raft;

// Reads without a round of their own, by trust in clocks: dissertation §6.4.1. Off by default. Why no read is stale,
// and what that rests on: docs/RAFT.md, "Leases".
public sealed partial class RaftNode
{
    private readonly Duration _leaseSpan;

    // Leader: the round that is to bring the next lease, 0 for none, and when it left. One at a time: a later round
    // that is answered first stands for it.
    private ulong _leaseRound;
    private MonoTime _leaseRoundAt;
    private MonoTime? _leaseUntil;
    private bool _isLeaseForfeited;

    // Every server: until when it has promised not to vote.
    private MonoTime? _votesBarredUntil;

    // Whoever is to take over may be elected any time by those that made a promise to this leader. §6.4.1.
    private bool HoldsLease => _now < _leaseUntil && _transferTarget.IsNone;

    // §6.4.1: no vote for an election timeout from hearing a leader on, whatever else is heard meanwhile: a newer
    // term makes a server forget its leader, but that leader counts on it all the same.
    private bool AreVotesBarred => _now < _votesBarredUntil;

    // ---- Leader ----

    private void BeginLeaseRound()
    {
        if (_options.ReadLease && _leaseRound == 0)
        {
            _leaseRound = _readRound;
            _leaseRoundAt = _now;
        }
    }

    // §6.4.1: the lease counts from when the round left. The others count from when it arrived, which was later; when
    // their answers came back says nothing.
    private void RenewLease(ulong heard)
    {
        if (_leaseRound != 0 && heard >= _leaseRound)
        {
            _leaseUntil = _isLeaseForfeited ? null : _leaseRoundAt + _leaseSpan;
            _leaseRound = 0;
        }
    }

    // What is known was said to another configuration, or to a leader that leads no more.
    private void DropLease()
    {
        _leaseRound = 0;
        _leaseUntil = null;
    }

    // §3.10, §6.4.1: the election that this leader asks for is heeded by those that promised not to vote, and the
    // message may arrive at any time. So there is no lease in this term any more, even if the transfer is given up.
    private void ForfeitLease()
    {
        DropLease();
        _isLeaseForfeited = true;
    }

    // ---- Every server ----

    // Also for a start: what a server had promised before it stopped, it does not remember, nor how long ago that was.
    private void BarVotes()
    {
        if (_options.ReadLease)
        {
            _votesBarredUntil = _now + _options.ElectionTimeout;
        }
    }
}
