using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

// What a server says: dissertation figure 3.1 and appendix B, §3.10, §9.6. A message rests on durable state (docs/RAFT.md,
// "Messages"), which takes a step of its own: so a server says only what it was seen to be before the step under way.
public sealed partial class Refinement
{
    /// <inheritdoc/>
    public void Sent(int server, in Envelope envelope)
    {
        if (envelope.Message.Kind != ServerMessageKind.Raft)
        {
            return;
        }

        // A server that forms a cluster may speak in the step in which it has done so.
        ModelServer model = _servers[server];
        if (model.IsLive && model.Status.Term > Term.Zero)
        {
            model.Speak();
            RequireSpoken(model, envelope.Message.Raft);
        }
    }

    private void RequireSpoken(ModelServer model, in RaftMessage message)
    {
        RequireTermOf(model, message);
        switch (message.Kind)
        {
            case RaftMessageKind.PreVote:
                RequirePreVote(model, message);
                break;
            case RaftMessageKind.Vote:
                RequireVoteRequest(model, message);
                break;
            case RaftMessageKind.VoteReply when !message.Reject && message.To != model.Status.Vote:
                throw Broken(model, $"grants its vote in term {message.Term} to {message.To}, but had given it to "
                    + $"{Named(model.Status.Vote)}");
            case RaftMessageKind.AppendReply when !message.Reject:
                RequireAcknowledged(model, message);
                break;
            case RaftMessageKind.Append:
                RequireLead(model, message);
                RequireCommitOf(model, message.Commit);
                RequireSentEntries(model, message);
                break;
            case RaftMessageKind.Heartbeat:
                RequireLead(model, message);
                RequireHeartbeat(model, message);
                break;
            case RaftMessageKind.Snapshot:
                RequireLead(model, message);
                RequireCommitOf(model, message.Index);
                break;
            case RaftMessageKind.TimeoutNow:
                RequireLead(model, message);
                RequireCall(model, message);
                break;
        }
    }

    // §3.3: every message carries the term of its sender. Pre-votes and their grants speak of one to come (§9.6).
    private void RequireTermOf(ModelServer model, in RaftMessage message)
    {
        Term own = model.Status.Term;
        bool isRight = message switch
        {
            { Kind: RaftMessageKind.PreVote } => message.Term == own.Next,
            { Kind: RaftMessageKind.PreVoteReply, Reject: false } => message.Term > own,
            _ => message.Term == own,
        };
        if (!isRight)
        {
            throw Broken(model, $"sends a {message.Kind} of term {message.Term}, but was in term {own}");
        }
    }

    // §9.6: asked when the log is at rest, unless a snapshot was installed just before.
    private static void RequirePreVote(ModelServer model, in RaftMessage message)
    {
        LogPosition last = new(message.Index, message.LogTerm);
        if (!model.HasAskedWith(last) && last != new LogPosition(model.Status.LastIndex, model.Status.LastTerm))
        {
            model.Owed.Ask(last);
        }
    }

    // §3.4: the last place of its log; §4.2.3: it says that the leader asked for the election exactly when that has.
    private void RequireVoteRequest(ModelServer model, in RaftMessage message)
    {
        if (model.Status.Vote != model.Status.Self || !model.HasAskedWith(new(message.Index, message.LogTerm)))
        {
            throw Broken(model, $"asks for votes in term {message.Term} with a log up to {message.Index} of term "
                + $"{message.LogTerm}, but campaigned with another, or not at all");
        }

        if (model.IsCalled is bool isCalled && isCalled != message.IsTransfer)
        {
            throw Broken(model, $"asks for votes in term {message.Term} as "
                + (isCalled ? "if nobody had asked it to" : "one whom the leader has asked to campaign, but it has not"));
        }
    }

    // §3.5: acknowledged is what is durable, and matches what this leader has sent; or a snapshot that was installed.
    private static void RequireAcknowledged(ModelServer model, in RaftMessage message)
    {
        if (!MayAcknowledge(model, message.Index))
        {
            model.Owed.Acknowledge(message.Index);
        }

        model.Acknowledges(message.Term, message.Index);
    }

    private static bool MayAcknowledge(ModelServer model, LogIndex index) => index <= model.Status.DurableIndex
        && index <= LogIndex.Max(model.Matched, model.Status.Snapshot.Index);

    // §3.4: a candidate leads when its term is durable and it is elected, which may be in this very step.
    private void RequireLead(ModelServer model, in RaftMessage message)
    {
        if (model.Status.Role == RaftRole.Candidate)
        {
            model.Owed.Lead();
        }
        else if (model.Status.Role != RaftRole.Leader)
        {
            throw Broken(model, $"sends a {message.Kind} of term {message.Term}, which it does not lead");
        }
    }

