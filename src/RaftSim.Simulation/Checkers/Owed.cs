using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What a server has said in the step under way and that can be judged only when it is seen behind it, because the step may
/// have changed what it speaks of.
/// </summary>
internal sealed class Owed
{
    private const int AppendsMax = 64;

    /// <summary>Whether there is anything.</summary>
    public bool IsAny { get; private set; }

    /// <summary>It has acknowledged its log up to here; 0: what it said is settled.</summary>
    public LogIndex Acknowledged { get; private set; }

    /// <summary>It has told others that the log is committed up to here.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>It has spoken as a leader, and was a candidate before.</summary>
    public bool Leads { get; private set; }

    /// <summary>It has told a server to campaign that may lack entries: a leader does so on its way out only.</summary>
    public ServerId Called { get; private set; }

    /// <summary>It has asked for pre-votes with a log that ends here.</summary>
    public LogPosition? Asked { get; private set; }

    /// <summary>Entries that it has sent and that were not in its log before.</summary>
    public List<ToldEntries> Appends { get; } = [];

    public void Acknowledge(LogIndex index) => (IsAny, Acknowledged) = (true, LogIndex.Max(Acknowledged, index));

    public void TellCommit(LogIndex index) => (IsAny, Commit) = (true, LogIndex.Max(Commit, index));

    public void Lead() => (IsAny, Leads) = (true, true);

    public void Call(ServerId server) => (IsAny, Called) = (true, server);

    public void Ask(LogPosition last) => (IsAny, Asked) = (true, last);

    /// <summary>What is sent to several servers is taken once; beyond what there is room for, nothing is judged.</summary>
    public void Append(in RaftMessage append)
    {
        if (Appends.Count > 0 && Appends[^1] is { } last
            && last.Previous.Index == append.Index && last.Previous.Term == append.LogTerm
            && last.Entries.Equals(append.Entries))
        {
            return;
        }

        IsAny = true;
        if (Appends.Count < AppendsMax)
        {
            LogPosition previous = new(append.Index, append.LogTerm);
            LogPosition end = ToldEntries.EndOf(append);
            Appends.Add(new(append.Term, previous, end, append.Commit, append.Entries, default));
        }
    }

    public void Clear()
    {
        if (!IsAny)
        {
            return;
        }

        IsAny = false;
        Acknowledged = Commit = LogIndex.Zero;
        Leads = false;
        Called = default;
        Asked = null;
        Appends.Clear();
    }
}
