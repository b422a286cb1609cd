using System.Buffers.Binary;
using System.Globalization;

namespace RaftSim.Storage;

/// <summary>The head of a snapshot file.</summary>
/// <param name="Server">The server that the folder belongs to.</param>
/// <param name="Disk">The identity of the folder.</param>
/// <param name="Snapshot">What the snapshot is.</param>
internal readonly record struct SnapshotHeader(ServerId Server, DiskId Disk, StoredSnapshot Snapshot);

/// <summary>The bytes of a snapshot file: a head, then chunks. Little-endian. See docs/STORAGE.md.</summary>
public static class SnapshotFormat
{
    /// <summary>Bytes in front of the content of each chunk.</summary>
    public const int ChunkHeaderBytes = 16;

    /// <summary>Fewest bytes of content in a chunk that is not the last.</summary>
    public const int ChunkBytesMin = 64;

    /// <summary>Most bytes of content in a chunk.</summary>
    public const int ChunkBytesMax = 4 << 20;

    internal const int HeaderBytes = 512;

    private const uint Version = 2;
    private const uint ChunkMagic = 0x31435352; // "RSC1"
    private const ulong FileMagic = 0x504E534D49535452; // "RTSIMSNP"
    private const int ServerIdOffset = 112;
    private const string Prefix = "snapshot-";
    private const string Suffix = ".snap";
    private const string UnfinishedSuffix = ".snap.tmp";
    private const int NumberDigits = 16;

