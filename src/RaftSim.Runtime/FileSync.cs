using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftSim.Runtime;

/// <summary>
/// Makes files and folders durable by the system calls themselves: on Linux neither <c>FileStream.Flush(true)</c> nor
/// <c>RandomAccess.FlushToDisk</c> reports an error of <c>fsync</c> (seen with .NET 10.0.12), and a lost error here is
/// a lost log.
/// </summary>
internal static partial class FileSync
{
    private const int InterruptedErrno = 4;
    private const int FullSyncCommand = 51; // macOS: F_FULLFSYNC; its fsync leaves the data in the drive's cache.
    private const int LinuxCloseOnExec = 0x80000;
    private const int MacCloseOnExec = 0x1000000;

    /// <summary>Makes a file's contents and length durable; throws <see cref="IOException"/> when that is not sure.</summary>
    internal static void Sync(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        while (SyncOnUnix(file) < 0)
        {
            ThrowUnlessInterrupted(path);
        }
    }

    /// <summary>Makes a folder's names durable; does nothing on Windows, where the file system does so by itself.</summary>
    internal static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = OpenFile(folder, CloseOnExec);
        if (descriptor < 0)
        {
            throw Error(folder);
        }

        using SafeFileHandle handle = new(descriptor, ownsHandle: true);
        while (FullSync(handle) < 0)
        {
            ThrowUnlessInterrupted(folder);
        }
    }

    private static int CloseOnExec
    {
        get
        {
            if (OperatingSystem.IsLinux())
            {
                return LinuxCloseOnExec;
            }

            return OperatingSystem.IsMacOS() ? MacCloseOnExec : 0;
        }
    }

    private static int SyncOnUnix(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
        {
            return DataSync(file);
        }

        return OperatingSystem.IsMacOS() ? Control(file, FullSyncCommand) : FullSync(file);
    }

    private static void ThrowUnlessInterrupted(string path)
    {
        if (Marshal.GetLastPInvokeError() != InterruptedErrno)
        {
            throw Error(path);
        }
    }

    private static IOException Error(string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new($"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}): {path}", errno);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FullSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);
}
