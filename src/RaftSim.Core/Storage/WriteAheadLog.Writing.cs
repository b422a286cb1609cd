namespace RaftSim.Storage;

public sealed partial class WriteAheadLog
{
    // Zeros are written ahead of use in steps of this size, so that a step delays a batch that arrives behind it by a
    // few milliseconds at most and a new folder stays small.
    private const long FillStepBytes = 1L << 20;

    private readonly byte[] _markBytes = new byte[LogFormat.FrameHeaderBytes];
    private readonly byte[] _continuedBytes = new byte[LogFormat.FrameHeaderBytes];
    private readonly byte[] _headerBytes = new byte[LogFormat.SegmentHeaderBytes];

    // All segments there are, with what a snapshot must hold for the log to begin with each.
    private readonly List<(ulong Number, LogIndex HeldThrough)> _segments = [];

    // Segments that nobody needs any more and that are still to be deleted.
    private readonly Queue<ulong> _released = new();
    private bool _isDeleting;

    // The segment that is written to; number 0 before there is one.
    private ulong _number;
    private FileId _file;
    private uint _salt;
    private long _position;
    private long _capacity;
    private long _filled;
    private long _fillTarget;

    // The next segment, under its temporary name: how much of it is durably zero.
    private FileId _nextFile = LogFormat.UnfinishedNameOf(1);
    private bool _preparing;
    private bool _isNextMade;
    private long _prepared;
    private long _prepareTarget;
    private Activation _activation;

    // For want of space: seen by the operations under way; nothing more is asked for until a retry; told and not over.
    private bool _lacksSpace;
    private bool _waitsForSpace;
    private bool _isFull;

    private ulong _nextOrdinal = 1;
    private ulong _syncedThrough;
    private ulong _lastBatch;
    private ulong _claimed;
    private LogCheckpoint _written;

    private bool _flushing;
    private ulong _flushingThrough;
    private ulong _flushingSequence;
    private bool _markInFlight;
    private bool _markUnsynced;

    // The steps of starting a segment, in order; each waits for the one before.
    private enum Activation : byte
    {
        None,
        SyncMark,
        Prepare,
        WriteHeader,
        SyncHeader,
        Rename,
        SyncDirectory,
    }

    private long WaitingFrameBytes => _writing.IsEmpty ? 0 : _writing.FirstFrameBytes;

    // The one place where it is decided what to write next.
    private void Advance()
    {
        if (_phase != Phase.Open || _flushing || _activation != Activation.None)
        {
            return;
        }

        if (_writing.IsEmpty)
        {
            _writing.Clear();
            (_writing, _gathering) = (_gathering, _writing);
        }

        if (_writing.IsEmpty)
        {
            WriteMark();
            return;
        }

        // Without space for more, what still fits into the zeros that are there goes on its own.
        long end = _capacity - LogFormat.FrameHeaderBytes;
        int count = _writing.CountThatFit(end - _position, out int bytes);
        if (_waitsForSpace && _writing.CountThatFit(Math.Min(end, _filled) - _position, out int fewerBytes) is > 0 and int fewer)
        {
            (count, bytes) = (fewer, fewerBytes);
        }

        if (count == 0)
        {
            StartSegment();
        }
        else if (_position + bytes > _filled)
        {
            Fill(_position + bytes);
        }
        else
        {
            WriteFrames(count, bytes);
        }
    }

    private void WriteFrames(int count, int bytes)
    {
        ReadOnlyMemory<byte> data = _writing.Take(
            count, _nextOrdinal, _syncedThrough, _filled, _salt, _position, out FrameBuffer.Frame last);
        Submit(Purpose.Step, DiskOpKind.Write, _file, offset: _position, data: data);
        Submit(Purpose.Flush, DiskOpKind.Sync, _file);
        _flushing = true;
        _nextOrdinal += (ulong)count;
        _flushingThrough = _lastBatch = _nextOrdinal - 1;
        _flushingSequence = last.Sequence;
        _written = last.After;
        _position += bytes;
        _claimed = _syncedThrough;

        WorkAhead();
    }

    // Behind a write, so that the disk works at it while nobody waits.
    private void WorkAhead()
    {
        long step = Math.Min(FillStepBytes, _capacity);
        if (_filled < _capacity && _filled - _position < step / 2)
        {
            Fill(Math.Min(_filled + step, _capacity));
        }
        else if (_position > _capacity / 2 && _prepared == 0)
        {
            Prepare(Math.Min(FillStepBytes, _options.SegmentBytes));
        }
    }

    private void Flushed()
    {
        _flushing = false;
        _markUnsynced = false;
        _syncedThrough = _flushingThrough;
        _events.Enqueue(new(WriteAheadLogEventKind.Durable, _flushingSequence));
    }

    // While nothing waits: says that all before is synced. A damaged last batch is then told from a torn one (Alagappan
    // et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST '18, §3.3). Nothing waits for it, and it is
    // not synced: if it is lost, so is only the proof.
    private void WriteMark()
    {
        if (_markInFlight || _lastBatch <= _claimed || _position + (2 * LogFormat.FrameHeaderBytes) > _filled)
        {
            return;
        }

        FrameHeader mark = new(FrameKind.Mark, 0, Crc32C.Compute([]), _nextOrdinal, _syncedThrough, _filled);
        LogFormat.WriteFrameHeader(_markBytes, mark, _salt, _position);
        Submit(Purpose.Mark, DiskOpKind.Write, _file, offset: _position, data: _markBytes);
        _markInFlight = true;
        _markUnsynced = true;
        _nextOrdinal++;
        _position += LogFormat.FrameHeaderBytes;
        _claimed = _syncedThrough;
    }

