using System.Buffers.Binary;
using System.Text;

namespace RaftSim.Storage;

/// <summary>Batches that wait to be written, already as frames one behind the other. Their heads are filled in last.</summary>
internal sealed class FrameBuffer
{
    // A buffer that one large batch made grow is given back instead of kept for ever.
    private const int KeptBytesMax = 4 << 20;
    private const int FirstBytes = 16 << 10;
    private const int EntryHeadBytes = sizeof(ulong) + sizeof(byte) + sizeof(uint);

    private readonly List<Frame> _frames = [];
    private byte[] _bytes = [];
    private int _length;
    private int _next;

    [Flags]
    internal enum Parts : byte
    {
        None = 0,
        Cluster = 1,
        HardState = 2,
        TruncateFrom = 4,
        Entries = 8,
        RestartAt = 16,
    }

    /// <summary>Whether no frame waits.</summary>
    internal bool IsEmpty => _next == _frames.Count;

    /// <summary>Bytes of the first frame that waits.</summary>
    internal int FirstFrameBytes => _frames[_next].Length;

    /// <summary>Encodes a batch behind the others; <paramref name="after"/> is what the log adds up to with it.</summary>
    internal void Add(in LogBatch batch, in LogCheckpoint after)
    {
        int bodyLength = BodyLength(batch, out int entries);
        int frameLength = LogFormat.FrameBytes(bodyLength);
        int start = _length;
        if (_bytes.Length - start < frameLength)
        {
            long doubled = Math.Max(FirstBytes, Math.Min(_bytes.Length * 2L, Array.MaxLength));
            Array.Resize(ref _bytes, Math.Max(checked(start + frameLength), (int)doubled));
        }

        Span<byte> frame = _bytes.AsSpan(start, frameLength);
        Encode(batch, entries, frame.Slice(LogFormat.FrameHeaderBytes, bodyLength));
        frame[(LogFormat.FrameHeaderBytes + bodyLength)..].Clear();
        _length = start + frameLength;
        _frames.Add(new(start, frameLength, bodyLength, batch.Sequence, after));
    }

    /// <summary>How many frames go into <paramref name="room"/> bytes, and how many bytes they take.</summary>
    internal int CountThatFit(long room, out int bytes)
    {
        int count = 0;
        bytes = 0;
        for (int i = _next; i < _frames.Count && _frames[i].Length <= room - bytes; i++)
        {
            bytes += _frames[i].Length;
            count++;
        }

        return count;
    }

    /// <summary>Takes the first <paramref name="count"/> frames for the place they will be written to.</summary>
    internal ReadOnlyMemory<byte> Take(
        int count, ulong firstOrdinal, ulong syncedThrough, long filledTo, uint salt, long offset, out Frame last)
    {
        int start = _frames[_next].Start;
        last = default;
        for (int i = 0; i < count; i++)
        {
            last = _frames[_next++];
            Span<byte> frame = _bytes.AsSpan(last.Start, last.Length);
            FrameHeader header = new(
                FrameKind.Batch,
                last.BodyLength,
                Crc32C.Compute(frame[LogFormat.FrameHeaderBytes..]),
                firstOrdinal + (ulong)i,
                syncedThrough,
                filledTo);
            LogFormat.WriteFrameHeader(frame, header, salt, offset + (last.Start - start));
        }

        return _bytes.AsMemory(start, last.Start + last.Length - start);
    }

    /// <summary>Forgets frames that were taken, once they are written.</summary>
    internal void Clear()
    {
        Invariant.Require(IsEmpty);
        _frames.Clear();
        _length = 0;
        _next = 0;
        if (_bytes.Length > KeptBytesMax)
        {
            _bytes = [];
        }
    }

    private static int BodyLength(in LogBatch batch, out int entries)
    {
        long length = 1;
        length += batch.Cluster is null ? 0 : 2 * sizeof(ulong);
        length += batch.HardState is { } hard
            ? sizeof(ulong) + sizeof(ushort) + Encoding.UTF8.GetByteCount(hard.Vote.ToString())
            : 0;
        length += batch.RestartAt is null ? 0 : 2 * sizeof(ulong);
        length += batch.TruncateFrom is null ? 0 : sizeof(ulong);
        entries = 0;
        foreach (ReadOnlyMemory<LogEntry> slice in batch.Entries.Span)
        {
            entries += slice.Length;
            foreach (ref readonly LogEntry entry in slice.Span)
            {
                length += EntryHeadBytes + entry.Payload.Length;
            }
        }

        length += entries == 0 ? 0 : sizeof(uint) + sizeof(ulong);
        if (length > Limits.LogFrameBytesMax - LogFormat.FrameHeaderBytes - LogFormat.FrameAlignment)
        {
            throw new ArgumentException(
                $"a batch of {length} bytes is over the limit of {Limits.LogFrameBytesMax}",
                nameof(batch));
        }

        return (int)length;
    }

    private static void Encode(in LogBatch batch, int entries, Span<byte> body)
    {
        ref byte parts = ref body[0];
        parts = (byte)Parts.None;
        int at = 1;
        if (batch.Cluster is { } cluster)
        {
            parts |= (byte)Parts.Cluster;
            BinaryPrimitives.WriteUInt64LittleEndian(body[at..], cluster.High);
            BinaryPrimitives.WriteUInt64LittleEndian(body[(at + 8)..], cluster.Low);
            at += 16;
        }

        if (batch.HardState is { } hard)
        {
            parts |= (byte)Parts.HardState;
            BinaryPrimitives.WriteUInt64LittleEndian(body[at..], hard.Term.Value);
            int vote = Encoding.UTF8.GetBytes(hard.Vote.ToString(), body[(at + 10)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(body[(at + 8)..], checked((ushort)vote));
            at += 10 + vote;
        }

        if (batch.RestartAt is { } start)
        {
            parts |= (byte)Parts.RestartAt;
            BinaryPrimitives.WriteUInt64LittleEndian(body[at..], start.Index.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(body[(at + 8)..], start.Term.Value);
            at += 16;
        }

        if (batch.TruncateFrom is { } from)
        {
            parts |= (byte)Parts.TruncateFrom;
            BinaryPrimitives.WriteUInt64LittleEndian(body[at..], from.Value);
            at += 8;
        }

        if (entries > 0)
        {
            parts |= (byte)Parts.Entries;
            EncodeEntries(batch.Entries.Span, entries, body[at..]);
        }
    }

    private static void EncodeEntries(ReadOnlySpan<ReadOnlyMemory<LogEntry>> slices, int entries, Span<byte> body)
    {
        BinaryPrimitives.WriteInt32LittleEndian(body, entries);
        int at = sizeof(uint) + sizeof(ulong);
        bool first = true;
        foreach (ReadOnlyMemory<LogEntry> slice in slices)
        {
            foreach (ref readonly LogEntry entry in slice.Span)
            {
                if (first)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(body[sizeof(uint)..], entry.Index.Value);
                    first = false;
                }

                BinaryPrimitives.WriteUInt64LittleEndian(body[at..], entry.Term.Value);
                body[at + 8] = (byte)entry.Kind;
                BinaryPrimitives.WriteInt32LittleEndian(body[(at + 9)..], entry.Payload.Length);
                entry.Payload.Span.CopyTo(body[(at + EntryHeadBytes)..]);
                at += EntryHeadBytes + entry.Payload.Length;
            }
        }
    }

    internal readonly record struct Frame(int Start, int Length, int BodyLength, ulong Sequence, LogCheckpoint After);
}
