namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What was committed at each index, by the first server that said so, and the term in which it said so. Every other
/// server's commits are held against it: a committed entry never changes (dissertation §3.6).
/// </summary>
public sealed class CommitHistory : IChecker
{
    private readonly Pages<Commit> _commits = new();

    /// <inheritdoc/>
    public string Name => "committed-never-changes";

    /// <summary>The highest index that was ever committed.</summary>
    public LogIndex Last => new((ulong)_commits.Count);

    /// <summary>The hash of everything up to and including a committed index, or 0 for index 0.</summary>
    public ulong HashAt(LogIndex index) => index == LogIndex.Zero ? 0 : At(index).Prefix;

    /// <summary>The committed entry at an index.</summary>
    public LogEntry EntryAt(LogIndex index) => At(index).Entry;

    /// <summary>A term by which the entry was committed: the term of the first server that knew it.</summary>
    public Term CommittedIn(LogIndex index) => index == LogIndex.Zero ? Term.Zero : At(index).In;

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        LogIndex before = observation.Before.Commit;
        LogIndex commit = observation.Now.Commit;
        if (observation.ChangedFrom <= before)
        {
            throw new ViolationException(Name, $"server {observation.Server} changed its log from index "
                + $"{observation.ChangedFrom} on, but knew that everything up to {before} was committed");
        }

        if (commit == before)
        {
            return;
        }

        if (commit < before)
        {
            throw new ViolationException(
                Name, $"the commit index of server {observation.Server} fell from {before} to {commit}");
        }

        if (commit > observation.Log.LastIndex)
        {
            throw new ViolationException(Name, $"server {observation.Server} says that index {commit} is committed, "
                + $"but its log ends at {observation.Log.LastIndex}");
        }

        LogIndex known = LogIndex.Min(commit, Last);
        if (observation.Log.HashAt(known) != HashAt(known))
        {
            throw new ViolationException(Name, $"server {observation.Server} says that its log is committed up to {commit}, "
                + $"but it differs from what was committed before: {FirstDifference(observation.Log, known)}");
        }

        for (LogIndex index = Last.Next; index <= commit; index = index.Next)
        {
            _commits.Add(new Commit(observation.Log.EntryAt(index), observation.Log.HashAt(index), observation.Now.Term));
        }
    }

    /// <summary>A server has a snapshot up to a place: that must be committed.</summary>
    internal void RequireCommitted(ServerId server, in LogPosition last)
    {
        if (last.Index > Last || EntryAt(last.Index).Term != last.Term)
        {
            throw new ViolationException(Name, $"server {server} has a snapshot up to index {last.Index} of term {last.Term}, "
                + "but nothing of that kind was committed");
        }
    }

    /// <summary>Says where a log first differs from what was committed.</summary>
    internal string FirstDifference(ReplicaLog log, LogIndex limit)
    {
        for (LogIndex index = new(1); index <= limit; index = index.Next)
        {
            if (index > log.LastIndex)
            {
                return $"its log ends at {log.LastIndex}, index {index} of term {At(index).Entry.Term} is missing";
            }

            if (log.HashAt(index) != HashAt(index))
            {
                return $"at index {index} it has an entry of term {log.TermAt(index)}, committed was one of term "
                    + $"{At(index).Entry.Term}";
            }
        }

        return "nowhere";
    }

    private ref readonly Commit At(LogIndex index) => ref _commits[checked((int)index.Value - 1)];

    private readonly record struct Commit(LogEntry Entry, ulong Prefix, Term In);
}
