using System.Globalization;
using RaftSim.Cli.Output;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Cli.Commands;

/// <summary><c>raftsim storage inspect</c>: what is in a folder.</summary>
internal static class StorageInspection
{
    /// <summary>Runs it.</summary>
    public static int Run(StoredLog log, string? entries, bool asJson, Terminal terminal)
    {
        (ulong First, ulong Last)? range = entries is null ? null : RangeOf(entries);
        (LogReading reading, LogContents contents) = log.Read();
        IReadOnlyList<LogEntry>? listed = range is { } wanted ? Listed(reading.State, wanted, entries!) : null;
        StoredLogView view = new(log.Folder, reading, contents, listed);
        if (asJson)
        {
            terminal.Out.WriteLine(StoredLogJson.Of(view));
        }
        else
        {
            StoredLogText.Print(view, terminal.Out);
        }

        return 0;
    }

    private static (ulong First, ulong Last) RangeOf(string text)
    {
        string[] ends = text.Split("..");
        return ends.Length == 2
            && TryRead(ends[0], out ulong first)
            && TryRead(ends[1], out ulong last)
            && first <= last
            ? (first, last)
            : throw new UsageException(
                $"--entries \"{text}\": must be A..B, two indexes from 1, the smaller one first");

        static bool TryRead(string end, out ulong index) =>
            ulong.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index > 0;
    }

    private static List<LogEntry> Listed(RecoveredState state, (ulong First, ulong Last) range, string text)
    {
        List<LogEntry> listed = [.. state.Entries
            .Where(entry => entry.Index.Value >= range.First && entry.Index.Value <= range.Last)];
        if (listed.Count > 0)
        {
            return listed;
        }

        throw new UsageException(state.Entries.Count == 0
            ? $"--entries \"{text}\": the log has no entries"
            : $"--entries \"{text}\": the log has the entries {state.Entries[0].Index} to {state.Entries[^1].Index}");
    }
}

/// <summary>What is shown of a log.</summary>
/// <param name="Folder">The full path of its folder.</param>
/// <param name="Reading">What was read.</param>
/// <param name="Contents">What that means.</param>
/// <param name="Listed">The entries to list; <see langword="null"/>: none were asked for.</param>
internal sealed record StoredLogView(
    string Folder, LogReading Reading, LogContents Contents, IReadOnlyList<LogEntry>? Listed)
{
    /// <summary>The index of the first entry in the log; 0 for none.</summary>
    public LogIndex First => Reading.State.Entries is [LogEntry first, ..] ? first.Index : LogIndex.Zero;

    /// <summary>The index of the last entry, in the log or in the snapshot; 0 for none.</summary>
    public LogIndex Last => Contents.Last.Index;
}
