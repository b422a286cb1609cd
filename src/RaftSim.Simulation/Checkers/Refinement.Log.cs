using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

// What becomes of a log, and how far it is committed: dissertation §3.5, §3.6, §4.1, §5.2.
public sealed partial class Refinement
{
    // §5.2: a snapshot that a leader has offered takes the place of the log up to its end. One of the own state ends no
    // further than what was committed before.
    private static bool IsInstalled(ModelServer model, in RaftStatus now) =>
        now.Snapshot.Index > model.Status.Commit && now.Snapshot != model.Status.Snapshot;

    private void RequireLog(ModelServer model, in ServerObservation seen, in RaftStatus now, bool isInstalled)
    {
        if (isInstalled && !model.IsOffered(now.Snapshot))
        {
            throw Broken(model, $"has a snapshot up to index {now.Snapshot.Index} of term {now.Snapshot.Term}, which no leader "
                + "has offered");
        }

        RequireCut(model, seen, isInstalled);
        if (seen.ChangedFrom > now.LastIndex || model.Heard.IsIncomplete)
        {
            return;
        }

        LogIndex first = isInstalled && seen.ChangedFrom <= now.Snapshot.Index ? now.Snapshot.Index.Next : seen.ChangedFrom;
        if (now.Role == RaftRole.Leader)
        {
            RequireOwn(model, seen.Log, now, first);
        }
        else
        {
            RequireTold(model, seen.Log, now, first);
        }
    }

    // §3.5: entries are dropped only for an Append with an entry of another term in their place.
    private void RequireCut(ModelServer model, in ServerObservation seen, bool isInstalled)
    {
        ref readonly RaftStatus before = ref model.Status;
        if (seen.ChangedFrom > before.LastIndex || isInstalled || model.Heard.IsIncomplete)
        {
            return;
        }

        foreach (ToldEntries told in model.Heard.Appends)
        {
            if (told.ConflictAt <= seen.ChangedFrom && told.Term <= seen.Now.Term)
            {
                return;
            }
        }

        throw Broken(model, $"dropped its log from index {seen.ChangedFrom} on, which ended at {before.LastIndex}, but no leader "
            + "has sent an entry of another term for that place");
    }

    // §3.5, §6.4: a leader appends entries of its own term, the first of them a no-op.
    private void RequireOwn(ModelServer model, ReplicaLog log, in RaftStatus now, LogIndex first)
    {
        bool isNew = model.Status.Role != RaftRole.Leader;
        LogIndex configuration = model.Status.ConfigurationIndex;
        for (LogIndex index = first; index <= now.LastIndex; index = index.Next)
        {
            LogEntry entry = log.EntryAt(index);
            if (entry.Term != now.Term || (isNew && index == first && entry.Kind != EntryKind.Noop))
            {
                throw Broken(model, $"leads term {now.Term} and appends, as index {index}, an entry of term {entry.Term} and "
                    + $"kind {entry.Kind}");
            }

            if (entry.Kind == EntryKind.Configuration)
            {
                RequireChange(model, log, now, index, configuration);
                configuration = index;
            }
        }
    }

    // §4.1 as amended in 2015: a change follows a committed one, and a committed entry of the leader's own term.
    private void RequireChange(ModelServer model, ReplicaLog log, in RaftStatus now, LogIndex index, LogIndex previous)
    {
        if (previous > now.Commit || log.TermAt(now.Commit) != now.Term)
        {
            throw Broken(model, $"leads term {now.Term} and changes the configuration at index {index}, but has committed up to "
                + $"index {now.Commit} of term {log.TermAt(now.Commit)} only, and the configuration before is at {previous}");
        }
    }

    // §3.5: what a follower appends came from a leader, entry for entry. Who led, or was elected and deposed in one step, may
    // have appended something of its own before.
    private void RequireTold(ModelServer model, ReplicaLog log, in RaftStatus now, LogIndex first)
    {
        ref readonly RaftStatus before = ref model.Status;
        bool mayLead = before.Role is RaftRole.Leader or RaftRole.Candidate;
        for (LogIndex index = first; index <= now.LastIndex; index = index.Next)
        {
            LogEntry entry = log.EntryAt(index);
            bool isOwn = mayLead && entry.Term == before.Term;
            bool isFirst = index.Value == 1 && entry.Kind == EntryKind.Configuration && before.Term == Term.Zero;
            if (!isOwn && !isFirst && !IsTold(model, entry, now.Term))
            {
                throw Broken(model, $"is {now.Role} in term {now.Term} and has a new entry of term {entry.Term} and kind "
                    + $"{entry.Kind} at index {index}, which no leader has sent");
            }
        }
    }

    private static bool IsTold(ModelServer model, in LogEntry entry, Term term)
    {
        List<ToldEntries> appends = model.Heard.Appends;
        for (int i = appends.Count - 1; i >= 0; i--)
        {
            if (appends[i].Term <= term && appends[i].Has(entry))
            {
                return true;
            }
        }

        return false;
    }

    // §3.6.2: a leader commits an entry of its own term, and with it all before. §3.5, figure 3.1: a follower goes no further
    // than its leader has said, and than its log is known to be that leader's.
    private void RequireCommit(ModelServer model, ReplicaLog log, in RaftStatus now, bool isInstalled)
    {
        ref readonly RaftStatus before = ref model.Status;
        if (now.Commit <= before.Commit || now.Commit > now.LastIndex || (isInstalled && now.Commit <= now.Snapshot.Index))
        {
            return;
        }

        Term term = log.TermAt(now.Commit);
        bool hasLed = before.Role == RaftRole.Leader && term == before.Term;
        if (now.Role == RaftRole.Leader ? term == now.Term : hasLed || model.Heard.IsIncomplete)
        {
            return;
        }

        LogIndex told = now.Role == RaftRole.Leader ? LogIndex.Zero : ToldCommit(model, log, now);
        if (now.Commit > told)
        {
            throw Broken(model, $"is {now.Role} in term {now.Term} and takes index {now.Commit} of term {term} for committed, "
                + $"but may do so up to {LogIndex.Max(told, before.Commit)}");
        }
    }

    private static LogIndex ToldCommit(ModelServer model, ReplicaLog log, in RaftStatus now)
    {
        LogIndex told = LogIndex.Max(model.Heard.Commit, model.OfferedAndThere(log));
        foreach (ToldEntries append in model.Heard.Appends)
        {
            if (append.Term <= now.Term)
            {
                LogIndex kept = append.KeptIn(log);
                kept = kept > LogIndex.Zero ? kept : LeftOf(append, model, log, now.Term);
                told = LogIndex.Max(told, LogIndex.Min(append.Commit, kept));
            }
        }

        return told;
    }

    // All that was sent may be gone, with the place behind which it was, because the log was cut for a later leader in this very
    // step. What is not of that leader was there when it was taken.
    private static LogIndex LeftOf(in ToldEntries gone, ModelServer model, ReplicaLog log, Term now)
    {
        Term term = gone.Term;
        bool isCut = model.Heard.Appends.Exists(
            later => later.Term > term && later.Term <= now && later.KeptIn(log) > LogIndex.Zero);
        LogIndex last = isCut ? log.LastIndex : LogIndex.Zero;
        while (last > LogIndex.Zero && log.TermAt(last) > term)
        {
            last = last.Previous;
        }

        return last;
    }
}
