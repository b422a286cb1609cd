namespace RaftSim.Storage;

public sealed partial class WriteAheadLog
{
    private readonly List<ulong> _segments = [];
    private LogReplay _replay = new();
    private Reading _reading;
    private int _readingIndex;
    private byte[] _readBytes = [];
    private int _readLength;
    private SegmentEnd _lastEnd;
    private bool _previousContinued = true;
    private ulong _previousNextOrdinal;
    private long _previousPosition;
    private long _previousFilled;

    // The steps of reading the folder; each waits for the one before.
    private enum Reading : byte
    {
        List,
        Clean,
        Size,
        Read,
        Repair,
    }

    private FileId ReadingFile => LogFormat.NameOf(_segments[_readingIndex]);

    private bool ReadingLast => _readingIndex == _segments.Count - 1;

    private void Recover(in DiskCompletion completion)
    {
        switch (_reading)
        {
            case Reading.List:
                Listed(completion.Files.Span);
                break;
            case Reading.Clean:
                BeginReading();
                break;
            case Reading.Size:
                Sized(completion.Length);
                break;
            case Reading.Read:
                ReadSegment(completion.Length);
                break;
            default:
                Repaired();
                break;
        }
    }

    private void Listed(ReadOnlySpan<FileId> files)
    {
        foreach (FileId file in files)
        {
            if (LogFormat.TryParseName(file, out ulong number))
            {
                _segments.Add(number);
            }
            else if (LogFormat.IsUnfinished(file))
            {
                // It never got its final name, so nothing was ever written to it that anybody was told about.
                Submit(Purpose.Step, DiskOpKind.Delete, file);
            }
        }

        _segments.Sort();
        for (int i = 0; i < _segments.Count; i++)
        {
            ulong expected = (ulong)i + 1;
            if (_segments[i] != expected)
            {
                Refuse(LogFormat.NameOf(expected), 0, $"the segment is missing, but there is {LogFormat.NameOf(_segments[i])}");
                return;
            }
        }

        _reading = Reading.Clean;
        Submit(Purpose.Recovery, DiskOpKind.SyncDirectory);
    }

    private void BeginReading()
    {
        if (_segments.Count > 0)
        {
            _reading = Reading.Size;
            Submit(Purpose.Recovery, DiskOpKind.Size, ReadingFile);
            return;
        }

        Id = _options.RequestedId.IsNone ? _options.NewId : _options.RequestedId;
        Disk = _options.NewDisk;
        StartSegment();
    }

    private void Sized(long length)
    {
        if (length > Array.MaxLength)
        {
            Refuse(ReadingFile, 0, $"no segment is {length} bytes long");
            return;
        }

        _readLength = (int)length;
        if (_readBytes.Length < _readLength)
        {
            _readBytes = new byte[_readLength];
        }

        _reading = Reading.Read;
        Submit(Purpose.Recovery, DiskOpKind.Read, ReadingFile, buffer: _readBytes.AsMemory(0, _readLength));
    }

    private void ReadSegment(long length)
    {
        if (length != _readLength)
        {
            Refuse(ReadingFile, length, $"the file has {_readLength} bytes, but they end here");
            return;
        }

        ReadOnlySpan<byte> bytes = _readBytes.AsSpan(0, _readLength);
        if (!CheckHeader(bytes, out SegmentHeader header))
        {
            return;
        }

        SegmentEnd end = SegmentReader.Read(bytes, header, _replay);
        if (!CheckEnd(end))
        {
            return;
        }

        if (ReadingLast)
        {
            Repair(header, end);
            return;
        }

        _lastEnd = end;
        _previousContinued = end.Continued;
        _previousNextOrdinal = _replay.NextOrdinal;
        _previousPosition = end.Offset;
        _previousFilled = _readLength;
        _readingIndex++;
        BeginReading();
    }

