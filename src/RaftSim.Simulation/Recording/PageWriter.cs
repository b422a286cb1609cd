using System.Globalization;
using System.Reflection;

namespace RaftSim.Simulation.Recording;

/// <summary>Joins the frame of the page (the files of Page, which are part of this library) with what a record holds.</summary>
internal static class PageWriter
{
    private const string Folder = "RaftSim.Simulation.Recording.Page.";

    // In this order: each uses only what stands before it, and the last one begins.
    private static readonly string[] _scripts =
        ["data.js", "text.js", "lanes.js", "view.js", "canvas.js", "draw.js", "messages.js", "hit.js", "list.js", "main.js"];

    /// <summary>Writes one page that needs no other file.</summary>
    public static void Write(RunRecord record, TextWriter writer)
    {
        string frame = Read("timeline.html");
        while (frame.IndexOf("{{", StringComparison.Ordinal) is int start and >= 0)
        {
            int end = frame.IndexOf("}}", start, StringComparison.Ordinal);
            writer.Write(frame.AsSpan(0, start));
            Fill(frame[(start + 2)..end], record, writer);
            frame = frame[(end + 2)..];
        }

        writer.Write(frame);
    }

    private static void Fill(string place, RunRecord record, TextWriter writer)
    {
        switch (place)
        {
            case "seed":
                writer.Write(record.World.Seed.ToString(CultureInfo.InvariantCulture));
                break;
            case "style":
                writer.Write(Read("timeline.css"));
                break;
            case "data":
                record.WriteJson(writer);
                break;
            case "script":
                foreach (string file in _scripts)
                {
                    writer.Write(Read(file));
                }

                break;
            default:
                throw new InvariantException($"the page has no place named {place}");
        }
    }

    private static string Read(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + file)
            ?? throw new InvariantException($"the page lacks {file}");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
