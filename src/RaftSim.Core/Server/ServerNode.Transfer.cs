using RaftSim.Raft;

namespace RaftSim.Server;

// Leadership transfer as callers ask for it. Source: Nomad, operator/raft/transfer-leadership: three attempts.
public sealed partial class ServerNode
{
    private const int TransferAttemptsMax = 3;
    private const string TransferTimedOut = "leadership transfer timeout";

    // The one that is under way, if any: the Raft engine takes one at a time.
    private PendingRequest? _transfer;
    private ServerId _transferTo;
    private int _transferAttempts;

    private void Transfer(PendingRequest pending, TransferLeadershipRequest request, MonoTime now)
    {
        ServerId? target = null;
        if (request.Id is not null || request.Address is not null)
        {
            if (!TryFindServer(request.Id, request.Address, out ConfiguredServer named))
            {
                Complete(pending, NotInConfiguration(request.Id, request.Address));
                return;
            }

            target = named.Id;
        }

        ProposeOutcome outcome = _raft!.TransferLeadership(target, now);
        switch (outcome.Result)
        {
            case ProposeResult.Accepted:
                pending.Term = outcome.Term;
                _requests.MarkUnderWay(pending, PendingStage.Transferring);
                _transfer = pending;
                _transferTo = outcome.Server;
                _transferAttempts = 1;
                break;
            case ProposeResult.NoChange:
                Complete(pending, MovedTo(Id));
                break;
            case ProposeResult.NotLeader or ProposeResult.TransferInProgress:
                // Worth waiting for: nothing was done, and it may be possible in a moment.
                pending.Obstacle = outcome.Result == ProposeResult.NotLeader ? null : TextOf(outcome.Result);
                break;
            default:
                Complete(pending, TransferFailed(TextOf(outcome.Result)));
                break;
        }
    }

    // Looks what has become of the transfer: over when another server leads, or when this one took its work up again.
    private void SettleTransfer(MonoTime now)
    {
        if (_transfer is not { } pending)
        {
            return;
        }

        RaftNode raft = _raft!;
        bool stillLeads = raft.Role == RaftRole.Leader && raft.Term == pending.Term;
        if (pending.Stage != PendingStage.Transferring)
        {
            // Its caller was told already that the outcome is unknown.
            _transfer = null;
        }
        else if (stillLeads && raft.TransferTarget.IsNone)
        {
            TryTransferAgain(pending, now);
        }
        else if (!stillLeads && !raft.Leader.IsNone)
        {
            _transfer = null;
            Complete(pending, raft.Leader == _transferTo
                ? MovedTo(raft.Leader)
                : TransferFailed($"{Display(raft.Leader)} was elected instead"));
        }
    }

    private void TryTransferAgain(PendingRequest pending, MonoTime now)
    {
        string error = TransferTimedOut;
        if (_transferAttempts < TransferAttemptsMax)
        {
            _transferAttempts++;
            ProposeOutcome outcome = _raft!.TransferLeadership(_transferTo, now);
            if (outcome.IsAccepted)
            {
                return;
            }

            error = TextOf(outcome.Result);
        }

        _transfer = null;
        Complete(pending, TransferFailed(error));
    }

    private TransferLeadershipReply MovedTo(ServerId to) => new(Id, _options.Address, to, AddressOf(to));

    private static ErrorReply TransferFailed(string error) => new(
        ServerErrorKind.Refused,
        $"failed to transfer leadership in {TransferAttemptsMax} attempts. last error: {error}");
}
