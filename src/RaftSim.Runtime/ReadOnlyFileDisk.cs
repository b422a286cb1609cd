using Microsoft.Win32.SafeHandles;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// The files of a stopped server's folder, for reading only: whatever else is asked for fails. It makes no file and
/// changes none. While it lives, no server can open the folder, but others may read, too. Operations are carried out
/// when they are submitted; their ends wait in <see cref="TakeCompletion"/>. Not thread-safe.
/// </summary>
internal sealed class ReadOnlyFileDisk : IDisk, IDisposable
{
    private readonly string _folder;
    private readonly SafeFileHandle? _lock;
    private readonly Queue<DiskCompletion> _completions = new();

    /// <summary>
    /// Opens a folder that is there; throws <see cref="DataFolderException"/> when it is not, or is in use.
    /// </summary>
    public ReadOnlyFileDisk(string folder)
    {
        _folder = Path.GetFullPath(folder);
        _lock = OpenFolder(_folder);
    }

    /// <inheritdoc/>
    public void Submit(in DiskOp op)
    {
        try
        {
            _completions.Enqueue(Execute(op));
        }
        catch (FileNotFoundException e)
        {
            _completions.Enqueue(new(op.Ticket, DiskStatus.NotFound, Detail: e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _completions.Enqueue(new(op.Ticket, DiskStatus.Failed, Detail: e.Message));
        }
    }

    /// <summary>The end of the oldest operation whose end was not yet taken.</summary>
    public DiskCompletion TakeCompletion() => _completions.Dequeue();

    /// <summary>Lets go of the folder.</summary>
    public void Dispose() => _lock?.Dispose();

    // A server holds the lock alone, so sharing it shows that there is none. A folder that was copied may have no lock.
    private static SafeFileHandle? OpenFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DataFolderException(folder, File.Exists(folder) ? "is a file, not a folder" : "does not exist");
        }

        try
        {
            string path = Path.Combine(folder, FileDisk.LockName);
            return File.Exists(path) ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read) : null;
        }
        catch (IOException e) when (FileDisk.IsInUse(e))
        {
            throw new DataFolderException(folder, "is in use by a running server; stop it first", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException(folder, "cannot be read: " + e.Message, e);
        }
    }

    private DiskCompletion Execute(in DiskOp op)
    {
        if (op.Kind == DiskOpKind.List)
        {
            return new(op.Ticket, DiskStatus.Ok, Files: FileDisk.List(_folder));
        }

        if (op.Kind is not (DiskOpKind.Size or DiskOpKind.Read))
        {
            return new(op.Ticket, DiskStatus.Failed, Detail: "the folder is open for reading only");
        }

        string path = Path.Combine(_folder, op.File.Name);
        using SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return new(op.Ticket, DiskStatus.Ok, op.Kind == DiskOpKind.Size
            ? RandomAccess.GetLength(file)
            : FileDisk.Read(file, op.Buffer.Span, op.Offset));
    }
}