    private static void RequireCommitOf(ModelServer model, LogIndex commit)
    {
        if (commit > model.Status.Commit)
        {
            model.Owed.TellCommit(commit);
        }
    }

    // A heartbeat is taken without a look at the log, so it tells no more than what is known to match there.
    private void RequireHeartbeat(ModelServer model, in RaftMessage message)
    {
        RequireCommitOf(model, message.Commit);
        if (message.Commit > LogIndex.Zero && message.Commit > model.MatchOf(message.To))
        {
            throw Broken(model, $"tells {message.To} in term {message.Term} that index {message.Commit} is committed, but has "
                + $"heard of it that its log matches up to {model.MatchOf(message.To)}");
        }
    }

    // §3.10: only a server with the whole log; a leader that goes for good tells whoever has most of it.
    private static void RequireCall(ModelServer model, in RaftMessage message)
    {
        if (model.MatchOf(message.To) < model.Status.LastIndex)
        {
            model.Owed.Call(message.To);
        }
    }

    private void RequireSentEntries(ModelServer model, in RaftMessage append)
    {
        if (model.Status.Role != RaftRole.Leader || append.Index + (ulong)append.Entries.Length > model.Status.LastIndex)
        {
            model.Owed.Append(append);
        }
        else if (!IsInLog(model.Log, new(append.Index, append.LogTerm), append.Entries.Span))
        {
            throw NotItsOwn(model, append.Term, append.Index);
        }
    }

    private static bool IsInLog(ReplicaLog log, in LogPosition previous, ReadOnlySpan<LogEntry> entries)
    {
        LogIndex index = previous.Index;
        if (index + (ulong)entries.Length > log.LastIndex || log.TermAt(index) != previous.Term)
        {
            return false;
        }

        foreach (ref readonly LogEntry entry in entries)
        {
            index = index.Next;
            if (!IsSame(entry, log.EntryAt(index)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSame(in LogEntry left, in LogEntry right) => left.Index == right.Index
        && left.Term == right.Term
        && left.Kind == right.Kind
        && (left.Payload.Equals(right.Payload) || left.Payload.Span.SequenceEqual(right.Payload.Span));

    // The step in which it spoke is over, and it stands as it was seen. What it said in a term that it has left within the
    // step cannot be judged any more.
    private void Settle(ModelServer model, Term before)
    {
        Owed owed = model.Owed;
        if (!owed.IsAny)
        {
            return;
        }

        ref readonly RaftStatus now = ref model.Status;
        if (now.Term == before)
        {
            SettleWords(model, owed, now);
        }

        if (owed.Commit > now.Commit)
        {
            throw Broken(model, $"tells others that index {owed.Commit} is committed, but takes only {now.Commit} for it");
        }

        if (owed.Leads && (now.Role != RaftRole.Leader || now.Term != before))
        {
            throw Broken(model, $"was a candidate in term {before} and speaks as its leader, but is {now.Role} in {now.Term}");
        }

        owed.Clear();
    }

    private void SettleWords(ModelServer model, Owed owed, in RaftStatus now)
    {
        if (owed.Acknowledged > LogIndex.Zero && !MayAcknowledge(model, owed.Acknowledged))
        {
            throw Broken(model, $"acknowledges index {owed.Acknowledged} in term {now.Term}, but its log is durable up to "
                + $"{now.DurableIndex} and known to match the leader's up to {model.Matched}");
        }

        if (owed.Asked is { } asked && !model.HasAskedWith(asked))
        {
            throw Broken(model, $"asks for pre-votes in term {now.Term} with a log up to {asked.Index} of term {asked.Term}, but "
                + $"it ends at {now.LastIndex} with term {now.LastTerm}");
        }

        if (now.Role != RaftRole.Leader)
        {
            return;
        }

        if (!owed.Called.IsNone)
        {
            throw Broken(model, $"leads on in term {now.Term} and tells {owed.Called} to campaign, whose log is known to match "
                + $"up to {model.MatchOf(owed.Called)} only");
        }

        foreach (ToldEntries sent in owed.Appends)
        {
            if (!IsInLog(model.Log, sent.Previous, sent.Entries.Span))
            {
                throw NotItsOwn(model, sent.Term, sent.Previous.Index);
            }
        }
    }

    private ViolationException NotItsOwn(ModelServer model, Term term, LogIndex previous) =>
        Broken(model, $"sends entries behind index {previous} in term {term} that are not in its log");
}