    private bool CheckHeader(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        // A segment gets its name after it is complete, so its head is never torn.
        string? broken = LogFormat.ReadSegmentHeader(bytes, out header);
        if (broken is not null)
        {
            return Refuse(ReadingFile, 0, broken);
        }

        if (header.Number != _segments[_readingIndex])
        {
            return Refuse(ReadingFile, 0, $"the segment inside is number {header.Number}: the file was renamed");
        }

        if (_readingIndex == 0)
        {
            if (!_options.RequestedId.IsNone && _options.RequestedId != header.Id)
            {
                return Refuse(
                    ReadingFile, 0, $"this folder belongs to server {header.Id}, not to {_options.RequestedId} as asked for");
            }

            Id = header.Id;
            Disk = header.Disk;
        }
        else if (header.Id != Id || header.Disk != Disk)
        {
            return Refuse(
                ReadingFile, 0, $"the segment is of server {header.Id}, disk {header.Disk}; the log of {Id}, disk {Disk}");
        }

        if (header.FirstOrdinal != _replay.NextOrdinal)
        {
            string what = $"frame {_replay.NextOrdinal} is wanted, but {ReadingFile} begins with {header.FirstOrdinal}";
            return _readingIndex == 0
                ? Refuse(ReadingFile, 0, what)
                : Refuse(
                    LogFormat.NameOf(_segments[_readingIndex - 1]),
                    _lastEnd.Offset,
                    $"{_lastEnd.Damage ?? "the frames end"}; {what}, which proves that all before was synced");
        }

        return header.PreviousIndex == _replay.LastIndex
            || Refuse(ReadingFile, 0, $"it continues a log that ends at {header.PreviousIndex}, not at {_replay.LastIndex}");
    }

    private bool CheckEnd(in SegmentEnd end)
    {
        if (end.Broken is not null)
        {
            return Refuse(ReadingFile, end.Offset, end.Broken);
        }

        if (end.FilledTo > _readLength)
        {
            return Refuse(ReadingFile, _readLength, $"the file ends here, but it once had {end.FilledTo} bytes, synced");
        }

        // Never cut what was synced: others count on it. Cutting here is how a cluster forgets what it acknowledged.
        if (end.SyncedThrough >= _replay.NextOrdinal)
        {
            string what = end.Damage ?? "there are only zeros";
            return Refuse(
                ReadingFile,
                end.Offset,
                $"{what}; frame {_replay.NextOrdinal} belongs here, and offset {end.Witness} says that all up to "
                + $"{end.SyncedThrough} was synced");
        }

        return !(end.Continued && ReadingLast)
            || Refuse(
                LogFormat.NameOf(_segments[_readingIndex] + 1), 0, $"the segment is missing, but {ReadingFile} says it exists");
    }

    // Three things are made true before anything is built on what was read. What nobody proves to be synced may live in
    // the page cache alone, after a failed sync even marked clean: frames are written again, zeros cut off to be made
    // anew. And what stands behind the last good frame is overwritten, so that no later frame can ever connect to it.
    private void Repair(in SegmentHeader header, in SegmentEnd end)
    {
        EnterSegment(header.Number);
        _position = end.Offset;
        _filled = Math.Max(end.FilledTo, end.Offset);
        if (_filled < _readLength)
        {
            Submit(Purpose.Step, DiskOpKind.Truncate, _file, length: _filled);
        }

        Span<byte> tail = _readBytes.AsSpan(end.Offset, (int)_filled - end.Offset);
        int dirty = end.Offset + tail.LastIndexOfAnyExcept((byte)0) + 1;
        tail.Clear();
        if (dirty > end.Unproven)
        {
            ReadOnlyMemory<byte> data = _readBytes.AsMemory(end.Unproven, dirty - end.Unproven);
            Submit(Purpose.Step, DiskOpKind.Write, _file, offset: end.Unproven, data: data);
        }

        _capacity = _options.SegmentBytes;
        _nextOrdinal = _replay.NextOrdinal;
        _syncedThrough = _nextOrdinal - 1;
        _lastBatch = _replay.LastBatch;
        _claimed = end.SyncedThrough;
        _lastIndex = _writtenIndex = _replay.LastIndex;
        _lastTerm = _replay.Term;
        _reading = Reading.Repair;
        Submit(Purpose.Recovery, DiskOpKind.Sync, _file);
    }

    private void Repaired()
    {
        if (!_previousContinued)
        {
            WriteContinued(_number - 1, _previousNextOrdinal, _previousPosition, _previousFilled);
        }

        Opened();
    }

    private void Opened()
    {
        _readBytes = [];
        _recovered = _replay.ToState();
        _replay = new();
        _phase = Phase.Open;
        _events.Enqueue(new(WriteAheadLogEventKind.Opened));
    }

    private bool Refuse(FileId file, long offset, string rule)
    {
        Fail($"{file}, offset {offset}: {rule}");
        return false;
    }
}
