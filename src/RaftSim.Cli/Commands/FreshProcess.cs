using System.Diagnostics;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>
/// Runs the world of a failure again in a process of its own: what fails only there, where others ran before it, would be a
/// defect of the simulator, and nobody could replay it.
/// </summary>
internal static class FreshProcess
{
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>A line that says whether the same was seen again.</summary>
    /// <param name="request">What was simulated.</param>
    /// <param name="failure">What failed.</param>
    /// <param name="silence">A process that says nothing for so long hangs: a run that goes on says how far it is.</param>
    /// <param name="time">Where time comes from.</param>
    public static string Confirm(SimulationRequest request, SimulationResult failure, TimeSpan silence, TimeProvider time)
    {
        try
        {
            if (Run(request.Describe(failure.Seed).Split(' '), silence, time) is not (int exit, string last))
            {
                return $"NOT SEEN AGAIN in a fresh process, which said nothing for {silence}: the simulator is at fault, too";
            }

            return exit == 1 && string.Equals(last, $"trace {failure.TraceHash:x32}", StringComparison.Ordinal)
                ? "seen again in a fresh process"
                : $"NOT SEEN AGAIN in a fresh process, which ended with {exit} and \"{last}\": the simulator is at fault, too";
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            return $"not looked at again in a fresh process, which cannot be started: {e.Message}";
        }
    }

    // Null when it hangs.
    private static (int Exit, string Last)? Run(string[] args, TimeSpan silence, TimeProvider time)
    {
        ProcessStartInfo start = new() { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        AddProgram(start);
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("no process");
        string last = "";
        long heardAt = time.GetTimestamp();
        process.OutputDataReceived += (_, told) => last = Hear(told.Data) ?? last;
        process.ErrorDataReceived += (_, told) => Hear(told.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (!process.WaitForExit(_lookEvery))
        {
            if (time.GetElapsedTime(Interlocked.Read(ref heardAt)) >= silence)
            {
                process.Kill(entireProcessTree: true);
                return null;
            }
        }

        // Until all that it has said is heard.
        process.WaitForExit();
        return (process.ExitCode, last);

        string? Hear(string? line)
        {
            Interlocked.Exchange(ref heardAt, time.GetTimestamp());
            return line;
        }
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
