using System.Text;
using RaftSim.Raft;
using RaftSim.Wire;

namespace RaftSim.Server;

// What follows from the inputs is carried out here: writes, messages, applied commands, events.
public sealed partial class ServerNode
{
    // After a restart there is a whole log to apply: not in one piece.
    private const int SubmittedMax = 1_000;

    private readonly Queue<(LogIndex Index, CommandId Command)> _resultsWanted = new();
    private readonly List<AppliedEntry> _forStateMachine = [];
    private readonly List<ServerId> _unreachable = [];
    private Told _told;
    private LogIndex _recoveredThrough;
    private LogIndex _submitted;
    private LogIndex _applied;

    private void CarryOut(MonoTime now)
    {
        if (_raft is null)
        {
            return;
        }

        do
        {
            NoteLeadership(now);
            SettleTransfer(now);
            while (!_failed && _raft.TryTakeReady(out Ready ready))
            {
                CarryOut(ready);
                FollowUp(now);
            }

            RaiseChanges();
        }
        while (!_failed && Lead(now));

        TakeSnapshotIfDue(now);
        ReleaseLog();
        _log.Flush();
        TakeLogEvents(now);
    }

    private void CarryOut(in Ready ready)
    {
        if (ready.Write is { } batch)
        {
            _log.Append(batch with
            {
                Sequence = batch.Sequence + FormingSequence,
                Cluster = _isClusterUnsaved ? Cluster : null,
            });
            _isClusterUnsaved = false;
        }

        foreach (ref readonly RaftMessage message in ready.Messages)
        {
            if (!SendRaft(message) && message.Kind == RaftMessageKind.Append)
            {
                _unreachable.Add(message.To);
            }
        }

        foreach (ReadOnlyMemory<LogEntry> slice in ready.Committed)
        {
            foreach (ref readonly LogEntry entry in slice.Span)
            {
                Commit(entry);
            }
        }

        if (ready.Install is { } offer)
        {
            _offered = offer;
        }

        // Behind what was committed: a read must find it applied.
        foreach (ref readonly ReadReady read in ready.Reads)
        {
            _confirmedReads.Add(read.Context);
        }
    }

    // What must not be done while the engine's output is being read.
    private void FollowUp(MonoTime now)
    {
        foreach (ServerId server in _unreachable)
        {
            _raft!.ReportUnreachable(server, now);
        }

        _unreachable.Clear();
        TakeOffer(now);
        if (_submitted > _applied && _forStateMachine.Count == 0 && !_isApplying)
        {
            _applied = _submitted;
            _raft!.Applied(_applied, now);
            Adopt(now);
        }
        else if (_forStateMachine.Count > 0)
        {
            SubmitToStateMachine();
        }

        AnswerReads();
    }

    private void SubmitToStateMachine()
    {
        _isApplying = true;
        _lastHandedOver = _submitted;
        _apply.Submit(_forStateMachine.ToArray(), _submitted);
        _forStateMachine.Clear();
    }

    private readonly WireDecoder _decoder = new();
    private bool _isApplying;
    private LogIndex _lastHandedOver;

    private void TakeApplied(LogIndex through, IReadOnlyList<ApplyResult> results, MonoTime now)
    {
        int next = 0;
        while (_resultsWanted.TryPeek(out (LogIndex Index, CommandId Command) wanted) && wanted.Index <= through)
        {
            _resultsWanted.Dequeue();
            while (next < results.Count && results[next].Index < wanted.Index)
            {
                next++;
            }

            ApplyResult result = next < results.Count && results[next].Index == wanted.Index
                ? results[next]
                : throw new InvariantException($"the apply stage has no result for index {wanted.Index}");
            if (_requests.Find(wanted.Command) is { } pending)
            {
                Complete(pending, ReplyOf(pending.Request, result));
            }
        }

        _isApplying = through < _lastHandedOver;
        _applied = LogIndex.Max(_applied, _isApplying ? through : LogIndex.Max(through, _submitted));
        _raft!.Applied(_applied, now);
        Adopt(now);
    }

    private void Commit(in LogEntry entry)
    {
        _submitted = entry.Index;
        _bytesSinceSnapshot += entry.Payload.Length;
        PendingRequest? proposed = _requests.FindProposed(entry.Index);
        if (proposed is not null && proposed.Term != entry.Term)
        {
            // Another entry was committed in its place: what was proposed is certainly not done, and may be tried again.
            _requests.MarkWaiting(proposed);
            proposed = null;
        }

        switch (entry.Kind)
        {
            case EntryKind.Command:
                Commit(entry, _decoder.DecodeCommand(entry.Payload));
                break;
            case EntryKind.Configuration when proposed is not null:
                Complete(proposed, new DoneReply());
                break;
            case EntryKind.Configuration or EntryKind.Noop:
                break;
            default:
                throw new InvariantException($"entry {entry.Index} has the unknown kind {entry.Kind}");
        }
    }

