using System.Globalization;
using RaftSim.Cli.Commands;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Cli.Output;

/// <summary>A log for people.</summary>
internal static class StoredLogText
{
    /// <summary>Prints it.</summary>
    public static void Print(StoredLogView view, TextWriter output)
    {
        PrintServer(view, output);
        PrintConfiguration(view, output);
        PrintAutopilot(view.Contents.State, output);
        PrintSegments(view.Reading, output);
        foreach (string note in StorageVerification.Notes(view.Reading))
        {
            output.WriteLine($"note: {note}");
        }

        if (view.Listed is { } listed)
        {
            output.WriteLine();
            output.WriteLine("Entries");
            Columns.Print(output, "  ", [["Index", "Term", "Kind", "Bytes", "What"], .. listed.Select(RowOf)]);
        }
    }

    private static void PrintServer(StoredLogView view, TextWriter output)
    {
        LogReading reading = view.Reading;
        LogContents contents = view.Contents;
        HardState hard = reading.State.HardState;
        string counts = string.Create(CultureInfo.InvariantCulture,
            $"{contents.Noops} noop, {contents.Commands} command ({contents.UserCommands} of the user), "
            + $"{contents.Configurations} configuration");
        Columns.Print(output, "",
        [
            ["Folder", view.Folder],
            ["Server", reading.Id.ToString()],
            ["Disk", reading.Disk.ToString()],
            ["Cluster", reading.State.Cluster.IsNone ? "none yet" : reading.State.Cluster.ToString()],
            ["Term", hard.Term.ToString()],
            ["Vote", hard.Vote.IsNone ? "for nobody" : hard.Vote.ToString()],
            ["First entry", view.First == LogIndex.Zero ? "none" : view.First.ToString()],
            ["Last entry", view.Last == LogIndex.Zero ? "none" : $"{view.Last}, of term {contents.LastTerm}"],
            ["Entries", counts],
            ["Snapshot", reading.Snapshot is { } stored ? Describe(stored) : "none"],
        ]);
    }

    private static string Describe(SnapshotReading stored) => string.Create(CultureInfo.InvariantCulture,
        $"of index {stored.Snapshot.Last.Index}, term {stored.Snapshot.Last.Term}: {stored.Bytes} bytes in "
        + $"{stored.Chunks} chunks, {stored.File}");

    private static void PrintConfiguration(StoredLogView view, TextWriter output)
    {
        LogContents contents = view.Contents;
        output.WriteLine();
        if (contents.ConfigurationIndex == LogIndex.Zero)
        {
            output.WriteLine("Latest configuration: none");
            return;
        }

        string term = contents.ConfigurationTerm == Term.Zero
            ? "in the snapshot"
            : $"of term {contents.ConfigurationTerm}";
        output.WriteLine($"Latest configuration, entry {contents.ConfigurationIndex} {term}");
        List<string[]> rows = [["Server", "Address", "Suffrage", "Added at", ""]];
        foreach (ref readonly ConfiguredServer server in contents.Configuration.Servers)
        {
            rows.Add(
            [
                server.Id.ToString(), server.Address.ToString(), EntryGist.Of(server.Suffrage),
                server.AddedAt.ToString(), server.Id == view.Reading.Id ? "this server" : "",
            ]);
        }

        Columns.Print(output, "  ", rows);
    }

    private static void PrintAutopilot(ClusterState state, TextWriter output)
    {
        output.WriteLine();
        if (state.Autopilot is not { } config)
        {
            output.WriteLine("Autopilot configuration: none");
            return;
        }

        output.WriteLine(
            "Autopilot configuration, if every entry is applied (which of them are committed is not stored)");
        Columns.Print(output, "  ",
        [
            .. EntryGist.Of(config).Select(setting => new[] { setting.Name, setting.Value }),
            ["CreateIndex", state.CreateIndex.ToString()],
            ["ModifyIndex", state.ModifyIndex.ToString()],
        ]);
    }

    private static void PrintSegments(LogReading reading, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Segments");
        Columns.Print(output, "  ",
        [
            ["File", "Bytes", "Used", "Frames"],
            .. reading.Segments.Select(segment => new[]
            {
                segment.File.Name, Text(segment.Bytes), Text(segment.End), Text(segment.Frames),
            }),
        ]);
        output.WriteLine(
            $"Synced through frame {reading.SyncedThrough} of {reading.Frames}, as far as the log itself proves it");
    }

    private static string[] RowOf(LogEntry entry) =>
    [
        entry.Index.ToString(), entry.Term.ToString(), entry.Kind.ToString().ToLowerInvariant(),
        Text(entry.Payload.Length), EntryGist.Of(entry),
    ];

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
