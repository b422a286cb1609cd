namespace RaftSim.Storage;

/// <summary>Settings of the write-ahead log.</summary>
public sealed record WriteAheadLogOptions
{
    /// <summary>Bytes of one segment file. 64 KiB to 1 GiB; default 64 MiB.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>The id that an operator asked for; none: the stored one or <see cref="NewId"/>.</summary>
    public ServerId RequestedId { get; init; }

    /// <summary>The id to store when the folder is empty and none was requested.</summary>
    public required ServerId NewId { get; init; }

    /// <summary>The disk identity to store when the folder is empty.</summary>
    public required DiskId NewDisk { get; init; }
}

/// <summary>The kinds of event of a write-ahead log.</summary>
public enum WriteAheadLogEventKind : byte
{
    /// <summary>The log was read, or made: identity and recovered state are known.</summary>
    Opened,

    /// <summary>Every batch up to a sequence is durable.</summary>
    Durable,

    /// <summary>The log cannot be used (any more): the server must stop. The text names file, offset and rule.</summary>
    Failed,
}

/// <summary>Something that happened to the log.</summary>
/// <param name="Kind">What.</param>
/// <param name="Sequence">When durable: the last durable batch.</param>
/// <param name="Text">When failed: why.</param>
public readonly record struct WriteAheadLogEvent(WriteAheadLogEventKind Kind, ulong Sequence = 0, string Text = "");

/// <summary>A log of batches over a disk.</summary>
public sealed class WriteAheadLog
{
    /// <summary>Prepares a log; nothing is read before <see cref="Open"/>.</summary>
    public WriteAheadLog(IDisk disk, WriteAheadLogOptions options) => throw new NotSupportedException();

    /// <summary>After opening: the server's id.</summary>
    public ServerId Id => throw new NotSupportedException();

    /// <summary>After opening: the identity of the data folder.</summary>
    public DiskId Disk => throw new NotSupportedException();

    /// <summary>After opening, until the first append: what was read.</summary>
    public RecoveredState Recovered => throw new NotSupportedException();

    /// <summary>Starts reading.</summary>
    public void Open() => throw new NotSupportedException();

    /// <summary>Queues a batch; it is encoded before this returns. Only after <see cref="WriteAheadLogEventKind.Opened"/>.</summary>
    public void Append(in LogBatch batch) => throw new NotSupportedException();

    /// <summary>Takes the end of one of this log's disk operations.</summary>
    public void Complete(in DiskCompletion completion) => throw new NotSupportedException();

    /// <summary>Starts the next write, if one waits and none is under way: everything queued goes out together.</summary>
    public void Flush() => throw new NotSupportedException();

    /// <summary>The next event, if there is one.</summary>
    public bool TryTakeEvent(out WriteAheadLogEvent walEvent) => throw new NotSupportedException();
}
