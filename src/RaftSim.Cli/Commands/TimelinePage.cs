using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>The page that shows a run, as a file. Open before anything runs, so that a wrong path is told at once.</summary>
internal sealed class TimelinePage : IDisposable
{
    private readonly string _file;
    private readonly StreamWriter _writer;
    private readonly Terminal _terminal;
    private readonly RunRecord _record = new();

    private TimelinePage(string file, StreamWriter writer, Terminal terminal)
    {
        _file = file;
        _writer = writer;
        _terminal = terminal;
    }

    /// <summary>Opens the file; null when none was asked for.</summary>
    public static TimelinePage? Open(string? file, Terminal terminal)
    {
        try
        {
            return file is null
                ? null
                : new TimelinePage(file, new StreamWriter(Path.GetFullPath(file, terminal.Folder)), terminal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--html {file}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Whether a file can be written that may never be needed: the same error as from <see cref="Open"/>, and no file that was
    /// not there before is left.
    /// </summary>
    public static void Require(string? file, Terminal terminal)
    {
        try
        {
            if (file is not null)
            {
                string path = Path.GetFullPath(file, terminal.Folder);
                bool isThere = File.Exists(path);
                File.Open(path, FileMode.Append).Dispose();
                if (!isThere)
                {
                    File.Delete(path);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--html {file}: {e.Message}", e);
        }
    }

    /// <summary>Takes down what happens in a world from now on.</summary>
    public void Watch(SimWorld world) => world.Record = _record;

    /// <summary>Writes the page; a world that hangs has no result, and cannot be shown, since it is still running.</summary>
    public void Write(SimulationResult? result)
    {
        if (result is null)
        {
            _writer.WriteLine("<!doctype html>\n<title>RaftSim: a run that hangs</title>");
            _writer.WriteLine("<p>A step of this run has not come to its end, so it cannot be shown. A trace "
                + "(<code>--trace</code>) shows how it came to that.</p>");
            return;
        }

        _record.Result = result;
        _record.WriteHtml(_writer);
        if (_record.KeptFrom > Duration.Zero)
        {
            _terminal.Error.WriteLine(
                $"--html {_file}: the run is too long for one page: what was before {_record.KeptFrom} is left out");
        }
    }

    /// <summary>Writes the page of a run that was interrupted.</summary>
    public void WriteSoFar(SimulationResult result)
    {
        _record.IsWhole = false;
        Write(result);
    }

    /// <summary>Runs the world of a seed again and writes its page.</summary>
    public void Repeat(SimulationRequest request, ulong seed)
    {
        SimWorld world = request.World(seed);
        Watch(world);
        Write(world.Run(request.Duration));
    }

    public void Dispose() => _writer.Dispose();
}
