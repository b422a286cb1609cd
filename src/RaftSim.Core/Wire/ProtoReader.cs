using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace RaftSim.Wire;

/// <summary>
/// Reads protobuf fields: <see cref="Next"/> to the next one, then the method for its kind, or <see cref="Skip"/>. Throws
/// <see cref="WireFormatException"/> on anything that is not protobuf; never reads past the end.
/// </summary>
internal ref struct ProtoReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _at;
    private WireType _type;

    public ProtoReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _at = 0;
        _type = WireType.Varint;
    }

    /// <summary>The position of the next byte.</summary>
    public readonly int At => _at;

    /// <summary>Goes on to the next field; false at the end.</summary>
    public bool Next(out int field)
    {
        if (_at == _bytes.Length)
        {
            field = 0;
            return false;
        }

        ulong tag = Varint();
        if (tag >> 3 is 0 or > 0x1FFF_FFFF)
        {
            Fail("a field number is out of range");
        }

        field = (int)(tag >> 3);
        _type = (WireType)(tag & 7);
        return true;
    }

    public ulong Number()
    {
        Expect(WireType.Varint);
        return Varint();
    }

    /// <summary>A number that must not be larger than <paramref name="max"/>.</summary>
    public int Number(int max, string what)
    {
        ulong value = Number();
        if (value > (ulong)max)
        {
            Fail($"unknown {what} {value}");
        }

        return (int)value;
    }

    public bool Flag() => Number() != 0;

    public ulong Fixed()
    {
        Expect(WireType.Fixed64);
        int start = Take(sizeof(ulong));
        return BinaryPrimitives.ReadUInt64LittleEndian(_bytes[start..]);
    }

    /// <summary>A text; <see langword="null"/> when it is empty, as ids and addresses have it.</summary>
    public string? Text(TextCache? cache)
    {
        ReadOnlySpan<byte> utf8 = _bytes[Bytes()];
        if (utf8.IsEmpty)
        {
            return null;
        }

        if (cache is not null && cache.TryFind(utf8, out string? known))
        {
            return known;
        }

        if (!Utf8.IsValid(utf8))
        {
            Fail("a text is not UTF-8");
        }

        string text = Encoding.UTF8.GetString(utf8);
        cache?.Add(utf8, text);
        return text;
    }

    /// <summary>The id of a server; none when it is empty.</summary>
    public ServerId Id(TextCache? cache)
    {
        int start = _at;
        string? text = Text(cache);
        if (_at - start > Limits.ServerIdBytesMax + 2)
        {
            Fail($"a server's id has more than {Limits.ServerIdBytesMax} bytes");
        }

        return new(text!);
    }

    /// <summary>Where the bytes of this field lie.</summary>
    public Range Bytes()
    {
        Expect(WireType.Bytes);
        ulong length = Varint();
        if (length > (ulong)(_bytes.Length - _at))
        {
            Fail("a length reaches past the end");
        }

        int start = Take((int)length);
        return start.._at;
    }

    /// <summary>Passes over a field of a kind that this version does not know.</summary>
    public void Skip()
    {
        switch (_type)
        {
            case WireType.Varint:
                _ = Varint();
                break;
            case WireType.Fixed64:
                _ = Take(sizeof(ulong));
                break;
            case WireType.Bytes:
                _ = Bytes();
                break;
            case WireType.Fixed32:
                _ = Take(sizeof(uint));
                break;
            default:
                Fail("a field has no known type");
                break;
        }
    }

    [DoesNotReturn]
    public static void Fail(string reason) => throw new WireFormatException(reason);

    private readonly void Expect(WireType type)
    {
        if (_type != type)
        {
            Fail("a field has the wrong type");
        }
    }

    private int Take(int count)
    {
        int start = _at;
        if (count > _bytes.Length - start)
        {
            Fail("the message ends in the middle of a field");
        }

        _at = start + count;
        return start;
    }

    private ulong Varint()
    {
        if (_at < _bytes.Length && _bytes[_at] < 0x80)
        {
            return _bytes[_at++];
        }

        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = _bytes[Take(1)];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        Fail("a number does not end");
        return 0;
    }
}
