namespace RaftSim.Storage;

/// <summary>How far the reading of a log has come.</summary>
/// <param name="Segments">Segments read.</param>
/// <param name="Of">How many there are.</param>
/// <param name="Bytes">Bytes read.</param>
public readonly record struct LogProgress(int Segments, int Of, long Bytes);

/// <summary>
/// Reads a log as a server would at its start, by the same rules, and writes nothing. For looking at a folder whose
/// server is stopped. Not thread-safe.
/// </summary>
public sealed class LogReader
{
    private readonly IDisk _disk;
    private readonly SegmentChain _chain = new();
    private readonly LogPlaces _places = new();
    private readonly List<LogSegment> _segments = [];
    private readonly List<FileId> _unfinished = [];
    private readonly SnapshotPrefix _manifest = new();
    private FileId? _snapshotFile;
    private SnapshotHeader? _snapshot;
    private SnapshotReading? _snapshotRead;
    private ulong _chunk;
    private long _content;
    private DiskOpKind _step = DiskOpKind.List;
    private ulong _ticket;
    private byte[] _bytes = [];
    private int _length;
    private long _bytesRead;
    private ulong _syncedThrough;
    private bool _isAtSnapshot;

    /// <summary>Prepares to read; nothing happens before <see cref="Open"/>.</summary>
    public LogReader(IDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        _disk = disk;
    }

    /// <summary>What was read; <see langword="null"/> until the end is reached.</summary>
    public LogReading? Result { get; private set; }

    /// <summary>How far it has come.</summary>
    public LogProgress Progress => new(_segments.Count, _chain.Count, _bytesRead);

    /// <summary>Starts reading. Throws <see cref="InvalidOperationException"/> the second time.</summary>
    public void Open()
    {
        if (_ticket != 0)
        {
            throw new InvalidOperationException("a log is read once");
        }

        Submit(DiskOpKind.List);
    }

    /// <summary>Takes the end of the disk operation under way.</summary>
    public void Complete(in DiskCompletion completion)
    {
        Invariant.Require(completion.Ticket == _ticket, "a disk completes in the order of submission");
        if (completion.Status != DiskStatus.Ok)
        {
            FileId file = _isAtSnapshot ? _snapshotFile!.Value : default;
            file = _isAtSnapshot || _step == DiskOpKind.List ? file : _chain.File;
            End(new(file, 0, $"{_step} failed: {completion.Status}: {completion.Detail ?? "no detail given"}"));
            return;
        }

        switch (_step)
        {
            case DiskOpKind.List:
                Listed(completion.Files.Span);
                break;
            case DiskOpKind.Size:
                Sized(completion.Length);
                break;
            case DiskOpKind.Read when _isAtSnapshot:
                ReadSnapshot((int)completion.Length);
                break;
            default:
                ReadSegment(completion.Length);
                break;
        }
    }

    private void Listed(ReadOnlySpan<FileId> files)
    {
        foreach (FileId file in files)
        {
            if (LogFormat.IsUnfinished(file) || SnapshotFormat.IsUnfinished(file))
            {
                _unfinished.Add(file);
            }
        }

        _snapshotFile = SnapshotFormat.Latest(files);
        if (!_chain.TakeNames(files) || _chain.Count == 0)
        {
            End(_chain.Damage);
            return;
        }

        Submit(DiskOpKind.Size);
    }

    private void Sized(long length)
    {
        if (!_chain.TakeLength(length))
        {
            End(_chain.Damage);
            return;
        }

        _length = (int)length;
        if (_bytes.Length < _length)
        {
            _bytes = new byte[_length];
        }

        Submit(DiskOpKind.Read);
    }

    private void ReadSegment(long read)
    {
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, _length);
        ulong first = _chain.Replay.NextOrdinal;
        FileId file = _chain.File;
        bool isGood = _chain.TakeSegment(
            bytes, read, out _, out SegmentEnd end, offset => _places.Add(file, offset, _chain.Replay));
        if (!isGood)
        {
            End(_chain.Damage);
            return;
        }

