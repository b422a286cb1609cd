using System.CommandLine;
using System.CommandLine.Help;
using RaftSim.Cli.Commands;
using RaftSim.Cli.Output;
using RaftSim.Runtime;

namespace RaftSim.Cli;

/// <summary>The program, without the process around it.</summary>
public static class CommandLine
{
    private const string Description =
        "Real Raft servers with an autopilot and the Nomad operator API.\n\n"
        + "Every setting is an option, an environment variable (--election-timeout is RAFTSIM_ELECTION_TIMEOUT) and a key of the "
        + "section RaftSim in appsettings.json in the current folder (ElectionTimeout). The option beats the variable, which "
        + "beats the file. Durations are Go's: 200ms, 10s, 1m30s.";

    /// <summary>
    /// Runs one command. 0: it did what it was told, or was interrupted when that is how it ends; 1: it did not, and one line
    /// on the error output says why.
    /// </summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(terminal);
        RootCommand root = new(Description)
        {
            ClusterCommand.Create(terminal),
            ServerCommand.Create(terminal),
            SimulateCommand.Create(terminal),
            StorageCommand.Create(terminal),
            AutopilotCommand.Create(terminal),
            OperatorCommand.Create(terminal),
        };
        foreach (Option option in root.Options)
        {
            if (option is HelpOption)
            {
                option.Action = new GroupedHelp();
            }
        }

        ParseResult parsed = root.Parse(args.Count == 0 ? ["--help"] : args);
        if (parsed.Errors.Count > 0)
        {
            string problem = parsed.UnmatchedTokens is [string unknown, ..]
                ? $"\"{unknown}\": no such command or option"
                : parsed.Errors[0].Message.TrimEnd('.');
            return Fail(terminal, $"{problem}; --help shows what there is");
        }

        InvocationConfiguration invocation = new()
        {
            Output = terminal.Out,
            Error = terminal.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(invocation);
        }
        catch (Exception e) when (e is UsageException or ServerFailedException or DataFolderException
            or IOException or UnauthorizedAccessException)
        {
            return Fail(terminal, e.Message);
        }
        catch (OperationCanceledException)
        {
            // Interrupted while it was still starting.
            return 0;
        }
    }

    private static int Fail(Terminal terminal, string line)
    {
        terminal.Error.WriteLine($"error: {line.ReplaceLineEndings(" ")}");
        return 1;
    }
}
