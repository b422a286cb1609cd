using System.Globalization;
using RaftSim.Storage;

namespace RaftSim.Cli.Commands;

/// <summary>
/// <c>raftsim storage verify</c>: whether a server would start from a folder and could use every entry of it.
/// </summary>
internal static class StorageVerification
{
    /// <summary>Runs it.</summary>
    public static int Run(StoredLog log, Terminal terminal)
    {
        long startedAt = terminal.Time.GetTimestamp();
        (LogReading reading, _) = log.Read();
        TimeSpan took = terminal.Time.GetElapsedTime(startedAt);
        foreach (string note in Notes(reading))
        {
            terminal.Out.WriteLine($"note: {note}");
        }

        long snapshotBytes = reading.Snapshot?.Bytes ?? 0;
        double megabytes = (reading.Segments.Sum(segment => segment.Bytes) + snapshotBytes) / 1e6;
        string snapshot = reading.Snapshot is { } stored
            ? string.Create(CultureInfo.InvariantCulture, $"a snapshot of index {stored.Snapshot.Last.Index}, ")
            : "";
        ulong frames = reading.Segments.Aggregate(0UL, (sum, segment) => sum + segment.Frames);
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ok: {reading.Segments.Count} segments, {frames} frames, {reading.State.Entries.Count} entries, "
            + $"{snapshot}{megabytes / Math.Max(took.TotalSeconds, 1e-6):F1} MB/s"));
        return 0;
    }

    /// <summary>What is in a folder that a server puts right at its start, by itself and without a loss.</summary>
    public static IEnumerable<string> Notes(LogReading reading)
    {
        foreach (LogSegment segment in reading.Segments)
        {
            if (segment.Rest > 0)
            {
                string what = segment.RestRule.Length > 0 ? segment.RestRule : "zeros come first";
                yield return $"{segment.File}, offset {segment.End}: behind the last frame stand {segment.Rest} bytes of "
                    + $"a write that a crash cut off and nobody was told of ({what}); the server drops them at its start";
            }
        }

        foreach (FileId file in reading.Unfinished)
        {
            yield return $"{file}: it was still being made; the server deletes it at its start";
        }
    }
}
