using System.Collections;
using Spectre.Console;

namespace RaftSim.Cli;

/// <summary>Everything that a command takes from the process around it. Tests give their own.</summary>
public sealed record Terminal
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where errors and the log go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Where answers come from.</summary>
    public TextReader In { get; init; } = TextReader.Null;

    /// <summary>The environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The current folder.</summary>
    public required string Folder { get; init; }

    /// <summary>
    /// For people who look at it: draws tables in colour. <see langword="null"/> when the output goes to a file or a
    /// program, which get plain lines.
    /// </summary>
    public IAnsiConsole? Display { get; init; }

    /// <summary>
    /// Where people see how far something is. <see langword="null"/> when errors go to a file or a program, which get a line now
    /// and then.
    /// </summary>
    public IAnsiConsole? Screen { get; init; }

    /// <summary>Where time comes from.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Catches Ctrl+C and SIGTERM from now on: the first one cancels the token instead of ending the process. Called by
    /// commands that have something to bring to an end.
    /// </summary>
    public Func<CancellationToken> CatchInterruption { get; init; } = () => CancellationToken.None;

    /// <summary>That of this process.</summary>
    /// <param name="interruption">Its signals.</param>
    public static Terminal OfProcess(Interruption interruption)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
        {
            environment[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return new Terminal
        {
            Out = Console.IsOutputRedirected ? Plain(Console.OpenStandardOutput()) : Console.Out,
            Error = Console.IsErrorRedirected ? Plain(Console.OpenStandardError()) : Console.Error,
            In = Console.IsInputRedirected ? new StreamReader(Console.OpenStandardInput()) : Console.In,
            Environment = environment,
            Folder = Directory.GetCurrentDirectory(),
            CatchInterruption = interruption.Catch,
            Display = Console.IsOutputRedirected ? null : AnsiConsole.Console,
            Screen = Console.IsErrorRedirected
                ? null
                : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }),
        };
    }

    // The encoding of the locale is for people: files and programs get UTF-8, as JSON has to be.
    private static TextWriter Plain(Stream stream) => TextWriter.Synchronized(new StreamWriter(stream) { AutoFlush = true });
}
