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
    private DiskOpKind _step = DiskOpKind.List;
    private ulong _ticket;
    private byte[] _bytes = [];
    private int _length;
    private long _bytesRead;
    private ulong _syncedThrough;

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
            FileId file = _step == DiskOpKind.List ? default : _chain.File;
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
            default:
                ReadSegment(completion.Length);
                break;
        }
    }

    private void Listed(ReadOnlySpan<FileId> files)
    {
        foreach (FileId file in files)
        {
            if (LogFormat.IsUnfinished(file))
            {
                _unfinished.Add(file);
            }
        }

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
        if (_chain.IsLast)
        {
            End(null);
            return;
        }

        _chain.GoOn();
        Submit(DiskOpKind.Size);
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
