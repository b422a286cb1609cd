using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What a server has received since it was last looked at, as far as it can explain a step: in one step it takes all that
/// waits for it, so what is kept is everything that may have been taken, each kind once. Nothing is allocated for what comes
/// all the time, such as heartbeats. There is room for more than ever waits; of what comes beyond it, nothing is known, and
/// then nothing is objected to (<see cref="IsIncomplete"/>).
/// </summary>
internal sealed class Heard
{
    private const int FewMax = 16;
    private const int AppendsMax = 256;

    private readonly List<Term> _terms = [];
    private readonly List<(Term Term, ServerId From)> _leaders = [];
    private readonly List<(Term Term, ServerId From)> _calls = [];
    private readonly List<Ballot> _ballots = [];
    private bool _isEmpty = true;

    /// <summary>Whether something had no room.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>How far leaders have said, of entries that the log had already, that they are committed.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>Appends with something that the log did not have.</summary>
    public List<ToldEntries> Appends { get; } = [];

    /// <summary>The newest term in a message; 0 for none that is newer than the server's own.</summary>
    public Term Newest { get; private set; }

    /// <summary>A message carried a term that is newer than the server's own.</summary>
    public void AddTerm(Term term)
    {
        Newest = term > Newest ? term : Newest;
        Add(_terms, term);
    }

    /// <summary>Somebody spoke as the leader of a term.</summary>
    public void AddLeader(Term term, ServerId leader) => Add(_leaders, (term, leader));

    /// <summary>The leader of a term said that it is time to campaign.</summary>
    public void AddCall(Term term, ServerId leader) => Add(_calls, (term, leader));

    /// <summary>Somebody asked for a vote.</summary>
    public void AddBallot(Term term, ServerId candidate, LogPosition last, bool isUpToDate) =>
        Add(_ballots, new Ballot(term, candidate, last, isUpToDate));

    /// <summary>A leader sent entries, or asked where the logs meet.</summary>
    public void AddAppend(in ToldEntries told)
    {
        _isEmpty = false;
        if (Appends.Count == AppendsMax)
        {
            IsIncomplete = true;
            return;
        }

        Appends.Add(told);
    }

    /// <summary>A leader said that the log, which is known to match its own so far, is committed.</summary>
    public void AddCommit(LogIndex through)
    {
        if (through > Commit)
        {
            Commit = through;
            _isEmpty = false;
        }
    }

    /// <summary>Whether a message carried a term.</summary>
    public bool HasTerm(Term term) => IsIncomplete || _terms.Contains(term);

    /// <summary>Whether somebody, or one server, spoke as the leader of a term.</summary>
    public bool HasLeader(Term term, ServerId leader = default)
    {
        foreach ((Term Term, ServerId From) one in _leaders)
        {
            if (one.Term == term && (leader.IsNone || one.From == leader))
            {
                return true;
            }
        }

        return IsIncomplete;
    }

    /// <summary>Whether the leader of a term called: the one known before, or one heard since.</summary>
    public bool HasCall(Term term, ServerId known)
    {
        foreach ((Term Term, ServerId From) one in _calls)
        {
            if (one.Term == term && (one.From == known || HasLeader(term, one.From)))
            {
                return true;
            }
        }

        return IsIncomplete;
    }

    /// <summary>The request for a vote in a term by a candidate; none: there was none.</summary>
    public Ballot? FindBallot(Term term, ServerId candidate)
    {
        foreach (Ballot ballot in _ballots)
        {
            if (ballot.Term == term && ballot.Candidate == candidate)
            {
                return ballot;
            }
        }

        return null;
    }

    /// <summary>The server was looked at: from here on only what comes next can explain its steps.</summary>
    public void Clear()
    {
        if (_isEmpty)
        {
            return;
        }

        _terms.Clear();
        _leaders.Clear();
        _calls.Clear();
        _ballots.Clear();
        Appends.Clear();
        Commit = LogIndex.Zero;
        Newest = Term.Zero;
        IsIncomplete = false;
        _isEmpty = true;
    }

    private void Add<T>(List<T> list, T one)
    {
        _isEmpty = false;
        if (list.Contains(one))
        {
            return;
        }

        if (list.Count == FewMax)
        {
            IsIncomplete = true;
            return;
        }

        list.Add(one);
    }
}

/// <summary>A request for a vote.</summary>
/// <param name="Term">In which term.</param>
/// <param name="Candidate">For whom.</param>
/// <param name="Last">The end of the candidate's log.</param>
/// <param name="IsUpToDate">Whether that was at least as new as the log of the asked server when it came.</param>
internal readonly record struct Ballot(Term Term, ServerId Candidate, LogPosition Last, bool IsUpToDate);

/// <summary>What an Append said.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Previous">The place before the entries.</param>
/// <param name="End">The place of the last entry; without entries the place before.</param>
/// <param name="Commit">How far the leader takes its log for committed.</param>
/// <param name="Entries">The entries. They lie in chunks that are never written again, or were decoded for this message.</param>
/// <param name="ConflictAt">
/// The first index at which the log, as it was when this came, has an entry of another term; the largest number for none.
/// </param>
internal readonly record struct ToldEntries(
    Term Term, LogPosition Previous, LogPosition End, LogIndex Commit, ReadOnlyMemory<LogEntry> Entries, LogIndex ConflictAt)
{
    /// <summary>What a message says, held against the log of the server that receives it.</summary>
    public static ToldEntries Of(in RaftMessage append, ReplicaLog log)
    {
        LogPosition end = EndOf(append);
        ReadOnlySpan<LogEntry> entries = append.Entries.Span;
        LogIndex conflict = new(ulong.MaxValue);
        for (int i = 0; i < entries.Length && entries[i].Index <= log.LastIndex; i++)
        {
            if (log.TermAt(entries[i].Index) != entries[i].Term)
            {
                conflict = entries[i].Index;
                break;
            }
        }

        return new(append.Term, new(append.Index, append.LogTerm), end, append.Commit, append.Entries, conflict);
    }

    /// <summary>The place of the last entry that an Append carries; without entries the place before them.</summary>
    public static LogPosition EndOf(in RaftMessage append)
    {
        ReadOnlySpan<LogEntry> entries = append.Entries.Span;
        return entries.IsEmpty ? new(append.Index, append.LogTerm) : new(entries[^1].Index, entries[^1].Term);
    }

    /// <summary>
    /// How far a log has what this says, to the end or as far as an Append of a later leader, taken in the same step, has left
    /// it; 0 when it has none of it.
    /// </summary>
    public LogIndex KeptIn(ReplicaLog log)
    {
        ReadOnlySpan<LogEntry> entries = Entries.Span;
        for (int i = entries.Length - 1; i >= 0; i--)
        {
            if (entries[i].Index <= log.LastIndex && log.TermAt(entries[i].Index) == entries[i].Term)
            {
                return entries[i].Index;
            }
        }

        return Previous.Index <= log.LastIndex && log.TermAt(Previous.Index) == Previous.Term ? Previous.Index : LogIndex.Zero;
    }

    /// <summary>Whether it carries an entry, in all its parts.</summary>
    public bool Has(in LogEntry entry)
    {
        if (entry.Index <= Previous.Index || entry.Index > End.Index)
        {
            return false;
        }

        ref readonly LogEntry told = ref Entries.Span[(int)(entry.Index - Previous.Index) - 1];
        return told.Index == entry.Index && told.Term == entry.Term && told.Kind == entry.Kind
            && (told.Payload.Equals(entry.Payload) || told.Payload.Span.SequenceEqual(entry.Payload.Span));
    }
}
