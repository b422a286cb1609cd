using RaftSim.Raft;

namespace RaftSim.Server;

// What callers ask, wherever the leader is. A request is sent to the leader once: it goes out again only when it is certain
// that nothing was done, or when doing it again changes nothing. So a caller learns truly: done, refused, or outcome unknown.
public sealed partial class ServerNode
{
    private static readonly Duration _waitingCheck = Duration.Milliseconds(50);
    private static readonly Duration _answerCheck = Duration.Milliseconds(250);
    private static readonly Duration _repeatAfter = Duration.Seconds(1);

    // Begun on this server: what happens to these is up to the log, the majority, or the state machine.
    private static ReadOnlySpan<PendingStage> UnderWay =>
        [PendingStage.Proposed, PendingStage.Reading, PendingStage.Querying, PendingStage.Transferring];

    private readonly CommandWindow _taken = new();
    private MonoTime _checkRequestsAt = MonoTime.Never;
    private ulong _lastSequence;

    private CommandId NextCommand() => new(Id, _incarnation, ++_lastSequence);

    private void TakeRequest(ulong requestId, ServerRequest request, MonoTime now)
    {
        if (Objection(request) is ErrorReply objection)
        {
            _events.Replied(requestId, objection);
            return;
        }

        PendingRequest pending = new(NextCommand(), request)
        {
            RequestId = requestId,
            HoldUntil = now + _options.RpcHoldTimeout,
            Deadline = now + _options.RequestTimeout,
        };
        Invariant.Require(_requests.TryAdd(pending));
        Advance(pending, now);
        ScheduleCheck(now);
    }

    private ErrorReply? Objection(ServerRequest request)
    {
        if (_requests.Count >= Limits.PendingRequestsMax)
        {
            return new ErrorReply(ServerErrorKind.Busy, $"{_requests.Count} requests are waiting already");
        }

        if (SessionObjection(request) is { } objection)
        {
            return objection;
        }

        (string what, int bytes) = request switch
        {
            ProposeRequest propose => ("command", propose.Payload.Length),
            QueryRequest query => ("query", query.Query.Length),
            _ => ("", 0),
        };
        return bytes > Limits.CommandBytesMax
            ? new ErrorReply(ServerErrorKind.Refused, $"{what} of {bytes} bytes: at most {Limits.CommandBytesMax} are allowed")
            : null;
    }

    // One step towards the leader: carried out here, sent there, or left waiting.
    private void Advance(PendingRequest pending, MonoTime now)
    {
        if (!IsStarted || _forming is not null)
        {
            return;
        }

        RaftNode raft = _raft!;
        if (pending.Request.IsStale)
        {
            AnswerNow(pending);
        }
        else if (raft.Role == RaftRole.Leader)
        {
            Execute(pending, now);
        }
        else if (pending.ForwardedBy is not null)
        {
            Complete(pending, new ErrorReply(ServerErrorKind.NotLeader, "not the leader"));
        }
        else if (!raft.Leader.IsNone)
        {
            ForwardedRequest forwarded = new(pending.Command, pending.Request) { Term = raft.Term };
            if (SendToLeader(raft.Leader, Lane.Bulk, ServerMessage.Of(forwarded)))
            {
                _requests.MarkForwarded(pending, raft.Term, now);
            }
        }
    }

    private void TakeForwarded(in Envelope envelope, ForwardedRequest forwarded, MonoTime now)
    {
        PendingRequest pending = new(forwarded.Command, forwarded.Request)
        {
            ForwardedBy = new ForwardOrigin(envelope.From, envelope.FromDisk, envelope.FromAddress, forwarded.Term),
            HoldUntil = now + _options.RpcHoldTimeout,
            Deadline = now + _options.RequestTimeout,
        };
        if (!forwarded.Request.IsRepeatable && !MayTake(forwarded))
        {
            return;
        }

        if (_raft!.Role != RaftRole.Leader || _raft.Term != forwarded.Term)
        {
            Reply(pending, new ErrorReply(ServerErrorKind.NotLeader, "not the leader"));
            return;
        }

        if (Objection(forwarded.Request) is ErrorReply objection)
        {
            Reply(pending, objection);
            return;
        }

        if (!_requests.TryAdd(pending))
        {
            return;
        }

        Execute(pending, now);
        ScheduleCheck(now);
    }

    // A write is taken, or refused as "not the leader" (and so tried elsewhere), at most once: a copy of one that was taken
    // before, perhaps before a restart of this server, must not be answered at all. No leader leads the same term twice, so
    // what is not taken in its term never will be.
    private bool MayTake(ForwardedRequest forwarded) =>
        _taken.LedTerm == forwarded.Term && _taken.TryTake(forwarded.Command);

