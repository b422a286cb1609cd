namespace RaftSim.Storage;

/// <summary>Settings of the write-ahead log.</summary>
public sealed record WriteAheadLogOptions
{
    /// <summary>Bytes of one segment file. 4 KiB to 1 GiB; default 64 MiB.</summary>
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

    /// <summary>
    /// The disk is full: what does not fit into the space made before waits. <see cref="WriteAheadLog.RetrySpace"/> asks again.
    /// </summary>
    Full,

    /// <summary>There is space again.</summary>
    SpaceBack,

    /// <summary>The log cannot be used (any more): the server must stop. The text names file, offset and rule.</summary>
    Failed,
}

/// <summary>Something that happened to the log.</summary>
/// <param name="Kind">What.</param>
/// <param name="Sequence">When durable: the last durable batch.</param>
/// <param name="Text">When failed: why.</param>
public readonly record struct WriteAheadLogEvent(WriteAheadLogEventKind Kind, ulong Sequence = 0, string Text = "");

/// <summary>
/// A log of batches over a disk. Batches are gathered while a write is under way and go out together behind it: one
/// write, one sync. Whatever the disk fails at is final. Not thread-safe. Format and rules: docs/STORAGE.md.
/// </summary>
/// <remarks>Files: this one takes batches and events; .Writing.cs puts them on the disk; .Recovery.cs reads them back.</remarks>
public sealed partial class WriteAheadLog
{
    private const long SegmentBytesMin = 4L << 10;
    private const long SegmentBytesMax = 1L << 30;

    private readonly IDisk _disk;
    private readonly WriteAheadLogOptions _options;
    private readonly Queue<WriteAheadLogEvent> _events = new();
    private readonly Queue<Operation> _operations = new();
    private FrameBuffer _writing = new();
    private FrameBuffer _gathering = new();
    private ulong _lastTicket;
    private ulong _lastSequence;
    private LogCheckpoint _appended;
    private RecoveredState? _recovered;
    private Phase _phase;

