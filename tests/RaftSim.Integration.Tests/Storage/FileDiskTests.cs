using System.Collections.Concurrent;
using RaftSim.Conformance;
using RaftSim.Runtime;
using RaftSim.Storage;

namespace RaftSim.Integration.Tests.Storage;

public sealed class FileDiskTests : DiskConformance, IDisposable
{
    private static readonly FileId A = new("a");

    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("raftsim-disk-");
    private readonly BlockingCollection<DiskCompletion> _completions = [];
    private FileDisk _disk;

    public FileDiskTests() => _disk = new(Folder, _completions.Add);

    protected override IDisk Disk => _disk;

    private string Folder => Path.Combine(_parent.FullName, "data");

    public void Dispose()
    {
        _disk.Dispose();
        _completions.Dispose();
        _parent.Delete(recursive: true);
    }

    protected override DiskCompletion AwaitCompletion() => _completions.Take();

    protected override void Reopen()
    {
        _disk.Dispose();
        _disk = new(Folder, _completions.Add);
    }

    // Goal: two servers never share a data folder.
    [Fact]
    public void Folder_in_use_is_refused()
    {
        DataFolderException e = Assert.Throws<DataFolderException>(() => new FileDisk(Folder, _ => { }));

        Assert.Equal(Folder, e.Folder);
        Assert.Equal($"data folder {Folder}: is in use by another server", e.Message);
    }

    // Goal: a folder that was let go can be opened at once.
    [Fact]
    public void Folder_is_free_after_disposal()
    {
        _disk.Dispose();

        using FileDisk second = new(Folder, _ => { });
    }

    // Goal: a path that leads through a file is a clear refusal that names the folder.
    [Fact]
    public void Folder_that_cannot_be_made_is_refused()
    {
        string file = Path.Combine(_parent.FullName, "file");
        File.WriteAllText(file, "");
        string folder = Path.Combine(file, "data");

        DataFolderException e = Assert.Throws<DataFolderException>(() => new FileDisk(folder, _ => { }));

        Assert.StartsWith($"data folder {folder}: cannot be used: ", e.Message, StringComparison.Ordinal);
    }

    // Goal: folders are made with all that lead to them.
    [Fact]
    public void Missing_folders_are_made()
    {
        string folder = Path.Combine(_parent.FullName, "x", "y", "z");
        using FileDisk disk = new(folder, _ => { });

        Assert.True(Directory.Exists(folder));
    }

    // Goal: closing carries out what is queued, and reports it.
    [Fact]
    public void Disposal_drains()
    {
        _disk.Submit(new(1, DiskOpKind.Create, A));
        _disk.Submit(new(2, DiskOpKind.Write, A, Data: new byte[] { 1, 2, 3 }));
        _disk.Submit(new(3, DiskOpKind.Sync, A));
        _disk.Dispose();

        Assert.Equal([1, 2, 3], _completions.Select(completion => completion.Ticket));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(Folder, "a")));
        Assert.Throws<ObjectDisposedException>(() => _disk.Submit(new(4, DiskOpKind.List)));
    }

    // Goal: only files count as files of the log's folder, and the lock is none of them.
    [Fact]
    public void Lock_and_folders_are_not_listed()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "sub"));
        File.WriteAllText(Path.Combine(Folder, "z"), "");
        _disk.Submit(new(1, DiskOpKind.List));

        Assert.Equal([new FileId("z")], AwaitCompletion().Files.ToArray());
    }

    // Goal: no space is told apart from a failure; a device that is always full stands for the disk.
    [Fact]
    public void Full_disk_is_reported_as_full()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        File.CreateSymbolicLink(Path.Combine(Folder, "a"), "/dev/full");
        _disk.Submit(new(1, DiskOpKind.Write, A, Data: new byte[] { 1 }));
        DiskCompletion completion = AwaitCompletion();

        Assert.Equal(DiskStatus.Full, completion.Status);
        Assert.Contains("No space left", completion.Detail, StringComparison.Ordinal);
    }

    // Goal: a failed sync is never taken for a success, nor is anything behind it (fsyncgate).
    [Fact]
    public void Failed_sync_is_reported_and_final()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // A device that cannot be synced: fdatasync answers EINVAL.
        File.CreateSymbolicLink(Path.Combine(Folder, "a"), "/dev/full");
        _disk.Submit(new(1, DiskOpKind.Create, new("b")));
        _disk.Submit(new(2, DiskOpKind.Sync, A));
        _disk.Submit(new(3, DiskOpKind.Sync, new("b")));
        _disk.Submit(new(4, DiskOpKind.Write, new("b"), Data: new byte[] { 1 }));

        Assert.Equal(DiskStatus.Ok, AwaitCompletion().Status);
        DiskCompletion failed = AwaitCompletion();
        Assert.Equal(DiskStatus.Failed, failed.Status);
        Assert.Contains("errno 22", failed.Detail, StringComparison.Ordinal);
        Assert.Equal(DiskStatus.Failed, AwaitCompletion().Status);
        Assert.Equal(DiskStatus.Failed, AwaitCompletion().Status);
        Assert.Empty(File.ReadAllBytes(Path.Combine(Folder, "b")));
    }
}
