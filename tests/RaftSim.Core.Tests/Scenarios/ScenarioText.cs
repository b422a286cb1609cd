using System.Text;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Scenarios;

/// <summary>How scenarios show things: short, and with nothing in it that is drawn by lot.</summary>
internal static class ScenarioText
{
    /// <summary>What a server says of itself, without its name. What is as usual is not mentioned.</summary>
    public static string Of(in RaftStatus s)
    {
        string leader = s.Role != RaftRole.Leader && !s.Leader.IsNone ? $" of {s.Leader}" : "";

        // Whoever campaigns has voted for itself, and most have voted for the leader that they follow.
        bool isUsual = s.Vote.IsNone || s.Vote == s.Leader || s.Role == RaftRole.Candidate;
        string vote = isUsual ? "" : $" vote={s.Vote}";
        string durable = s.DurableIndex < s.LastIndex ? Inv($" durable={s.DurableIndex}") : "";
        string transfer = s.TransferTarget.IsNone ? "" : $" transfer={s.TransferTarget}";
        string log = Entry(s.LastIndex, s.LastTerm);
        return Inv($"{s.Role}{leader} term={s.Term}{vote} log={log}{durable} commit={s.Commit}{transfer}");
    }

    public static string Of(Configuration configuration)
    {
        string voters = Names(configuration, Suffrage.Voter);
        string others = Names(configuration, Suffrage.NonVoter);
        return $"voters {(voters.Length > 0 ? voters : "none")}{(others.Length > 0 ? $", non-voters {others}" : "")}";
    }

    public static string Of(in RaftMessage m)
    {
        string added = m.AddedAt > new LogIndex(1) ? Inv($" added={m.AddedAt}") : "";
        string round = m.Round > 0 ? Inv($" round={m.Round}") : "";
        string details = m.Kind switch
        {
            RaftMessageKind.PreVote or RaftMessageKind.Vote =>
                $" last={Entry(m.Index, m.LogTerm)}{(m.IsTransfer ? " transfer" : "")}",
            RaftMessageKind.PreVoteReply or RaftMessageKind.VoteReply => m.Reject ? " no" : " yes",
            RaftMessageKind.Append => Inv(
                $" prev={Entry(m.Index, m.LogTerm)} entries=[{Runs(m.Entries.Span)}] commit={m.Commit}{added}"),
            RaftMessageKind.AppendReply when m.Reject => Inv(
                $" refused prev={m.Index} hint={Entry(m.Hint, m.LogTerm)}{added}"),
            RaftMessageKind.AppendReply => Inv($" match={m.Index}{added}"),
            RaftMessageKind.Heartbeat => Inv($" commit={m.Commit}{round}{added}"),
            RaftMessageKind.HeartbeatReply => round + added,
            _ => "",
        };
        return Inv($"{m.From}->{m.To} {m.Kind} term={m.Term}{details}");
    }

    public static string Of(in ProgressStatus p) => Inv(
        $"{p.Server} {p.State} match={p.Match} next={p.Next}{(p.LastContact is null ? " (has not answered)" : "")}");

    public static string Of(LogEntry entry) => $"{Entry(entry.Index, entry.Term)} {Content(entry)}";

    /// <summary>Entries with their contents; what lies behind the bar is not committed.</summary>
    public static string Log(IReadOnlyList<LogEntry> entries, LogIndex commit)
    {
        string before = string.Join(", ", entries.Where(e => e.Index <= commit).Select(Of));
        string behind = string.Join(", ", entries.Where(e => e.Index > commit).Select(Of));
        return $"{before} | {behind}".Trim();
    }

    /// <summary>What a batch under way will change on disk.</summary>
    public static string Batch(HardState? hardState, LogIndex? truncateFrom, LogEntry[] entries)
    {
        var parts = new List<string>();
        if (hardState is { } changed)
        {
            parts.Add(Of(changed));
        }

        if (truncateFrom is { } from)
        {
            parts.Add(Inv($"cut from {from}"));
        }

        if (entries.Length > 0)
        {
            parts.Add($"[{Runs(entries)}]");
        }

        return string.Join(", ", parts);
    }

    public static string Of(in HardState s) => Inv($"term={s.Term}{(s.Vote.IsNone ? "" : $" vote={s.Vote}")}");

    /// <summary>Texts that are the same are told once, for all servers they hold for.</summary>
    public static IEnumerable<string> Grouped(IEnumerable<(string Name, string Text)> lines) =>
        lines.GroupBy(l => l.Text).Select(g => $"{string.Join(' ', g.Select(l => l.Name))} {g.Key}");

    /// <summary>Consecutive entries of one term in one: 3-5@2.</summary>
    public static string Runs(ReadOnlySpan<LogEntry> entries)
    {
        var runs = new List<string>();
        int first = 0;
        for (int i = 1; i <= entries.Length; i++)
        {
            if (i == entries.Length || entries[i].Term != entries[first].Term)
            {
                string start = i - 1 > first ? Inv($"{entries[first].Index}-") : "";
                runs.Add(start + Entry(entries[i - 1].Index, entries[first].Term));
                first = i;
            }
        }

        return string.Join(' ', runs);
    }

    /// <summary>The index and term of the last entry.</summary>
    public static string Last(IReadOnlyList<LogEntry> log) => log.Count > 0 ? Entry(log[^1].Index, log[^1].Term) : "0";

    private static string Names(Configuration configuration, Suffrage suffrage) =>
        string.Join(' ', configuration.Servers.ToArray().Where(s => s.Suffrage == suffrage).Select(s => s.Id));

    private static string Content(in LogEntry entry) => entry.Kind switch
    {
        EntryKind.Noop => "noop",
        EntryKind.Configuration => "conf",
        _ => Encoding.UTF8.GetString(entry.Payload.Span),
    };

    private static string Entry(LogIndex index, Term term) => index == LogIndex.Zero ? "0" : Inv($"{index}@{term}");

    private static string Inv(FormattableString text) => FormattableString.Invariant(text);
}
