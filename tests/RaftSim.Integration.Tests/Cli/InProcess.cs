using RaftSim.Cli;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>The program, run inside the test: its output, and a Ctrl+C.</summary>
internal sealed class InProcess : IAsyncDisposable
{
    private readonly CancellationTokenSource _interruption = new();

    private InProcess(
        string folder,
        IReadOnlyDictionary<string, string>? environment,
        string[] args,
        Func<Terminal, Terminal>? with = null)
    {
        Terminal terminal = new()
        {
            Out = Out,
            Error = Error,
            Folder = folder,
            CatchInterruption = () => _interruption.Token,
            Environment = environment ?? new Dictionary<string, string>(StringComparer.Ordinal),
        };
        terminal = with?.Invoke(terminal) ?? terminal;
        Exit = Task.Run(async () =>
        {
            try
            {
                return await CommandLine.RunAsync(args, terminal);
            }
            finally
            {
                Out.Complete();
                Error.Complete();
            }
        });
    }

    public Lines Out { get; } = new();

    public Lines Error { get; } = new();

    /// <summary>The exit code.</summary>
    public Task<int> Exit { get; }

    public static InProcess Start(string folder, params string[] args) => new(folder, null, args);

    public static InProcess StartWith(string folder, IReadOnlyDictionary<string, string> environment, params string[] args) =>
        new(folder, environment, args);

    public static InProcess StartWith(string folder, Func<Terminal, Terminal> with, params string[] args) =>
        new(folder, null, args, with);

    /// <summary>Runs a command to its end; what it printed, once it has ended with this code.</summary>
    public static async Task<(string Out, string Error)> EndAsync(
        int exit, string folder, Func<Terminal, Terminal>? with, params string[] args)
    {
        await using InProcess run = new(folder, null, args, with);
        int ended = await run.Exit.WaitAsync(Quick.SafetyNet);
        Assert.True(ended == exit, $"ended with {ended}: {run.Error.Text}");
        return (run.Out.Text, run.Error.Text);
    }

    /// <summary>Runs a command that fails, and gives the one line that it says.</summary>
    public static async Task<string> FailAsync(
        string folder, IReadOnlyDictionary<string, string>? environment, params string[] args)
    {
        await using InProcess run = new(folder, environment, args);
        Assert.Equal(1, await run.Exit.WaitAsync(Quick.SafetyNet));
        string line = run.Error.Text;
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
        return line.TrimEnd('\n');
    }

    /// <summary>Ctrl+C; the exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        await _interruption.CancelAsync();
        return await Exit.WaitAsync(Quick.SafetyNet);
    }

    public async ValueTask DisposeAsync()
    {
        await InterruptAsync();
        _interruption.Dispose();
        await Out.DisposeAsync();
        await Error.DisposeAsync();
    }
}
