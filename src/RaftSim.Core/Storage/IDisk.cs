namespace RaftSim.Storage;

/// <summary>A file of the data folder, by its plain name (no folder in it).</summary>
/// <param name="Name">The name.</param>
public readonly record struct FileId(string Name) : IComparable<FileId>
{
    /// <summary>Ordinal order of the names.</summary>
    public int CompareTo(FileId other) => string.CompareOrdinal(Name, other.Name);

    /// <summary>The name.</summary>
    public override string ToString() => Name ?? "";
}

/// <summary>What a disk can be asked to do.</summary>
public enum DiskOpKind : byte
{
    /// <summary>The names of all files of the folder, in ordinal order.</summary>
    List,

    /// <summary>Makes an empty file; fails when it exists.</summary>
    Create,

    /// <summary>The length of a file in bytes.</summary>
    Size,

    /// <summary>
    /// Reads into <see cref="DiskOp.Buffer"/> from <see cref="DiskOp.Offset"/>; the length read may be short at the end
    /// of the file.
    /// </summary>
    Read,

    /// <summary>
    /// Writes all of <see cref="DiskOp.Data"/> at <see cref="DiskOp.Offset"/>. Not durable before a later
    /// <see cref="Sync"/>.
    /// </summary>
    Write,

    /// <summary>Makes everything written to the file before durable, its length included.</summary>
    Sync,

    /// <summary>Makes creations, renames and deletions in the folder durable.</summary>
    SyncDirectory,

    /// <summary>
    /// Fills the file with zeros up to <see cref="DiskOp.Length"/> bytes, so that later writes need no new space.
    /// </summary>
    Preallocate,

    /// <summary>Cuts the file to <see cref="DiskOp.Length"/> bytes.</summary>
    Truncate,

    /// <summary>Gives <see cref="DiskOp.File"/> the name <see cref="DiskOp.Target"/>, replacing a file of that name.</summary>
    Rename,

    /// <summary>Removes the file.</summary>
    Delete,
}

/// <summary>One effect on files. Operations are carried out in the order of submission.</summary>
/// <param name="Ticket">The submitter's number for it; comes back in the completion. A crash point is a ticket.</param>
/// <param name="Kind">What to do.</param>
/// <param name="File">The file concerned.</param>
/// <param name="Target">For <see cref="DiskOpKind.Rename"/>: the new name.</param>
/// <param name="Offset">Byte position for reads and writes.</param>
/// <param name="Length">Length in bytes for <see cref="DiskOpKind.Preallocate"/> and <see cref="DiskOpKind.Truncate"/>.</param>
/// <param name="Data">For writes: the bytes. Not changed until the completion arrives.</param>
/// <param name="Buffer">For reads: where the bytes go. Not touched by the submitter until the completion arrives.</param>
public readonly record struct DiskOp(
    ulong Ticket,
    DiskOpKind Kind,
    FileId File = default,
    FileId Target = default,
    long Offset = 0,
    long Length = 0,
    ReadOnlyMemory<byte> Data = default,
    Memory<byte> Buffer = default);

/// <summary>How an operation ended.</summary>
public enum DiskStatus : byte
{
    /// <summary>Done.</summary>
    Ok,

    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>No space left.</summary>
    Full,

    /// <summary>The disk failed: what the operation did is not known.</summary>
    Failed,
}

/// <summary>The end of an operation. Completions arrive in the order of submission.</summary>
/// <param name="Ticket">Which operation.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Length">
/// For <see cref="DiskOpKind.Size"/>: the length; for <see cref="DiskOpKind.Read"/>: how many bytes were read.
/// </param>
/// <param name="Files">For <see cref="DiskOpKind.List"/>: the names.</param>
/// <param name="Detail">When it failed: what the operating system said.</param>
public readonly record struct DiskCompletion(
    ulong Ticket,
    DiskStatus Status,
    long Length = 0,
    ReadOnlyMemory<FileId> Files = default,
    string? Detail = null);

/// <summary>
/// Files as effects: submitted in order, completed later, in the same order, as an input of the server. Never throws for
/// a fault of the disk and never calls back from inside <see cref="Submit"/>.
/// </summary>
public interface IDisk
{
    /// <summary>Queues one operation.</summary>
    void Submit(in DiskOp op);
}