    private void TakeForwardedReply(ForwardedReply message, MonoTime now)
    {
        if (_requests.Find(message.Command) is not { Stage: PendingStage.Forwarded } pending || pending.Term != message.Term)
        {
            return;
        }

        switch (message.Reply)
        {
            case ErrorReply { Kind: ServerErrorKind.NotLeader } when pending.Request.IsRepeatable:
                Repeat(pending);
                ScheduleCheck(now);
                break;
            case ErrorReply { Kind: ServerErrorKind.NotLeader }:
                _requests.MarkWaiting(pending);
                ScheduleCheck(now);
                break;
            case ErrorReply { Kind: not ServerErrorKind.SessionGone }
                when pending.Request is { IsRepeatable: true, IsWrite: true }:
                // Whatever it says of this message, a copy of it may be taken yet: only a result ends this. The leader may
                // be busy, so it is asked again no sooner than if it had said nothing.
                pending.MayBeDone = true;
                break;
            case ErrorReply error:
                Complete(pending, error with { Forwarded = true });
                break;
            default:
                Complete(pending, message.Reply);
                break;
        }
    }

    private void Complete(PendingRequest pending, ServerReply reply)
    {
        _requests.Remove(pending);
        bool saysNothingDone = reply is ErrorReply { Kind: not (ServerErrorKind.OutcomeUnknown or ServerErrorKind.SessionGone) };
        Reply(pending, pending.MayBeDone && saysNothingDone ? OutcomeUnknown : reply);
    }

    private void Reply(PendingRequest pending, ServerReply reply)
    {
        if (pending.RequestId is ulong requestId)
        {
            _events.Replied(requestId, reply);
        }
        else if (pending.ForwardedBy is { } by)
        {
            Send(by.Id, by.Disk, by.Address, Lane.Bulk,
                ServerMessage.Of(new ForwardedReply(pending.Command, reply) { Term = by.Term }));
        }
    }

    private void ScheduleCheck(MonoTime now)
    {
        if (_requests.Count == 0)
        {
            _checkRequestsAt = MonoTime.Never;
            return;
        }

        MonoTime due = now + (_requests.WaitingCount > 0 ? _waitingCheck : _answerCheck);
        bool isPast = _checkRequestsAt <= now || _checkRequestsAt == MonoTime.Never;
        _checkRequestsAt = isPast ? due : MonoTime.Min(_checkRequestsAt, due);
    }

    private void CheckRequests(MonoTime now)
    {
        foreach (PendingRequest pending in _requests.Of(PendingStage.Forwarded))
        {
            // What does no harm when done again may be asked again; any other write only waits for the truth.
            if (now >= pending.Deadline)
            {
                Complete(pending, pending.Request.IsWrite ? OutcomeUnknown : NoLeader);
            }
            else if (pending.Request.IsRepeatable && now >= pending.SentAt + _repeatAfter)
            {
                Repeat(pending);
            }
        }

        foreach (PendingStage stage in UnderWay)
        {
            foreach (PendingRequest pending in _requests.Of(stage))
            {
                if (now >= pending.Deadline)
                {
                    Complete(pending, pending.Request.IsWrite ? OutcomeUnknown : NoLeader);
                }
            }
        }

        AdvanceWaiting(now);
        _checkRequestsAt = MonoTime.Never;
        ScheduleCheck(now);
    }

    private void AdvanceWaiting(MonoTime now)
    {
        // Of() lends one buffer: what Advance answers or moves does not change the list under way.
        foreach (PendingRequest pending in _requests.Of(PendingStage.Waiting))
        {
            if (now < (pending.MayBeDone ? pending.Deadline : pending.HoldUntil))
            {
                Advance(pending, now);
            }
            else
            {
                Complete(pending, GiveUp(pending));
            }
        }
    }

    private ErrorReply GiveUp(PendingRequest pending)
    {
        bool leads = IsStarted && _raft!.Role == RaftRole.Leader;
        if (!leads)
        {
            return NoLeader;
        }

        return pending.Obstacle is string obstacle
            ? new ErrorReply(ServerErrorKind.Refused, obstacle)
            : new ErrorReply(ServerErrorKind.NotReady, "Not ready to serve consistent reads");
    }

    private static ErrorReply NoLeader => new(ServerErrorKind.NoLeader, "No cluster leader");

    private static ErrorReply OutcomeUnknown => new(ServerErrorKind.OutcomeUnknown,
        "outcome unknown: the leader did not answer in time, the change may or may not be made");

    // The server stops: what was not sent or proposed was certainly not done.
    private void AnswerEverything()
    {
        foreach (PendingStage stage in (ReadOnlySpan<PendingStage>)[PendingStage.Waiting, PendingStage.Forwarded, .. UnderWay])
        {
            foreach (PendingRequest pending in _requests.Of(stage))
            {
                bool mayBeDone = stage != PendingStage.Waiting && pending.Request.IsWrite;
                Complete(pending, mayBeDone ? OutcomeUnknown : NoLeader);
            }
        }
    }
}
