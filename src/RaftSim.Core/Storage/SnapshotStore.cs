namespace RaftSim.Storage;

/// <summary>The kinds of event of a snapshot store.</summary>
public enum SnapshotStoreEventKind : byte
{
    /// <summary>The folder was looked through: <see cref="SnapshotStore.Current"/> is known.</summary>
    Opened,

    /// <summary>The chunk handed over last is durable; the next may follow.</summary>
    Written,

    /// <summary>The snapshot is whole and durable, and took the place of the one before.</summary>
    Finished,

    /// <summary>The disk is full: the snapshot that was being written is given up, and nothing else is lost.</summary>
    Full,

    /// <summary>A chunk was read.</summary>
    Read,

    /// <summary>A chunk that was asked for cannot be read: the text names file, offset and rule.</summary>
    Damaged,

    /// <summary>The disk cannot be used any more: the server must stop. The text names file and operation.</summary>
    Failed,
}

/// <summary>Something that happened to the snapshots.</summary>
/// <param name="Kind">What.</param>
/// <param name="Tag">When read or damaged: the number that it was asked for with.</param>
/// <param name="Chunk">When read: the whole chunk, its head in front.</param>
/// <param name="IsLast">When read: whether no other follows.</param>
/// <param name="Text">When damaged or failed: why.</param>
public readonly record struct SnapshotStoreEvent(
    SnapshotStoreEventKind Kind, ulong Tag = 0, ReadOnlyMemory<byte> Chunk = default, bool IsLast = false, string Text = "");

/// <summary>
/// The snapshots of a data folder: one that is whole and, at times, one that is being written. Every chunk is synced before
/// the next is written, so that the log, which shares the disk, never waits for long. Not thread-safe; format and rules:
/// docs/STORAGE.md. Source: dissertation §5.1, crash-safe replacement by rename.
/// </summary>
public sealed class SnapshotStore
{
    /// <summary>Set in the ticket of every operation of a snapshot store: the log's have it not.</summary>
    public const ulong TicketBit = 1UL << 63;

    private readonly IDisk _disk;
    private readonly Queue<Operation> _operations = new();
    private readonly Queue<SnapshotStoreEvent> _events = new();
    private readonly List<FileId> _old = [];
    private ServerId _server;
    private DiskId _identity;
    private ulong _lastTicket = TicketBit;
    private FileId _currentFile;
    private StoredSnapshot _writing;
    private FileId _writingFile;
    private ulong _nextChunk;
    private bool _isLastWritten;
    private bool _isRenaming;
    private ulong _attempt = 1;
    private bool _failed;

    /// <summary>Prepares a store; nothing is read before <see cref="Open"/>.</summary>
    public SnapshotStore(IDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        _disk = disk;
    }

    // What the end of an operation means.
    private enum Purpose : byte
    {
        Step,
        List,
        Head,
        Chunk,
        Rename,
        Published,
        Read,
    }

    /// <summary>After opening: the snapshot that is whole; <see langword="null"/> for none.</summary>
    public StoredSnapshot? Current { get; private set; }

    /// <summary>How many chunks that has; 0 until it is known: when it was written, or read to its end.</summary>
    public ulong CurrentChunks { get; private set; }

    /// <summary>Whether a snapshot is being written.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>Looks through the folder, which must belong to this server and have this identity.</summary>
    public void Open(ServerId server, DiskId identity)
    {
        _server = server;
        _identity = identity;
        Submit(new(Purpose.List), DiskOpKind.List);
    }

    /// <summary>
    /// Begins to write a snapshot, instead of one that may be under way. Its chunks follow, one at a time.
    /// </summary>
    public void Create(in StoredSnapshot snapshot)
    {
        Abandon();
        IsWriting = true;
        _writing = snapshot;
        _writingFile = SnapshotFormat.UnfinishedNameOf(snapshot.Last);
        _nextChunk = 0;
        _isLastWritten = _isRenaming = false;
        Submit(new(Purpose.Step, _attempt), DiskOpKind.Create, _writingFile);
        byte[] head = SnapshotFormat.WriteHeader(new(_server, _identity, snapshot));
        Submit(new(Purpose.Step, _attempt), DiskOpKind.Write, _writingFile, data: head);
    }

