using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace RaftSim.Runtime;

/// <summary>
/// Cuts what arrives on a connection into the bodies of frames. Performs no I/O: the caller fills <see cref="Space"/>.
/// Each body has an array of its own, because entries of the log stay slices of it for good.
/// </summary>
internal sealed class TcpFrameReader
{
    private const int BufferBytes = 64 << 10;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _start;
    private int _end;

    // The body that is being received, and its checksum: its end is filled without a detour.
    private byte[]? _body;
    private int _bodyFilled;
    private uint _checksum;

    /// <summary>What is wrong with the stream; nothing can be read from it any more.</summary>
    public string? Fault { get; private set; }

    /// <summary>Where the next bytes go; never empty after <see cref="TryTake"/> has returned false.</summary>
    public Memory<byte> Space => _body is null ? _buffer.AsMemory(_end) : _body.AsMemory(_bodyFilled);

    /// <summary>Takes note of bytes that were put into <see cref="Space"/>.</summary>
    public void Filled(int count)
    {
        if (_body is null)
        {
            _end += count;
        }
        else
        {
            _bodyFilled += count;
        }
    }

    /// <summary>Takes the next body; false when more bytes are needed, or there is a <see cref="Fault"/>.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? body)
    {
        body = null;
        if (Fault is not null || (_body is null && !TryStartBody()) || _bodyFilled < _body!.Length)
        {
            return false;
        }

        body = _body;
        _body = null;
        if (Crc32C.Compute(body) == _checksum)
        {
            return true;
        }

        Fault = "a frame has a wrong checksum";
        body = null;
        return false;
    }

    private bool TryStartBody()
    {
        int available = _end - _start;
        if (available < TcpFrameBuffer.HeaderBytes)
        {
            // Kept at the front, so that there is always room behind it.
            _buffer.AsSpan(_start, available).CopyTo(_buffer);
            (_start, _end) = (0, available);
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));
        if (length is 0 or > Limits.MessageBytesMax)
        {
            Fault = $"a frame of {length} bytes";
            return false;
        }

        _checksum = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start + sizeof(uint)));
        _start += TcpFrameBuffer.HeaderBytes;
        _body = GC.AllocateUninitializedArray<byte>((int)length);
        _bodyFilled = Math.Min(_end - _start, _body.Length);
        _buffer.AsSpan(_start, _bodyFilled).CopyTo(_body);
        _start += _bodyFilled;
        return true;
    }
}
