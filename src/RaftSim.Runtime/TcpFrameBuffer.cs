using System.Buffers;
using System.Buffers.Binary;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Runtime;

/// <summary>
/// Frames on their way out, one behind the other, so that all that wait leave in one call. A frame: the length of the body
/// and its CRC-32C, four bytes each, little endian, then the body, which is what <see cref="WireCodec"/> writes.
/// </summary>
internal sealed class TcpFrameBuffer : IBufferWriter<byte>
{
    /// <summary>Bytes in front of each body.</summary>
    public const int HeaderBytes = 8;

    // After a burst the memory is given back.
    private const int KeptBytesMax = 1 << 20;

    private byte[] _bytes = [];
    private int _length;

    /// <summary>How many bytes are in it.</summary>
    public int Length => _length;

    /// <summary>How many frames are in it.</summary>
    public int Frames { get; private set; }

    /// <summary>What is in it.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>
    /// Adds a frame, but for its checksum. Throws <see cref="ArgumentException"/> when the message cannot be written.
    /// </summary>
    public void Append(in Envelope envelope)
    {
        int start = _length;
        try
        {
            _ = GetSpan(HeaderBytes);
            _length += HeaderBytes;
            WireCodec.Encode(envelope, this);
        }
        catch
        {
            _length = start;
            throw;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(start), _length - start - HeaderBytes);
        Frames++;
    }

    /// <summary>Writes the checksums: not done by <see cref="Append"/>, because that runs on the server's own thread.</summary>
    public void Seal()
    {
        for (int at = 0; at < _length;)
        {
            Span<byte> frame = _bytes.AsSpan(at, _length - at);
            int length = BinaryPrimitives.ReadInt32LittleEndian(frame);
            uint checksum = Crc32C.Compute(frame.Slice(HeaderBytes, length));
            BinaryPrimitives.WriteUInt32LittleEndian(frame[sizeof(int)..], checksum);
            at += HeaderBytes + length;
        }
    }

    /// <summary>Takes everything out.</summary>
    public void Clear()
    {
        _length = 0;
        Frames = 0;
        if (_bytes.Length > KeptBytesMax)
        {
            _bytes = [];
        }
    }

    /// <inheritdoc/>
    public void Advance(int count) => _length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_length);
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, Math.Max(Math.Max(_bytes.Length * 2, 4 << 10), _length + count));
        }
    }
}