    private void Fill(long length)
    {
        if (_fillTarget == 0 && !_waitsForSpace)
        {
            _fillTarget = Math.Max(length, Math.Min(_filled + FillStepBytes, _capacity));
            Submit(Purpose.Space, DiskOpKind.Preallocate, _file, length: _fillTarget);
            Submit(Purpose.Fill, DiskOpKind.Sync, _file);
        }
    }

    private void Filled()
    {
        if (!NoteSpace())
        {
            _filled = _fillTarget;
        }

        _fillTarget = 0;
        if (_activation == Activation.Prepare && !_preparing)
        {
            // It may have been refused the space that this shows to be there again.
            WriteHeader();
        }
    }

    // Whether there was none. What still fits into the zeros that are there is written all the same.
    private bool NoteSpace()
    {
        if (_lacksSpace)
        {
            _lacksSpace = false;
            _waitsForSpace = _isFull = true;
            _events.Enqueue(new(WriteAheadLogEventKind.Full));
            return true;
        }

        if (_isFull)
        {
            _isFull = _waitsForSpace = false;
            _events.Enqueue(new(WriteAheadLogEventKind.SpaceBack));
        }

        return false;
    }

    private void Prepare(long length)
    {
        if (_preparing || _waitsForSpace)
        {
            return;
        }

        _preparing = true;
        _prepareTarget = length;
        if (!_isNextMade)
        {
            _isNextMade = true;
            Submit(Purpose.Space, DiskOpKind.Create, _nextFile);
        }

        Submit(Purpose.Space, DiskOpKind.Preallocate, _nextFile, length: length);
        Submit(Purpose.Prepare, DiskOpKind.Sync, _nextFile);
    }

    private void Prepared()
    {
        _preparing = false;
        if (NoteSpace())
        {
            return;
        }

        _prepared = _prepareTarget;
        if (_activation == Activation.Prepare)
        {
            WriteHeader();
        }
    }

    // Before a segment begins, all of the one before is durable.
    private void StartSegment()
    {
        if (_markUnsynced)
        {
            _activation = Activation.SyncMark;
            Submit(Purpose.Activate, DiskOpKind.Sync, _file);
        }
        else
        {
            _activation = Activation.Prepare;
            WriteHeader();
        }
    }

    private void Activate()
    {
        switch (_activation)
        {
            case Activation.SyncMark:
                _markUnsynced = false;
                _syncedThrough = _nextOrdinal - 1;
                _activation = Activation.Prepare;
                WriteHeader();
                break;
            case Activation.WriteHeader:
                _activation = Activation.SyncHeader;
                Submit(Purpose.Activate, DiskOpKind.Sync, _nextFile);
                break;
            case Activation.SyncHeader:
                // The final name is given only to a file that is complete and durable.
                _activation = Activation.Rename;
                Submit(Purpose.Activate, DiskOpKind.Rename, _nextFile, LogFormat.NameOf(_number + 1));
                break;
            case Activation.Rename:
                _activation = Activation.SyncDirectory;
                Submit(Purpose.Activate, DiskOpKind.SyncDirectory);
                break;
            default:
                BeginSegment();
                break;
        }
    }

    // As soon as the new file holds enough zeros for the frame that waits.
    private void WriteHeader()
    {
        long needed = LogFormat.SegmentHeaderBytes + WaitingFrameBytes + LogFormat.FrameHeaderBytes;
        if (_prepared < needed)
        {
            Prepare(Math.Max(needed, Math.Min(FillStepBytes, _options.SegmentBytes)));
            return;
        }

        _activation = Activation.WriteHeader;
        LogFormat.WriteSegmentHeader(_headerBytes, new(_number + 1, Id, Disk, _nextOrdinal, _prepared, _written));
        Submit(Purpose.Activate, DiskOpKind.Write, _nextFile, data: _headerBytes);
    }

    private void BeginSegment()
    {
        if (_number > 0)
        {
            WriteContinued(_number, _nextOrdinal, _position, _filled);
        }

        _activation = Activation.None;
        EnterSegment(_number + 1);
        _segments.Add((_number, _written.HeldThrough));
        _position = LogFormat.SegmentHeaderBytes;
        _capacity = Math.Max(
            _options.SegmentBytes, LogFormat.SegmentHeaderBytes + WaitingFrameBytes + LogFormat.FrameHeaderBytes);
        _filled = _prepared;
        _prepared = 0;
        _isNextMade = false;
        if (_phase == Phase.Opening)
        {
            Opened();
        }
    }

    private void EnterSegment(ulong number)
    {
        _number = number;
        _file = LogFormat.NameOf(number);
        _nextFile = LogFormat.UnfinishedNameOf(number + 1);
        _salt = LogFormat.SaltOf(Disk, number);
    }

    // Only now that the next segment is durable: it tells its loss from a log that simply ends here.
    private void WriteContinued(ulong number, ulong nextOrdinal, long position, long filled)
    {
        FrameHeader header = new(FrameKind.Continued, 0, Crc32C.Compute([]), nextOrdinal, nextOrdinal - 1, filled);
        LogFormat.WriteFrameHeader(_continuedBytes, header, LogFormat.SaltOf(Disk, number), position);
        FileId file = LogFormat.NameOf(number);
        Submit(Purpose.Continued, DiskOpKind.Write, file, offset: position, data: _continuedBytes);
        Submit(Purpose.Step, DiskOpKind.Sync, file);
    }
}