        ulong frames = _chain.Replay.NextOrdinal - first + (end.Continued ? 1u : 0);
        int behind = end.Offset + (end.Continued ? LogFormat.FrameHeaderBytes : 0);
        int rest = bytes[behind..].LastIndexOfAnyExcept((byte)0) + 1;
        _segments.Add(new(file, _length, frames, first, end.SyncedThrough, end.Offset, rest, end.Damage ?? ""));
        _bytesRead += _length;
        _syncedThrough = Math.Max(_syncedThrough, end.SyncedThrough);
        if (!_chain.IsLast)
        {
            _chain.GoOn();
            Submit(DiskOpKind.Size);
        }
        else if (_snapshotFile is null)
        {
            EndWith(LogIndex.Zero);
        }
        else
        {
            _isAtSnapshot = true;
            ReadSnapshotAt(0, SnapshotFormat.HeaderBytes);
        }
    }

    private void ReadSnapshot(int read)
    {
        FileId file = _snapshotFile!.Value;
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(0, read);
        if (_snapshot is not { } header)
        {
            string? wrong = SnapshotFormat.ReadHeader(bytes, out header)
                ?? SnapshotFormat.Misplaced(header, file, _chain.Id, _chain.Disk);
            if (wrong is not null)
            {
                End(new(file, 0, wrong));
                return;
            }

            _snapshot = header;
            ReadSnapshotAt(SnapshotFormat.OffsetOf(header.Snapshot, 0), ChunkBytesOf(header));
            return;
        }

        string? broken = SnapshotFormat.CheckChunk(bytes, header.Snapshot, _chunk, out int length, out bool isLast);
        if (broken is not null)
        {
            End(new(file, SnapshotFormat.OffsetOf(header.Snapshot, _chunk), broken));
            return;
        }

        _chunk++;
        _bytesRead += length;
        _content += length - SnapshotFormat.ChunkHeaderBytes;
        _manifest.Take(_bytes.AsMemory(SnapshotFormat.ChunkHeaderBytes, length - SnapshotFormat.ChunkHeaderBytes));
        if (!isLast)
        {
            ReadSnapshotAt(SnapshotFormat.OffsetOf(header.Snapshot, _chunk), ChunkBytesOf(header));
            return;
        }

        if (!_manifest.IsWhole)
        {
            End(new(file, SnapshotFormat.OffsetOf(header.Snapshot, 0), _manifest.Broken ?? SnapshotPrefix.Short));
            return;
        }

        _snapshotRead = new(file, header.Snapshot, _chunk, _content, _manifest.Bytes);
        EndWith(header.Snapshot.Last.Index);
    }

    private static int ChunkBytesOf(in SnapshotHeader header) =>
        SnapshotFormat.ChunkHeaderBytes + header.Snapshot.ChunkBytes;

    private void ReadSnapshotAt(long offset, int length)
    {
        _step = DiskOpKind.Read;
        _bytes = _bytes.Length < length ? new byte[length] : _bytes;
        _disk.Submit(
            new(++_ticket, _step, _snapshotFile!.Value, Offset: offset, Buffer: _bytes.AsMemory(0, length)));
    }

    // What the log does not begin with, a snapshot must hold.
    private void EndWith(LogIndex snapshot)
    {
        LogIndex start = _chain.Replay.ToState().LogStart.Index;
        End(start <= snapshot ? null : new(_segments[0].File, 0, RecoveredState.MissingBefore(start, snapshot)));
    }

    private void End(LogDamage? damage)
    {
        _bytes = [];
        Result = new(_places)
        {
            Id = _chain.Id,
            Disk = _chain.Disk,
            State = _chain.Replay.ToState(),
            Segments = _segments,
            Snapshot = _snapshotRead,
            Unfinished = _unfinished,
            Frames = _chain.Replay.NextOrdinal - 1,
            SyncedThrough = _syncedThrough,
            Damage = damage,
        };
    }

    private void Submit(DiskOpKind step)
    {
        _step = step;
        _disk.Submit(new(
            ++_ticket,
            step,
            step == DiskOpKind.List ? default : _chain.File,
            Buffer: step == DiskOpKind.Read ? _bytes.AsMemory(0, _length) : default));
    }
}
