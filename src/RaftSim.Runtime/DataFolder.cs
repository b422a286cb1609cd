using System.Collections.Concurrent;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// The data folder of a stopped server, for tools. As long as it is open, no server can use the folder. Not
/// thread-safe.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private readonly string _folder;
    private readonly IDisk _disk;
    private readonly Func<DiskCompletion> _next;

    private DataFolder(string folder, IDisk disk, Func<DiskCompletion> next)
    {
        _folder = folder;
        _disk = disk;
        _next = next;
    }

    /// <summary>
    /// Opens a folder for reading only: nothing in it is made or changed. Throws <see cref="DataFolderException"/> when
    /// it is not there or a server uses it.
    /// </summary>
    public static DataFolder OpenToRead(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ReadOnlyFileDisk disk = new(folder);
        return new DataFolder(Path.GetFullPath(folder), disk, disk.TakeCompletion);
    }

    /// <summary>
    /// Opens a folder that holds a log, alone. Throws <see cref="DataFolderException"/> when it is not there, is empty,
    /// or is in use.
    /// </summary>
    public static DataFolder OpenToAppend(string folder)
    {
        // What is no server's folder must not become one by being opened.
        using (DataFolder look = OpenToRead(folder))
        {
            if (!Directory.EnumerateFiles(look._folder, "log-*.seg").Any())
            {
                throw new DataFolderException(look._folder, "holds no log of a server");
            }
        }

        BlockingCollection<DiskCompletion> completions = [];
        FileDisk disk = new(folder, completions.Add);
        return new DataFolder(Path.GetFullPath(folder), disk, completions.Take);
    }

    /// <summary>Reads the log, all of it. Damage is part of the result.</summary>
    /// <param name="progress">Told after every step.</param>
    public LogReading Read(Action<LogProgress>? progress = null)
    {
        LogReader reader = new(_disk);
        reader.Open();
        while (reader.Result is null)
        {
            reader.Complete(_next());
            progress?.Invoke(reader.Progress);
        }

        return reader.Result;
    }

    /// <summary>
    /// Appends a batch to the log, as its server would; it is durable when this returns. To be called once. Throws <see
    /// cref="DataFolderException"/> when the log is refused or the disk fails: whether the batch is in the log is not
    /// known then.
    /// </summary>
    /// <param name="reading">What was read of this folder.</param>
    /// <param name="batch">The batch.</param>
    public void Append(LogReading reading, in LogBatch batch)
    {
        ArgumentNullException.ThrowIfNull(reading);
        WriteAheadLog log = new(
            _disk, new WriteAheadLogOptions { RequestedId = reading.Id, NewId = reading.Id, NewDisk = reading.Disk });
        log.Open();
        Await(log, WriteAheadLogEventKind.Opened);
        log.Append(batch);
        log.Flush();
        Await(log, WriteAheadLogEventKind.Durable);
    }

    /// <summary>Lets go of the folder.</summary>
    public void Dispose() => (_disk as IDisposable)?.Dispose();

    private void Await(WriteAheadLog log, WriteAheadLogEventKind kind)
    {
        WriteAheadLogEvent happened;
        while (!log.TryTakeEvent(out happened))
        {
            log.Complete(_next());
        }

        if (happened.Kind != kind)
        {
            throw new DataFolderException(_folder, happened.Text);
        }
    }
}