    /// <summary>
    /// Prepares a log; nothing is read before <see cref="Open"/>. Throws <see cref="ArgumentException"/> for a segment
    /// size out of range, an id of more than 256 bytes, and ids to store that are none.
    /// </summary>
    public WriteAheadLog(IDisk disk, WriteAheadLogOptions options)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SegmentBytes is < SegmentBytesMin or > SegmentBytesMax)
        {
            throw new ArgumentException("a segment has from 4 KiB to 1 GiB", nameof(options));
        }

        if (!IsStorable(options.NewId) || (!options.RequestedId.IsNone && !IsStorable(options.RequestedId)))
        {
            throw new ArgumentException($"a server's id has from 1 to {Limits.ServerIdBytesMax} bytes", nameof(options));
        }

        if (options.NewDisk.IsNone)
        {
            throw new ArgumentException("a disk identity to store is needed", nameof(options));
        }

        _disk = disk;
        _options = options;
    }

    private enum Phase : byte
    {
        New,
        Opening,
        Open,
        Failed,
    }

    // What the end of a disk operation means to the log.
    private enum Purpose : byte
    {
        // One of several submitted together; its end matters only when it failed.
        Step,

        // Needs space, before anything rests on it.
        Space,

        // Needs space, but can do without.
        Continued,
        Recovery,
        Flush,
        Fill,
        Prepare,
        Activate,
        Mark,
        Delete,
    }

    /// <summary>After opening: the server's id; none before.</summary>
    public ServerId Id { get; private set; }

    /// <summary>After opening: the identity of the data folder; none before.</summary>
    public DiskId Disk { get; private set; }

    /// <summary>
    /// After opening, until the first append: what was read. Throws <see cref="InvalidOperationException"/> at other
    /// times.
    /// </summary>
    public RecoveredState Recovered =>
        _recovered ?? throw new InvalidOperationException("the recovered state is there from opening to the first append");

    /// <summary>Starts reading. Throws <see cref="InvalidOperationException"/> the second time.</summary>
    public void Open()
    {
        if (_phase != Phase.New)
        {
            throw new InvalidOperationException("a log is opened once");
        }

        _phase = Phase.Opening;
        Submit(Purpose.Recovery, DiskOpKind.List);
    }

    /// <summary>
    /// Queues a batch; it is encoded before this returns. Only after <see cref="WriteAheadLogEventKind.Opened"/>, else
    /// <see cref="InvalidOperationException"/>; ignored once the log has failed. Throws <see cref="ArgumentException"/>
    /// for more than <see cref="Limits.LogFrameBytesMax"/> bytes and <see cref="InvariantException"/> for a batch that
    /// does not follow the one before.
    /// </summary>
    public void Append(in LogBatch batch)
    {
        if (_phase == Phase.Failed)
        {
            return;
        }

        if (_phase != Phase.Open)
        {
            throw new InvalidOperationException("the log is not open");
        }

        // The same rules as in recovery: what would be refused there must not get there.
        Invariant.Require(batch.Sequence > _lastSequence, "a batch's sequence must be above the one before");
        LogCheckpoint after = _appended.With(batch);
        _gathering.Add(batch, after);
        _appended = after;
        _lastSequence = batch.Sequence;
        _recovered = null;
    }

    /// <summary>Starts the next write, if one waits and none is under way: everything queued goes out together.</summary>
    public void Flush() => Advance();

    /// <summary>
    /// A durable snapshot holds every entry up to <paramref name="through"/>: segments that hold no other are deleted.
    /// </summary>
    public void Release(LogIndex through)
    {
        int keep = _phase == Phase.Open ? _segments.FindLastIndex(segment => segment.HeldThrough <= through) : 0;
        for (int i = 0; i < keep; i++)
        {
            _released.Enqueue(_segments[i].Number);
        }

        _segments.RemoveRange(0, Math.Max(keep, 0));
        DeleteReleased();
    }

    // One at a time, the oldest first, and the next only when that has gone well: whatever a crash or a failure leaves is an
    // end of the log without a gap.
    private void DeleteReleased()
    {
        if (!_isDeleting && _released.TryDequeue(out ulong number))
        {
            _isDeleting = true;
            Submit(Purpose.Step, DiskOpKind.Delete, LogFormat.NameOf(number));
            Submit(Purpose.Delete, DiskOpKind.SyncDirectory);
        }
    }

    /// <summary>
    /// Takes the end of one of this log's disk operations. What waits then goes out without a further
    /// <see cref="Flush"/>.
    /// </summary>
    public void Complete(in DiskCompletion completion)
    {
        if (_phase == Phase.Failed)
        {
            return;
        }

        Operation operation = _operations.Dequeue();
        Invariant.Require(operation.Ticket == completion.Ticket, "a disk completes in the order of submission");
        if (_phase == Phase.Open && IsForWantOfSpace(operation, completion.Status))
        {
            _lacksSpace |= operation.Purpose == Purpose.Space;
            _isNextMade &= operation.Kind != DiskOpKind.Create;
        }
        else if (completion.Status != DiskStatus.Ok)
        {
            // Never tried again: after a failed sync nobody knows what is on the disk, and the next one may well report
            // success for data that is lost (Rebello et al., "Can Applications Recover from fsync Failures?", 2020).
            string file = operation.File == default ? "the data folder" : operation.File.ToString();
            Fail($"{file}: {operation.Kind} failed: {completion.Status}: {completion.Detail ?? "no detail given"}");
            return;
        }

        Take(operation.Purpose, completion);
        Advance();
    }

    /// <summary>After <see cref="WriteAheadLogEventKind.Full"/>: whether there is space again is tried.</summary>
    public void RetrySpace()
    {
        _waitsForSpace = false;
        if (_activation == Activation.Prepare)
        {
            WriteHeader();
        }
        else if (_activation == Activation.None)
        {
            // Not while a segment begins: what is filled must be the file that is written to when it ends.
            Advance();
            WorkAhead();
        }
    }

    /// <summary>The next event, if there is one.</summary>
    public bool TryTakeEvent(out WriteAheadLogEvent walEvent) => _events.TryDequeue(out walEvent);

    private void Take(Purpose purpose, in DiskCompletion completion)
    {
        switch (purpose)
        {
            case Purpose.Recovery:
                Recover(completion);
                break;
            case Purpose.Flush:
                Flushed();
                break;
            case Purpose.Fill:
                Filled();
                break;
            case Purpose.Prepare:
                Prepared();
                break;
            case Purpose.Activate:
                Activate();
                break;
            case Purpose.Mark:
                _markInFlight = false;
                break;
            case Purpose.Delete:
                _isDeleting = false;
                DeleteReleased();
                break;
        }
    }

    // Space is only ever asked for in advance, so nothing is lost when there is none: what is written goes into zeros that are
    // there. What was not made for want of space cannot be synced either.
    private bool IsForWantOfSpace(in Operation operation, DiskStatus status) => operation.Purpose switch
    {
        Purpose.Space => status == DiskStatus.Full || (_lacksSpace && status == DiskStatus.NotFound),
        Purpose.Prepare => _lacksSpace && status == DiskStatus.NotFound,
        Purpose.Continued => status == DiskStatus.Full,
        _ => false,
    };

    private static bool IsStorable(ServerId id) =>
        !id.IsNone && System.Text.Encoding.UTF8.GetByteCount(id.Value) <= Limits.ServerIdBytesMax;

    private void Fail(string text)
    {
        _phase = Phase.Failed;
        _recovered = null;
        _events.Enqueue(new(WriteAheadLogEventKind.Failed, Text: text));
    }

    private void Submit(
        Purpose purpose,
        DiskOpKind kind,
        FileId file = default,
        FileId target = default,
        long offset = 0,
        long length = 0,
        ReadOnlyMemory<byte> data = default,
        Memory<byte> buffer = default)
    {
        _operations.Enqueue(new(++_lastTicket, purpose, kind, file));
        _disk.Submit(new(_lastTicket, kind, file, target, offset, length, data, buffer));
    }

    private readonly record struct Operation(ulong Ticket, Purpose Purpose, DiskOpKind Kind, FileId File);
}
