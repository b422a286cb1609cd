namespace RaftSim.Storage;

public sealed partial class WriteAheadLog
{
    private SegmentChain _chain = new();
    private Reading _reading;
    private byte[] _readBytes = [];
    private int _readLength;
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
            if (LogFormat.IsUnfinished(file))
            {
                // It never got its final name, so nothing was ever written to it that anybody was told about.
                Submit(Purpose.Step, DiskOpKind.Delete, file);
            }
        }

        _chain = new(_options.RequestedId);
        if (!_chain.TakeNames(files))
        {
            Refuse();
            return;
        }

        _reading = Reading.Clean;
        Submit(Purpose.Recovery, DiskOpKind.SyncDirectory);
    }

    private void BeginReading()
    {
        if (_chain.Count > 0)
        {
            _reading = Reading.Size;
            Submit(Purpose.Recovery, DiskOpKind.Size, _chain.File);
            return;
        }

        Id = _options.RequestedId.IsNone ? _options.NewId : _options.RequestedId;
        Disk = _options.NewDisk;
        StartSegment();
    }

    private void Sized(long length)
    {
        if (!_chain.TakeLength(length))
        {
            Refuse();
            return;
        }

        _readLength = (int)length;
        if (_readBytes.Length < _readLength)
        {
            _readBytes = new byte[_readLength];
        }

        _reading = Reading.Read;
        Submit(Purpose.Recovery, DiskOpKind.Read, _chain.File, buffer: _readBytes.AsMemory(0, _readLength));
    }

    private void ReadSegment(long length)
    {
        bool isGood = _chain.TakeSegment(
            _readBytes.AsSpan(0, _readLength), length, out SegmentHeader header, out SegmentEnd end);
        Id = _chain.Id;
        Disk = _chain.Disk;
        _segments.Add((header.Number, header.Before.HeldThrough));
        if (!isGood)
        {
            Refuse();
        }
        else if (_chain.IsLast)
        {
            Repair(header, end);
        }
        else
        {
            _previousContinued = end.Continued;
            _previousNextOrdinal = _chain.Replay.NextOrdinal;
            _previousPosition = end.Offset;
            _previousFilled = _readLength;
            _chain.GoOn();
            BeginReading();
        }
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
        _nextOrdinal = _chain.Replay.NextOrdinal;
        _syncedThrough = _nextOrdinal - 1;
        _lastBatch = _chain.Replay.LastBatch;
        _claimed = end.SyncedThrough;
        _appended = _written = _chain.Replay.Checkpoint;
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
        _recovered = _chain.Replay.ToState();
        _chain = new();
        _phase = Phase.Open;
        _events.Enqueue(new(WriteAheadLogEventKind.Opened));
    }

    private void Refuse() => Fail($"{_chain.Damage}");
}