    /// <summary>
    /// Writes the next chunk, sealed by <see cref="SnapshotFormat.SealChunk"/>; it must not change before
    /// <see cref="SnapshotStoreEventKind.Written"/>. Behind the last one the snapshot is finished by itself.
    /// </summary>
    public void Write(ReadOnlyMemory<byte> chunk)
    {
        Invariant.Require(IsWriting && !_isLastWritten, "a chunk follows those before it");
        string? broken = SnapshotFormat.CheckChunk(chunk.Span, _writing, _nextChunk, out _, out bool isLast);
        Invariant.Require(broken is null, "only a good chunk is written");
        long offset = SnapshotFormat.OffsetOf(_writing, _nextChunk++);
        _isLastWritten = isLast;
        Submit(new(Purpose.Step, _attempt), DiskOpKind.Write, _writingFile, offset: offset, data: chunk);
        Submit(new(Purpose.Chunk, _attempt), DiskOpKind.Sync, _writingFile);
    }

    /// <summary>Gives up the snapshot that is being written, if there is one.</summary>
    public void Abandon()
    {
        if (!IsWriting)
        {
            return;
        }

        IsWriting = false;
        _attempt++;
        Submit(new(Purpose.Step), DiskOpKind.Delete, _writingFile);
        if (_isRenaming)
        {
            // Too late for that: it goes under its name when the next one comes.
            _old.Add(SnapshotFormat.NameOf(_writing.Last));
        }
    }

    /// <summary>
    /// Reads a chunk of the current snapshot; its end is an event with <paramref name="tag"/>. Throws
    /// <see cref="InvalidOperationException"/> when there is no snapshot.
    /// </summary>
    public void Read(ulong chunk, ulong tag)
    {
        StoredSnapshot snapshot = Current ?? throw new InvalidOperationException("there is no snapshot");
        byte[] buffer = new byte[SnapshotFormat.ChunkHeaderBytes + snapshot.ChunkBytes];
        Submit(
            new(Purpose.Read, tag, snapshot, chunk, buffer),
            DiskOpKind.Read,
            _currentFile,
            offset: SnapshotFormat.OffsetOf(snapshot, chunk),
            buffer: buffer);
    }

    /// <summary>Deletes what a crash left of earlier snapshots, once the current one has proved good.</summary>
    public void DropOld()
    {
        foreach (FileId file in _old)
        {
            Submit(new(Purpose.Step), DiskOpKind.Delete, file);
        }

        if (_old.Count > 0)
        {
            Submit(new(Purpose.Step), DiskOpKind.SyncDirectory);
        }

        _old.Clear();
    }

    /// <summary>Takes the end of one of this store's disk operations: one whose ticket has <see cref="TicketBit"/>.</summary>
    public void Complete(in DiskCompletion completion)
    {
        Operation operation = _operations.Dequeue();
        Invariant.Require(operation.Ticket == completion.Ticket, "a disk completes in the order of submission");
        if (_failed)
        {
            return;
        }

        bool isOfWriting = IsWriting && operation.Context.Number == _attempt
            && operation.Context.Purpose is not Purpose.Read;
        if (completion.Status == DiskStatus.Full && isOfWriting)
        {
            Abandon();
            _events.Enqueue(new(SnapshotStoreEventKind.Full));
        }
        else if (completion.Status != DiskStatus.Ok && (isOfWriting || !IsForgiven(operation, completion.Status)))
        {
            Fail($"{operation.File}: {operation.Kind} failed: {completion.Status}: {completion.Detail ?? "no detail given"}");
        }
        else
        {
            Take(operation, completion, isOfWriting);
        }
    }

    /// <summary>The next event, if there is one.</summary>
    public bool TryTakeEvent(out SnapshotStoreEvent storeEvent) => _events.TryDequeue(out storeEvent);

    // Of an attempt that was given up: its file may not have come into being, or be gone, or find no space any more.
    private static bool IsForgiven(in Operation operation, DiskStatus status) => status switch
    {
        DiskStatus.NotFound => operation.Kind == DiskOpKind.Delete || SnapshotFormat.IsUnfinished(operation.File),
        DiskStatus.Full => SnapshotFormat.IsUnfinished(operation.File),
        _ => false,
    };

