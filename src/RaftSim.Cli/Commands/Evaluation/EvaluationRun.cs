using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RaftSim.Server;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary><c>raftsim autopilot evaluate</c>: a line in, a line out, so that it can stand in a pipe.</summary>
internal static class EvaluationRun
{
    // Two members of one name would leave open which is meant.
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers every line. One that is refused has its error for an answer, and makes the command end with 1.</summary>
    public static async Task<int> RunAsync(string? name, string? file, Terminal terminal)
    {
        EvaluationTable table = EvaluationTable.Find(name);
        using StreamReader? opened = file is null ? null : Open(file, terminal.Folder);
        TextReader input = opened ?? terminal.In;
        long number = 0;
        int exit = 0;
        while (await input.ReadLineAsync() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            Answered answered = Answer(table, line, number);
            await terminal.Out.WriteLineAsync(answered.Json);
            await terminal.Out.FlushAsync();
            if (answered.Told.Length > 0)
            {
                await terminal.Error.WriteLineAsync(answered.Told);
            }

            exit = answered.IsRefused ? 1 : exit;
        }

        return exit;
    }

    private static Answered Answer(EvaluationTable table, string line, long number)
    {
        try
        {
            using JsonDocument document = Parse(line);
            string note = "";
            string answer = Write(json => note = table.Answer(new Given(document.RootElement), json));
            return new(answer, note.Length > 0 ? $"note: line {number}: {note}" : "", IsRefused: false);
        }
        catch (UsageException e)
        {
            string problem = $"line {number}: {e.Message.ReplaceLineEndings(" ")}";
            return new(Write(json => WriteError(json, problem)), $"error: {problem}", IsRefused: true);
        }
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes, _plain))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static void WriteError(Utf8JsonWriter json, string problem)
    {
        json.WriteStartObject();
        json.WriteString("error", problem);
        json.WriteEndObject();
    }

    // An escape in a name may stand for half of a character, which the framework takes for a mistake of the caller's.
    private static JsonDocument Parse(string line)
    {
        try
        {
            return JsonDocument.Parse(line, _strict);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UsageException($"{GoText.Quote(Given.Shorten(line.Trim()))}: must be JSON: {Reason(e)}", e);
        }
    }

    // The framework names a line, too, but it only ever sees one.
    private static string Reason(Exception e)
    {
        int place = e.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        string reason = (place < 0 ? e.Message : e.Message[..place]).TrimEnd('.');
        return e is JsonException { BytePositionInLine: { } position } ? $"{reason} (byte {position + 1})" : reason;
    }

    private static StreamReader Open(string file, string folder)
    {
        try
        {
            return File.OpenText(Path.GetFullPath(file, folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--input \"{file}\": cannot be read: {e.Message}", e);
        }
    }
    // What goes to the output, and what people are told on the error output; empty for nothing.
    private readonly record struct Answered(string Json, string Told, bool IsRefused);
}
