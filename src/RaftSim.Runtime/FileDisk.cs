using Microsoft.Win32.SafeHandles;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// The files of one folder. A thread of its own carries operations out one after the other and reports each end to a
/// callback, on that thread. While it lives, nobody else can open the folder.
/// </summary>
public sealed class FileDisk : IDisk, IDisposable
{
    internal const string LockName = ".lock";

    private const int DiskFullOnWindows = unchecked((int)0x80070070);
    private const int SharingViolationOnWindows = unchecked((int)0x80070020);

    private static readonly byte[] Zeros = new byte[256 << 10];

    private readonly string _folder;
    private readonly Action<DiskCompletion> _completed;
    private readonly SafeFileHandle _lock;
    private readonly Dictionary<string, SafeFileHandle> _open = new(StringComparer.Ordinal);
    private readonly Queue<DiskOp> _queue = new();
    private readonly Thread _thread;
    private ServerMetrics? _metrics;
    private string? _lost;
    private bool _disposed;

    /// <summary>Opens the folder, and makes it if there is none.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="completed">Takes the ends of operations, on the disk's thread; must be quick and must not throw.</param>
    /// <exception cref="DataFolderException">The folder is in use, cannot be made, or cannot be written to.</exception>
    public FileDisk(string folder, Action<DiskCompletion> completed)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(completed);
        _folder = Path.GetFullPath(folder);
        _completed = completed;
        _lock = OpenFolder(_folder);
        _thread = new(Run) { IsBackground = true, Name = "disk " + Path.GetFileName(_folder) };
        _thread.Start();
    }

    /// <summary>How many operations wait for the disk's thread.</summary>
    internal int Depth
    {
        get
        {
            lock (_queue)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Queues one operation. Throws <see cref="ObjectDisposedException"/> after <see cref="Dispose"/>.</summary>
    public void Submit(in DiskOp op)
    {
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _queue.Enqueue(op);
            Monitor.Pulse(_queue);
        }
    }

    /// <summary>
    /// Carries out what is queued, reports it, and lets go of the folder. Not to be called from the callback.
    /// </summary>
    public void Dispose()
    {
        lock (_queue)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            Monitor.Pulse(_queue);
        }

        _thread.Join();
        foreach (SafeFileHandle handle in _open.Values)
        {
            handle.Dispose();
        }

        _lock.Dispose();
    }

    /// <summary>Says where durations go. To be called before the first operation.</summary>
    internal void Measure(ServerMetrics metrics) => _metrics = metrics;

    /// <summary>Whether a file could not be opened because another process holds it.</summary>
    internal static bool IsInUse(IOException e) => e.HResult == SharingViolationOnWindows || IsWouldBlock(e.HResult);

    /// <summary>Reads until the buffer is full or the file ends; how many bytes that were.</summary>
    internal static long Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        int total = 0;
        int count;
        do
        {
            count = RandomAccess.Read(file, buffer[total..], offset + total);
            total += count;
        }
        while (count > 0 && total < buffer.Length);
        return total;
    }

    /// <summary>The files of a folder, in ordinal order, but for the lock.</summary>
    internal static FileId[] List(string folder)
    {
        FileId[] files = [.. Directory.EnumerateFiles(folder)
            .Select(path => new FileId(Path.GetFileName(path)))
            .Where(file => !string.Equals(file.Name, LockName, StringComparison.Ordinal))];
        Array.Sort(files);
        return files;
    }

    private static SafeFileHandle OpenFolder(string folder)
    {
        try
        {
            MakeFolder(folder);
            // An advisory lock (flock) on Unix, a sharing mode on Windows: both end with the process, however it ends.
            return File.OpenHandle(
                Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsInUse(e))
        {
            throw new DataFolderException(folder, "is in use by another server", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new DataFolderException(folder, "cannot be used: " + e.Message, e);
        }
    }

    // A new folder is durable only when the folder that it is in was synced.
    private static void MakeFolder(string folder)
    {
        Stack<string> missing = new();
        for (string? path = folder; path is not null && !Directory.Exists(path); path = Path.GetDirectoryName(path))
        {
            missing.Push(path);
        }

        foreach (string path in missing)
        {
            Directory.CreateDirectory(path);
            if (Path.GetDirectoryName(path) is { } parent)
            {
                FileSync.SyncFolder(parent);
            }
        }
    }

    // EAGAIN: 11 on Linux, 35 on macOS and the BSDs.
    private static bool IsWouldBlock(int errno) => OperatingSystem.IsLinux() ? errno == 11 : errno == 35;

    // ENOSPC is 28 everywhere; EDQUOT 122 on Linux, 69 elsewhere.
    private static bool IsFull(int code) => code is 28 or DiskFullOnWindows
        || (OperatingSystem.IsLinux() ? code == 122 : !OperatingSystem.IsWindows() && code == 69);

    private void Run()
    {
        while (TryDequeue(out DiskOp op))
        {
            _completed(Complete(op));
        }
    }

    private bool TryDequeue(out DiskOp op)
    {
        lock (_queue)
        {
            while (_queue.Count == 0 && !_disposed)
            {
                Monitor.Wait(_queue);
            }

            return _queue.TryDequeue(out op);
        }
    }

    private DiskCompletion Complete(in DiskOp op)
    {
        // After a failed sync the system may have forgotten what was not written: nothing may be built on this folder.
        if (_lost is not null)
        {
            return new(op.Ticket, DiskStatus.Failed, Detail: "a sync failed before: " + _lost);
        }

        try
        {
            return Execute(op);
        }
        catch (FileNotFoundException e)
        {
            return new(op.Ticket, DiskStatus.NotFound, Detail: e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            if (op.Kind is DiskOpKind.Sync or DiskOpKind.SyncDirectory)
            {
                _lost = e.Message;
            }

            return new(op.Ticket, IsFull(e.HResult) ? DiskStatus.Full : DiskStatus.Failed, Detail: e.Message);
        }
    }

    private DiskCompletion Execute(in DiskOp op)
    {
        long length = 0;
        switch (op.Kind)
        {
            case DiskOpKind.List:
                return new(op.Ticket, DiskStatus.Ok, Files: List(_folder));
            case DiskOpKind.Create:
                _open.Add(op.File.Name, File.OpenHandle(
                    PathOf(op.File), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
                break;
            case DiskOpKind.Size:
                length = RandomAccess.GetLength(Open(op.File));
                break;
            case DiskOpKind.Read:
                length = Read(Open(op.File), op.Buffer.Span, op.Offset);
                break;
            case DiskOpKind.Write:
                RandomAccess.Write(Open(op.File), op.Data.Span, op.Offset);
                break;
            case DiskOpKind.Sync or DiskOpKind.SyncDirectory:
                Sync(op);
                break;
            case DiskOpKind.Preallocate:
                Preallocate(Open(op.File), op.Length);
                break;
            case DiskOpKind.Truncate:
                RandomAccess.SetLength(Open(op.File), op.Length);
                break;
            case DiskOpKind.Rename:
                Rename(op.File, op.Target);
                break;
            case DiskOpKind.Delete:
                Open(op.File);
                Close(op.File);
                File.Delete(PathOf(op.File));
                break;
            default:
                throw new NotSupportedException($"operation {op.Kind}");
        }

        return new(op.Ticket, DiskStatus.Ok, length);
    }

    private void Sync(in DiskOp op)
    {
        long? startedAt = _metrics?.BeginSync();
        if (op.Kind == DiskOpKind.Sync)
        {
            FileSync.Sync(Open(op.File), PathOf(op.File));
        }
        else
        {
            FileSync.SyncFolder(_folder);
        }

        _metrics?.EndSync(op.Kind, startedAt);
    }

    private string PathOf(FileId file) => Path.Combine(_folder, file.Name);

    private SafeFileHandle Open(FileId file)
    {
        if (!_open.TryGetValue(file.Name, out SafeFileHandle? handle))
        {
            handle = File.OpenHandle(
                PathOf(file), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            _open.Add(file.Name, handle);
        }

        return handle;
    }

    private void Close(FileId file)
    {
        if (_open.Remove(file.Name, out SafeFileHandle? handle))
        {
            handle.Dispose();
        }
    }

    // Real zeros: space that is only reserved makes every later sync write metadata, too.
    private static void Preallocate(SafeFileHandle file, long length)
    {
        for (long at = RandomAccess.GetLength(file); at < length;)
        {
            int count = (int)Math.Min(Zeros.Length, length - at);
            RandomAccess.Write(file, Zeros.AsSpan(0, count), at);
            at += count;
        }
    }

    private void Rename(FileId file, FileId target)
    {
        SafeFileHandle handle = Open(file);
        Close(target);
        File.Move(PathOf(file), PathOf(target), overwrite: true);
        _open.Remove(file.Name);
        _open.Add(target.Name, handle);
    }
}