    private void Take(in Operation operation, in DiskCompletion completion, bool isOfWriting)
    {
        switch (operation.Context.Purpose)
        {
            case Purpose.List:
                Listed(completion.Files.Span);
                break;
            case Purpose.Head:
                TakeHead(operation.Context.Buffer, completion.Length);
                break;
            case Purpose.Chunk when isOfWriting && _isLastWritten:
                _isRenaming = true;
                Submit(
                    new(Purpose.Rename, _attempt), DiskOpKind.Rename, _writingFile, SnapshotFormat.NameOf(_writing.Last));
                break;
            case Purpose.Chunk when isOfWriting:
                _events.Enqueue(new(SnapshotStoreEventKind.Written));
                break;
            case Purpose.Rename when isOfWriting:
                Submit(new(Purpose.Published, _attempt), DiskOpKind.SyncDirectory);
                break;
            case Purpose.Published when isOfWriting:
                Publish();
                break;
            case Purpose.Read:
                TakeChunk(operation.Context, completion.Length);
                break;
        }
    }

    private void Listed(ReadOnlySpan<FileId> files)
    {
        FileId? latest = SnapshotFormat.Latest(files);
        foreach (FileId file in files)
        {
            if (SnapshotFormat.IsUnfinished(file))
            {
                Submit(new(Purpose.Step), DiskOpKind.Delete, file);
            }
            else if (SnapshotFormat.TryParseName(file, out _) && file != latest)
            {
                _old.Add(file);
            }
        }

        if (latest is null)
        {
            _events.Enqueue(new(SnapshotStoreEventKind.Opened));
            return;
        }

        _currentFile = latest.Value;
        byte[] buffer = new byte[SnapshotFormat.HeaderBytes];
        Submit(new(Purpose.Head, buffer: buffer), DiskOpKind.Read, _currentFile, buffer: buffer);
    }

    private void TakeHead(byte[] buffer, long length)
    {
        string? broken = SnapshotFormat.ReadHeader(buffer.AsSpan(0, (int)length), out SnapshotHeader header);
        broken ??= SnapshotFormat.Misplaced(header, _currentFile, _server, _identity);
        if (broken is not null)
        {
            Fail(new LogDamage(_currentFile, 0, broken).ToString());
            return;
        }

        Current = header.Snapshot;
        _events.Enqueue(new(SnapshotStoreEventKind.Opened));
    }

    private void Publish()
    {
        IsWriting = false;
        FileId file = SnapshotFormat.NameOf(_writing.Last);
        if (Current is not null && _currentFile != file)
        {
            _old.Add(_currentFile);
        }

        // It may have been given up once under the same name, and fetched again.
        _old.RemoveAll(old => old == file);
        CurrentChunks = _nextChunk;
        Current = _writing;
        _currentFile = file;
        DropOld();
        _events.Enqueue(new(SnapshotStoreEventKind.Finished));
    }

    private void TakeChunk(in Context context, long length)
    {
        byte[] buffer = context.Buffer;
        string? broken = SnapshotFormat.CheckChunk(
            buffer.AsSpan(0, (int)length), context.Snapshot, context.Chunk, out int used, out bool isLast);
        if (broken is null)
        {
            CurrentChunks = isLast && context.Snapshot == Current ? context.Chunk + 1 : CurrentChunks;
            _events.Enqueue(
                new(SnapshotStoreEventKind.Read, context.Number, buffer.AsMemory(0, used), isLast));
            return;
        }

        LogDamage damage = new(
            SnapshotFormat.NameOf(context.Snapshot.Last), SnapshotFormat.OffsetOf(context.Snapshot, context.Chunk), broken);
        _events.Enqueue(new(SnapshotStoreEventKind.Damaged, context.Number, Text: damage.ToString()));
    }

    private void Fail(string text)
    {
        _failed = true;
        _events.Enqueue(new(SnapshotStoreEventKind.Failed, Text: text));
    }

    private void Submit(
        in Context context,
        DiskOpKind kind,
        FileId file = default,
        FileId target = default,
        long offset = 0,
        ReadOnlyMemory<byte> data = default,
        Memory<byte> buffer = default)
    {
        _operations.Enqueue(new(++_lastTicket, context, kind, file));
        _disk.Submit(new(_lastTicket, kind, file, target, offset, Data: data, Buffer: buffer));
    }

    // Number: of a step of writing, the attempt; of a read, its tag.
    private readonly struct Context(
        Purpose purpose, ulong number = 0, in StoredSnapshot snapshot = default, ulong chunk = 0, byte[]? buffer = null)
    {
        public Purpose Purpose { get; } = purpose;

        public ulong Number { get; } = number;

        public StoredSnapshot Snapshot { get; } = snapshot;

        public ulong Chunk { get; } = chunk;

        public byte[] Buffer { get; } = buffer ?? [];
    }

    private readonly record struct Operation(ulong Ticket, Context Context, DiskOpKind Kind, FileId File);
}
