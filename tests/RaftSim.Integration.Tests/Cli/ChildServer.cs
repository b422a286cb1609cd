using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>One server in a process of its own, that can really be killed.</summary>
internal sealed class ChildServer : IAsyncDisposable
{
    private readonly Process _process;

    private ChildServer(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Forward(line.Data, Out);
        process.ErrorDataReceived += (_, line) => Forward(line.Data, Error);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Lines Out { get; } = new();

    public Lines Error { get; } = new();

    /// <summary>Starts <c>raftsim</c> as a child process.</summary>
    public static ChildServer Start(string folder, params string[] args)
    {
        ProcessStartInfo start = new("dotnet")
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "raftsim.dll"));
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return new ChildServer(Process.Start(start) ?? throw new InvalidOperationException("no process"));
    }

    /// <summary>
    /// Ports that were free a moment ago: processes that name each other's address need them before they start.
    /// </summary>
    public static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        Array.ForEach(listeners, listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        Array.ForEach(listeners, listener => listener.Dispose());
        return ports;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Quick.SafetyNet);
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync().WaitAsync(Quick.SafetyNet);
        await _process.WaitForExitAsync().WaitAsync(Quick.SafetyNet);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        await Out.DisposeAsync();
        await Error.DisposeAsync();
    }

    private static void Forward(string? line, Lines lines)
    {
        if (line is null)
        {
            lines.Complete();
        }
        else
        {
            lines.Write(line + "\n");
        }
    }
}
