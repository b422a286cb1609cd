using System.Buffers.Binary;
using System.Text;

namespace RaftSim.Storage;

/// <summary>
/// How every file of a data folder begins: 8 bytes of magic, 4 with the version of the format, 4 with the checksum of the whole
/// head, these four as zeros. See docs/STORAGE.md.
/// </summary>
internal static class FileHead
{
    private const int VersionOffset = 8;
    private const int ChecksumOffset = 12;

    /// <summary>Fills in the beginning of a head whose other bytes are written, these being zeros.</summary>
    internal static void Seal(Span<byte> head, ulong magic, uint version)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(head, magic);
        BinaryPrimitives.WriteUInt32LittleEndian(head[VersionOffset..], version);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ChecksumOffset..], Crc32C.Compute(head));
    }

    /// <summary>Judges the head of a file of that kind; <see langword="null"/>, or the rule that it breaks.</summary>
    internal static string? Check(ReadOnlySpan<byte> file, int headBytes, ulong magic, uint version, string kind)
    {
        if (file.Length < headBytes)
        {
            return $"the file ends inside its head of {headBytes} bytes";
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(file) != magic)
        {
            return $"this is not the head of a {kind}";
        }

        uint found = BinaryPrimitives.ReadUInt32LittleEndian(file[VersionOffset..]);
        if (found != version)
        {
            return $"format version {found} is not known (this program knows {version})";
        }

        Span<byte> copy = stackalloc byte[headBytes];
        file[..headBytes].CopyTo(copy);
        copy.Slice(ChecksumOffset, sizeof(uint)).Clear();
        return Crc32C.Compute(copy) == BinaryPrimitives.ReadUInt32LittleEndian(file[ChecksumOffset..])
            ? null
            : $"the checksum of the {kind[(kind.LastIndexOf(' ') + 1)..]}'s head does not match";
    }

    /// <summary>Writes a server's id into its place of <see cref="Limits.ServerIdBytesMax"/> bytes; returns its length.</summary>
    internal static int WriteId(Span<byte> place, ServerId id) =>
        Encoding.UTF8.GetBytes(id.ToString(), place[..Limits.ServerIdBytesMax]);

    /// <summary>Reads an id of so many bytes from its place; 0 bytes are no id.</summary>
    internal static ServerId ReadId(ReadOnlySpan<byte> place, int length) =>
        length == 0 ? default : new(Encoding.UTF8.GetString(place[..length]));
}
