using System.Buffers.Binary;
using System.Globalization;

namespace RaftSim.Storage;

/// <summary>What a frame of the log is. The numbers are stored: never changed, only added to.</summary>
internal enum FrameKind : byte
{
    /// <summary>One batch.</summary>
    Batch = 1,

    /// <summary>No content: written when the log falls idle, to say that all before it was synced.</summary>
    Mark = 2,

    /// <summary>No content: the log goes on in the next segment, which therefore must exist.</summary>
    Continued = 3,
}

/// <summary>The head of a frame.</summary>
/// <param name="Kind">What the frame is.</param>
/// <param name="BodyLength">Bytes of its body.</param>
/// <param name="BodyChecksum">The checksum of its body, padding included.</param>
/// <param name="Ordinal">
/// Its place in the whole log, from 1; of a <see cref="FrameKind.Continued"/> the first of the next segment.
/// </param>
/// <param name="SyncedThrough">When it was written, every frame up to this ordinal was known to be durable.</param>
/// <param name="FilledTo">When it was written, the file was known to be durably this long.</param>
internal readonly record struct FrameHeader(
    FrameKind Kind, int BodyLength, uint BodyChecksum, ulong Ordinal, ulong SyncedThrough, long FilledTo);

/// <summary>The head of a segment.</summary>
/// <param name="Number">The number in its name, from 1.</param>
/// <param name="Id">The server that the log belongs to.</param>
/// <param name="Disk">The identity of the data folder.</param>
/// <param name="FirstOrdinal">The first frame in it; all before were synced when this was written.</param>
/// <param name="FilledTo">How long the file was when this was written.</param>
/// <param name="Before">What all frames before that one add up to.</param>
internal readonly record struct SegmentHeader(
    ulong Number, ServerId Id, DiskId Disk, ulong FirstOrdinal, long FilledTo, LogCheckpoint Before);

/// <summary>The bytes of the log: segments, their heads and the heads of frames. Little-endian. See docs/STORAGE.md.</summary>
internal static class LogFormat
{
    internal const int SegmentHeaderBytes = 1024;
    internal const int FrameHeaderBytes = 48;
    internal const int FrameAlignment = 8;

    private const uint Version = 2;
    private const uint FrameMagic = 0x31465352; // "RSF1"
    private const ulong SegmentMagic = 0x474F4C4D49535452; // "RTSIMLOG"
    private const int ServerIdOffset = 112;
    private const int VoteOffset = ServerIdOffset + Limits.ServerIdBytesMax;
    private const string Prefix = "log-";
    private const string Suffix = ".seg";
    private const string UnfinishedSuffix = ".seg.tmp";
    private const int NumberDigits = 16;

    /// <summary>The name of a segment: its number in hexadecimal, so that ordinal order is the order of the log.</summary>
    internal static FileId NameOf(ulong number) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:x16}{Suffix}"));

    /// <summary>The name of a segment that is being made.</summary>
    internal static FileId UnfinishedNameOf(ulong number) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:x16}{UnfinishedSuffix}"));

    internal static bool IsUnfinished(FileId file) => HasNumber(file, UnfinishedSuffix);

    internal static bool TryParseName(FileId file, out ulong number)
    {
        number = 0;
        return HasNumber(file, Suffix)
            && ulong.TryParse(
                file.Name.AsSpan(Prefix.Length, NumberDigits),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out number);
    }

    /// <summary>Bytes of a frame with a body of this many bytes.</summary>
    internal static int FrameBytes(int bodyLength) =>
        checked(FrameHeaderBytes + ((bodyLength + FrameAlignment - 1) / FrameAlignment * FrameAlignment));

    /// <summary>
    /// What the checksums of a segment's frames start from: bytes that were meant for another disk, segment or place
    /// are no valid frame here, whatever they hold.
    /// </summary>
    internal static uint SaltOf(DiskId disk, ulong number)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, disk.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], disk.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], number);
        return Crc32C.Compute(bytes);
    }

    internal static void WriteFrameHeader(Span<byte> frame, in FrameHeader header, uint salt, long offset)
    {
        frame = frame[..FrameHeaderBytes];
        frame.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, FrameMagic);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], header.BodyChecksum);
        BinaryPrimitives.WriteInt32LittleEndian(frame[12..], header.BodyLength);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[16..], header.Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(frame[24..], header.SyncedThrough);
        BinaryPrimitives.WriteInt64LittleEndian(frame[32..], header.FilledTo);
        frame[40] = (byte)header.Kind;
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], HeaderChecksum(frame, salt, offset));
    }

    /// <summary>Reads the head of a frame; false if there is none that was written for this place.</summary>
    internal static bool TryReadFrameHeader(ReadOnlySpan<byte> frame, uint salt, long offset, out FrameHeader header)
    {
        header = default;
        if (frame.Length < FrameHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(frame) != FrameMagic)
        {
            return false;
        }

        frame = frame[..FrameHeaderBytes];
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]) != HeaderChecksum(frame, salt, offset))
        {
            return false;
        }

        header = new(
            (FrameKind)frame[40],
            BinaryPrimitives.ReadInt32LittleEndian(frame[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(frame[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(frame[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(frame[32..]));
        return true;
    }

    internal static void WriteSegmentHeader(Span<byte> bytes, in SegmentHeader header)
    {
        bytes = bytes[..SegmentHeaderBytes];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], header.Number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], header.Disk.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], header.Disk.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], header.FirstOrdinal);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[48..], header.FilledTo);
        LogCheckpoint before = header.Before;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[56..], before.Cluster.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[64..], before.Cluster.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[72..], before.HardState.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[80..], before.Last.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[88..], before.Last.Term.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[96..], (ushort)FileHead.WriteId(bytes[ServerIdOffset..], header.Id));
        int vote = FileHead.WriteId(bytes[VoteOffset..], before.HardState.Vote);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[98..], (ushort)vote);
        FileHead.Seal(bytes, SegmentMagic, Version);
    }

    /// <summary>Reads the head of a segment; null, or the rule that it breaks.</summary>
    internal static string? ReadSegmentHeader(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        header = default;
        if (FileHead.Check(bytes, SegmentHeaderBytes, SegmentMagic, Version, "log segment") is { } broken)
        {
            return broken;
        }

        int idLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[96..]);
        int voteLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[98..]);
        if (idLength > Limits.ServerIdBytesMax || voteLength > Limits.ServerIdBytesMax)
        {
            return $"an id in it is longer than {Limits.ServerIdBytesMax} bytes";
        }

        HardState hard = new(
            new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[72..])), FileHead.ReadId(bytes[VoteOffset..], voteLength));
        header = new(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            FileHead.ReadId(bytes[ServerIdOffset..], idLength),
            new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..])),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[48..]),
            new(
                new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[64..])),
                hard,
                new(
                    new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[80..])),
                    new(BinaryPrimitives.ReadUInt64LittleEndian(bytes[88..])))));
        return null;
    }

    // Everything but the magic and the checksum itself, and the place.
    private static uint HeaderChecksum(ReadOnlySpan<byte> frame, uint salt, long offset)
    {
        Span<byte> place = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(place, offset);
        return Crc32C.Compute(frame[8..], Crc32C.Compute(place, salt));
    }

    private static bool HasNumber(FileId file, string suffix)
    {
        string name = file.ToString();
        return name.Length == Prefix.Length + NumberDigits + suffix.Length
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && IsLowerHex(name.AsSpan(Prefix.Length, NumberDigits));
    }

    private static bool IsLowerHex(ReadOnlySpan<char> digits)
    {
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigitLower(digit))
            {
                return false;
            }
        }

        return true;
    }
}