    private void Commit(in LogEntry entry, ClusterCommand command)
    {
        PendingRequest? pending = _requests.Find(command.Id);
        switch (command)
        {
            case UserCommand user:
                HandOver(new AppliedEntry(entry.Index, entry.Term, user.Time, user.Id, user.Payload), pending);
                break;
            case SessionCommand session:
                SessionUse use = _state.Apply(session);
                HandOver(
                    new AppliedEntry(entry.Index, entry.Term, session.Time, session.Id, session.Payload, use), pending);
                break;
            case InitializeAutopilotCommand initialize:
                TellSettings(_state.Apply(initialize, entry.Index));
                break;
            case SetAutopilotCommand set:
                bool isWritten = _state.Apply(set, entry.Index);
                TellSettings(isWritten);
                if (pending is not null)
                {
                    Complete(pending, new SetAutopilotConfigReply(isWritten));
                }

                break;
            default:
                throw new InvariantException($"entry {entry.Index} holds the unknown command {command.GetType().Name}");
        }
    }

    private void HandOver(in AppliedEntry entry, PendingRequest? pending)
    {
        _forStateMachine.Add(entry);
        if (pending is not null)
        {
            _resultsWanted.Enqueue((entry.Index, entry.Command));
        }

        if (_forStateMachine.Count == SubmittedMax)
        {
            SubmitToStateMachine();
        }
    }

    // What was in the log at the start is no news: it is applied again, as everything is.
    private void TellSettings(bool isWritten)
    {
        if (isWritten && _state.ModifyIndex > _recoveredThrough)
        {
            Raise(ServerEventKind.AutopilotConfigChanged, $"autopilot configuration written at index {_state.ModifyIndex}");
        }
    }

    private void RaiseChanges()
    {
        if (_told.IsTrueOf(_raft!))
        {
            return;
        }

        Told last = _told;
        Told status = Told.Of(_raft!);
        _told = status;
        if (status.Role != last.Role || status.Term != last.Term || status.Leader != last.Leader)
        {
            Raise(ServerEventKind.RoleChanged, status.Role switch
            {
                RaftRole.Leader => $"{_options.Name} leads in term {status.Term}",
                RaftRole.Candidate => $"{_options.Name} asks for votes in term {status.Term}",
                RaftRole.PreCandidate => $"{_options.Name} heard no leader and asks whether it could win an election",
                _ when status.Leader.IsNone => $"{_options.Name} follows nobody in term {status.Term}",
                _ => $"{_options.Name} follows {Display(status.Leader)} in term {status.Term}",
            }, status.Leader);
        }

        if (status.ConfigurationIndex != last.ConfigurationIndex)
        {
            Raise(ServerEventKind.ConfigurationChanged,
                $"configuration {status.ConfigurationIndex}: {Describe(status.Configuration)}");
            foreach (ref readonly ConfiguredServer server in last.Configuration.Servers)
            {
                bool stays = status.Configuration.TryFind(server.Id, out ConfiguredServer now) && now.AddedAt == server.AddedAt;
                if (!stays)
                {
                    _autopilot.ServerRemoved(server.Id);
                }
            }
        }
    }

    // What others are told of when it changes.
    private readonly record struct Told(
        RaftRole Role, Term Term, ServerId Leader, LogIndex ConfigurationIndex, Configuration Configuration)
    {
        public static Told Of(RaftNode raft) =>
            new(raft.Role, raft.Term, raft.Leader, raft.ConfigurationIndex, raft.Configuration);

        // Asked after every step: so piece by piece, and without a copy.
        public bool IsTrueOf(RaftNode raft) => Role == raft.Role && Term == raft.Term
            && ConfigurationIndex == raft.ConfigurationIndex && ReferenceEquals(Configuration, raft.Configuration)
            && Leader == raft.Leader;
    }

    private string Describe(Configuration configuration)
    {
        StringBuilder text = new();
        foreach (ConfiguredServer server in configuration.Servers)
        {
            text.Append(text.Length > 0 ? ", " : "").Append(Display(server.Id))
                .Append(server.Suffrage == Suffrage.Voter ? "" : " (non-voter)");
        }

        return text.Length == 0 ? "no servers" : text.ToString();
    }
}
