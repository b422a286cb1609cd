using System.Buffers.Binary;
using System.Text;

namespace RaftSim.Wire;

/// <summary>
/// Writes protobuf fields into a span that was measured before with <see cref="ProtoSize"/>. Written by hand for the
/// messages that a busy cluster sends all the time: generated code would need an object for each of them and each entry.
/// Fields without presence are left out when they are 0 or empty, as proto3 wants it.
/// </summary>
internal ref struct ProtoWriter
{
    private readonly Span<byte> _buffer;
    private int _at;

    public ProtoWriter(Span<byte> buffer)
    {
        _buffer = buffer;
        _at = 0;
    }

    public readonly int Written => _at;

    public readonly Span<byte> Rest => _buffer[_at..];

    public void Number(int field, ulong value)
    {
        if (value != 0)
        {
            Tag(field, WireType.Varint);
            Varint(value);
        }
    }

    public void Flag(int field, bool value) => Number(field, value ? 1UL : 0UL);

    public void Fixed(int field, ulong value)
    {
        if (value == 0)
        {
            return;
        }

        Tag(field, WireType.Fixed64);
        BinaryPrimitives.WriteUInt64LittleEndian(_buffer[_at..], value);
        _at += sizeof(ulong);
    }

    public void Text(int field, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            PresentText(field, value);
        }
    }

    /// <summary>A text with presence: also written when it is empty.</summary>
    public void PresentText(int field, string value)
    {
        Tag(field, WireType.Bytes);
        // Most texts are short and of ASCII: then the length takes one byte, and the text is measured by writing it.
        if (value.Length < 0x80
            && Ascii.FromUtf16(value, _buffer[(_at + 1)..], out int written) == System.Buffers.OperationStatus.Done)
        {
            _buffer[_at] = (byte)written;
            _at += 1 + written;
            return;
        }

        Varint((ulong)Encoding.UTF8.GetByteCount(value));
        _at += Encoding.UTF8.GetBytes(value, _buffer[_at..]);
    }

    /// <summary>Bytes with presence: also written when they are empty.</summary>
    public void PresentBytes(int field, ReadOnlySpan<byte> value)
    {
        Header(field, value.Length);
        value.CopyTo(_buffer[_at..]);
        _at += value.Length;
    }

    /// <summary>The start of a field whose <paramref name="length"/> bytes follow.</summary>
    public void Header(int field, int length)
    {
        Tag(field, WireType.Bytes);
        Varint((ulong)length);
    }

    /// <summary>Takes note of bytes that somebody else wrote into <see cref="Rest"/>.</summary>
    public void Advance(int bytes) => _at += bytes;

    public void Byte(byte value) => _buffer[_at++] = value;

    private void Tag(int field, WireType type) => Varint((ulong)((field << 3) | (int)type));

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _buffer[_at++] = unchecked((byte)(value | 0x80));
            value >>= 7;
        }

        _buffer[_at++] = (byte)value;
    }
}

/// <summary>How many bytes <see cref="ProtoWriter"/> will write.</summary>
internal static class ProtoSize
{
    public static int Number(int field, ulong value) => value == 0 ? 0 : Tag(field) + Varint(value);

    public static int Flag(int field, bool value) => value ? Tag(field) + 1 : 0;

    public static int Fixed(int field, ulong value) => value == 0 ? 0 : Tag(field) + sizeof(ulong);

    public static int Text(int field, string? value) => string.IsNullOrEmpty(value) ? 0 : PresentText(field, value);

    public static int PresentText(int field, string value) => Bytes(field, Encoding.UTF8.GetByteCount(value));

    /// <summary>A field of <paramref name="length"/> bytes, with its tag and length.</summary>
    public static int Bytes(int field, int length) => Tag(field) + Varint((ulong)length) + length;

    public static int Varint(ulong value) =>
        (70 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7;

    private static int Tag(int field) => field < 16 ? 1 : 2;
}

/// <summary>How a field is written. Source: the protobuf encoding guide.</summary>
internal enum WireType
{
    /// <summary>Seven bits a byte, low ones first.</summary>
    Varint = 0,

    /// <summary>Eight bytes, little endian.</summary>
    Fixed64 = 1,

    /// <summary>A length and that many bytes.</summary>
    Bytes = 2,

    /// <summary>Four bytes; we never write any.</summary>
    Fixed32 = 5,
}