    /// <summary>
    /// Fills in the head of a chunk, in front of the content that stands behind it. Throws
    /// <see cref="ArgumentException"/> for more content than <see cref="ChunkBytesMax"/>.
    /// </summary>
    /// <param name="chunk">Head and content.</param>
    /// <param name="id">Of which snapshot.</param>
    /// <param name="number">Its number, from 0.</param>
    /// <param name="isLast">Whether no other follows.</param>
    public static void SealChunk(Span<byte> chunk, SnapshotId id, ulong number, bool isLast)
    {
        if (chunk.Length is < ChunkHeaderBytes or > ChunkHeaderBytes + ChunkBytesMax)
        {
            throw new ArgumentException($"a chunk of {chunk.Length} bytes", nameof(chunk));
        }

        chunk[..ChunkHeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(chunk, ChunkMagic);
        BinaryPrimitives.WriteInt32LittleEndian(chunk[8..], chunk.Length - ChunkHeaderBytes);
        chunk[12] = isLast ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(chunk[4..], ChunkChecksum(chunk, id, number));
    }

    /// <summary>
    /// Judges a chunk of a snapshot, which stands at the beginning of <paramref name="bytes"/>: <see langword="null"/>, with
    /// its length and whether it is the last, or the rule that it breaks.
    /// </summary>
    public static string? CheckChunk(
        ReadOnlySpan<byte> bytes, in StoredSnapshot snapshot, ulong number, out int length, out bool isLast)
    {
        length = 0;
        isLast = false;
        if (bytes.Length < ChunkHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != ChunkMagic)
        {
            return $"chunk {number} does not begin here";
        }

        int body = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        isLast = bytes[12] != 0;
        if (body < 0 || body > snapshot.ChunkBytes || body > bytes.Length - ChunkHeaderBytes
            || (!isLast && body != snapshot.ChunkBytes))
        {
            return $"chunk {number} cannot have {body} bytes";
        }

        length = ChunkHeaderBytes + body;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == ChunkChecksum(bytes[..length], snapshot.Id, number)
            ? null
            : $"the checksum of chunk {number} does not match";
    }

    internal static FileId NameOf(in LogPosition last) => new(NameOf(last, Suffix));

    internal static FileId UnfinishedNameOf(in LogPosition last) => new(NameOf(last, UnfinishedSuffix));

    internal static bool IsUnfinished(FileId file) => TryParse(file, UnfinishedSuffix, out _);

    internal static bool TryParseName(FileId file, out LogPosition last) => TryParse(file, Suffix, out last);

    /// <summary>The snapshot that includes the most; <see langword="null"/> when there is none.</summary>
    internal static FileId? Latest(ReadOnlySpan<FileId> files)
    {
        FileId? latest = null;
        foreach (FileId file in files)
        {
            // The digits make the order of the names that of the places: an index first, then a term.
            latest = TryParseName(file, out _) && (latest is null || file.CompareTo(latest.Value) > 0) ? file : latest;
        }

        return latest;
    }

    internal static long OffsetOf(in StoredSnapshot snapshot, ulong chunk) =>
        checked(HeaderBytes + ((long)chunk * (ChunkHeaderBytes + snapshot.ChunkBytes)));

    internal static byte[] WriteHeader(in SnapshotHeader header)
    {
        byte[] head = new byte[HeaderBytes];
        Span<byte> bytes = head;
        StoredSnapshot snapshot = header.Snapshot;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], header.Disk.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], header.Disk.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], snapshot.Id.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], snapshot.Id.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[48..], snapshot.Cluster.High);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[56..], snapshot.Cluster.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[64..], snapshot.Last.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[72..], snapshot.Last.Term.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[80..], snapshot.ChunkBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[84..], FileHead.WriteId(bytes[ServerIdOffset..], header.Server));
        FileHead.Seal(bytes, FileMagic, Version);
        return head;
    }

    /// <summary>Reads the head of a file; <see langword="null"/>, or the rule that it breaks.</summary>
    internal static string? ReadHeader(ReadOnlySpan<byte> bytes, out SnapshotHeader header)
    {
        header = default;
        if (FileHead.Check(bytes, HeaderBytes, FileMagic, Version, "snapshot") is { } broken)
        {
            return broken;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[84..]);
        int chunkBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[80..]);
        if (length is < 0 or > Limits.ServerIdBytesMax || chunkBytes is < ChunkBytesMin or > ChunkBytesMax)
        {
            return "the checksum of the snapshot's head does not match";
        }

        header = new(
            FileHead.ReadId(bytes[ServerIdOffset..], length),
            new(Number(bytes, 16), Number(bytes, 24)),
            new(
                new(Number(bytes, 32), Number(bytes, 40)),
                new(Number(bytes, 48), Number(bytes, 56)),
                new(new(Number(bytes, 64)), new(Number(bytes, 72))),
                chunkBytes));
        return null;
    }

    /// <summary>Why a snapshot with a good head does not belong where it is; <see langword="null"/> when it does.</summary>
    internal static string? Misplaced(in SnapshotHeader header, FileId file, ServerId server, DiskId disk)
    {
        LogPosition last = header.Snapshot.Last;
        if (NameOf(last) != file)
        {
            return $"the snapshot inside ends at index {last.Index} of term {last.Term}: the file was renamed";
        }

        return header.Server == server && header.Disk == disk
            ? null
            : $"the snapshot is of server {header.Server}, disk {header.Disk}; the log of {server}, disk {disk}";
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);

    // A chunk of another snapshot, or of another place in this one, is no chunk here, whatever it holds.
    private static uint ChunkChecksum(ReadOnlySpan<byte> chunk, SnapshotId id, ulong number)
    {
        Span<byte> place = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(place, id.High);
        BinaryPrimitives.WriteUInt64LittleEndian(place[8..], id.Low);
        BinaryPrimitives.WriteUInt64LittleEndian(place[16..], number);
        return Crc32C.Compute(chunk[8..], Crc32C.Compute(place));
    }

    private static string NameOf(in LogPosition last, string suffix) => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{last.Index.Value:x16}-{last.Term.Value:x16}{suffix}");

    private static bool TryParse(FileId file, string suffix, out LogPosition last)
    {
        last = default;
        string name = file.ToString();
        int termAt = Prefix.Length + NumberDigits + 1;
        if (name.Length != termAt + NumberDigits + suffix.Length
            || !name.StartsWith(Prefix, StringComparison.Ordinal)
            || !name.EndsWith(suffix, StringComparison.Ordinal)
            || !TryParseHex(name.AsSpan(Prefix.Length, NumberDigits), out ulong index)
            || !TryParseHex(name.AsSpan(termAt, NumberDigits), out ulong term))
        {
            return false;
        }

        last = new(new(index), new(term));
        return string.Equals(NameOf(last, suffix), name, StringComparison.Ordinal);
    }

    private static bool TryParseHex(ReadOnlySpan<char> digits, out ulong number) =>
        ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
