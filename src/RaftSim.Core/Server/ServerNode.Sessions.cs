namespace RaftSim.Server;

// Client sessions: their commands carry cluster time, may be repeated, and are answered by what the sessions remember
// (dissertation §6.3). The sessions themselves are in the apply stage: SessionMachine.
public sealed partial class ServerNode
{
    // What the cluster time was when it was last looked up, and when that was; both while this server leads one term.
    private Duration _clusterTime;
    private MonoTime _clusterTimeAt;
    private Term _clusterTimeIn;

    private void ProposeInSession(PendingRequest pending, MonoTime now)
    {
        Duration time = ClusterTimeAt(now);
        (SessionUse use, ReadOnlyMemory<byte> payload) = pending.Request switch
        {
            OpenSessionRequest open => (new SessionUse(SessionVerb.Open, default, open.Lifetime, time), default),
            KeepSessionRequest keep => (Of(SessionVerb.Keep, new SessionNumber(keep.Session, 0, keep.OldestOpen)), default),
            CloseSessionRequest close => (Of(SessionVerb.Close, new SessionNumber(close.Session, 0, 0)), default),
            ProposeRequest { Session: { } command } propose => (Of(SessionVerb.Propose, command), propose.Payload),
            _ => throw new InvariantException($"{pending.Request.GetType().Name} concerns no session"),
        };
        Propose(pending, new SessionCommand(use, payload) { Id = pending.Command, Time = WallTimeAt(now) }, now);

        SessionUse Of(SessionVerb verb, in SessionNumber target) => new(verb, target, Duration.Zero, time);
    }

    // On from what is known to be committed, by this leader's clock. Until this leader is ready it may be behind the truth.
    private Duration ClusterTimeAt(MonoTime now)
    {
        if (_raft!.Term != _clusterTimeIn)
        {
            // It begins to lead, and the time since anybody last did does not count. Its first command may come in the very
            // step in which it was elected.
            (_clusterTimeIn, _clusterTime, _clusterTimeAt) = (_raft.Term, _state.ClusterTime, now);
        }

        Duration time = _clusterTime + (now - _clusterTimeAt);
        _clusterTime = _state.ClusterTime > time ? _state.ClusterTime : time;
        _clusterTimeAt = now;
        return _clusterTime;
    }

    private static ErrorReply? SessionObjection(ServerRequest request) => request switch
    {
        OpenSessionRequest open when open.Lifetime < OpenSessionRequest.LifetimeMin
            || open.Lifetime > OpenSessionRequest.LifetimeMax => new ErrorReply(
            ServerErrorKind.Refused,
            $"lifetime {open.Lifetime} of a session: must be {OpenSessionRequest.LifetimeMin} to "
                + $"{OpenSessionRequest.LifetimeMax}"),
        ProposeRequest { Session: { } command } when command.OldestOpen < 1 || command.OldestOpen > command.Number
            || command.Number - command.OldestOpen >= Limits.SessionWindow => new ErrorReply(
            ServerErrorKind.Refused,
            $"number {command.Number} of session {command.Session} with {command.OldestOpen} as the oldest open one: that "
                + $"must be 1 to {command.Number}, and less than {Limits.SessionWindow} behind"),
        _ => null,
    };

    private static ServerReply ReplyOf(ServerRequest request, in ApplyResult result) => (result.Outcome, request) switch
    {
        (ApplyOutcome.Applied, OpenSessionRequest) => new SessionReply(result.Index),
        (ApplyOutcome.Applied, KeepSessionRequest) or (not ApplyOutcome.Repeated, CloseSessionRequest) => new DoneReply(),
        (ApplyOutcome.Applied, _) => new CommandReply(result.Index, result.Result),
        (ApplyOutcome.Repeated, _) => new CommandReply(result.RepeatOf, result.Result),
        (ApplyOutcome.TooManySessions, _) => new ErrorReply(
            ServerErrorKind.Busy, $"{Limits.SessionsMax} sessions are open already"),
        (_, KeepSessionRequest keep) => Gone($"session {keep.Session} is not open: it expired, was closed, or never was"),
        (ApplyOutcome.SessionNotOpen, ProposeRequest { Session: { } command }) => Gone(
            $"session {command.Session} is not open: it expired, was closed, or never was; a command sent in it before may "
                + "have been applied"),
        (ApplyOutcome.Forgotten, ProposeRequest { Session: { } command }) => Gone(
            $"session {command.Session} has forgotten number {command.Number}: it was answered or given up, or the answers "
                + "became too long to remember"),
        _ => throw new InvariantException($"{request.GetType().Name} cannot end as {result.Outcome}"),
    };

    private static ErrorReply Gone(string text) => new(ServerErrorKind.SessionGone, text);

    // It may have been done, and may be done again without harm: so it is, until there is an answer.
    private void Repeat(PendingRequest pending)
    {
        pending.MayBeDone |= pending.Request.IsWrite;
        _requests.MarkWaiting(pending);
    }

    // What this server has begun for its own callers in earlier terms and cannot finish: the next leader can. What it has
    // proposed in the very step in which it was elected is under way.
    private void RepeatProposed()
    {
        foreach (PendingRequest pending in _requests.Of(PendingStage.Proposed))
        {
            if (pending.Request.IsRepeatable && pending.ForwardedBy is null && pending.Term != _leadingTerm)
            {
                Repeat(pending);
            }
        }
    }
}
