using System.Diagnostics;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>
/// Runs the world of a failure again in a process of its own: what fails only there, where others ran before it, would be a
/// defect of the simulator, and nobody could replay it.
/// </summary>
internal static class FreshProcess
{
    /// <summary>A line that says whether the same was seen again.</summary>
    public static string Confirm(SimulationRequest request, SimulationResult failure)
    {
        try
        {
            (int exit, string last) = Run(request.Describe(failure.Seed).Split(' '));
            return exit == 1 && string.Equals(last, $"trace {failure.TraceHash:x32}", StringComparison.Ordinal)
                ? "seen again in a fresh process"
                : $"NOT SEEN AGAIN in a fresh process, which ended with {exit} and \"{last}\": the simulator is at fault, too";
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            return $"not looked at again in a fresh process, which cannot be started: {e.Message}";
        }
    }

    private static (int Exit, string Last) Run(string[] args)
    {
        ProcessStartInfo start = new() { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        AddProgram(start);
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("no process");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string last = process.StandardOutput.ReadToEnd().TrimEnd('\n').Split('\n')[^1];
        process.WaitForExit();
        return (process.ExitCode, last);
    }

    // This very program: as a file that runs by itself, or one that dotnet runs.
    private static void AddProgram(ProcessStartInfo start)
    {
        string library = Path.Combine(AppContext.BaseDirectory, "raftsim.dll");
        string? host = Environment.ProcessPath;
        string name = Path.GetFileNameWithoutExtension(host) ?? "";
        if (host is not null && (string.Equals(name, "raftsim", StringComparison.Ordinal) || !File.Exists(library)))
        {
            start.FileName = host;
            return;
        }

        start.FileName = string.Equals(name, "dotnet", StringComparison.Ordinal) ? host! : "dotnet";
        start.ArgumentList.Add(library);
    }
}
