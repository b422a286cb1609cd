using System.Globalization;
using System.Text;

namespace RaftSim.Http.Go;

/// <summary>Walks the members of a JSON object whose syntax <see cref="GoJsonSyntax"/> has found good.</summary>
internal ref struct GoJsonWalk(ReadOnlySpan<byte> value)
{
    private readonly ReadOnlySpan<byte> _data = value;
    private int _position = 1;

    /// <summary>The name of the current member, unescaped.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The value of the current member as it is written.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Goes to the next member; false after the last one.</summary>
    public bool MoveNext()
    {
        SkipTo(out byte next);
        if (next == ',')
        {
            _position++;
            SkipTo(out next);
        }

        if (next == '}')
        {
            return false;
        }

        Name = Unquote(TakeValue());
        SkipTo(out _);
        _position++;
        SkipTo(out _);
        Value = TakeValue();
        return true;
    }

    /// <summary>
    /// The text of a JSON string. What is no Unicode becomes U+FFFD instead of an error, as in Go.
    /// </summary>
    public static string Unquote(ReadOnlySpan<byte> quoted)
    {
        ReadOnlySpan<byte> rest = quoted[1..^1];
        StringBuilder text = new(rest.Length);
        for (int escape = rest.IndexOf((byte)'\\'); escape >= 0; escape = rest.IndexOf((byte)'\\'))
        {
            text.Append(Encoding.UTF8.GetString(rest[..escape]));
            byte kind = rest[escape + 1];
            rest = rest[(escape + 2)..];
            if (kind == 'u')
            {
                const NumberStyles Hex = NumberStyles.AllowHexSpecifier;
                text.Append((char)ushort.Parse(rest[..4], Hex, CultureInfo.InvariantCulture));
                rest = rest[4..];
            }
            else
            {
                text.Append(kind switch
                {
                    (byte)'b' => '\b',
                    (byte)'f' => '\f',
                    (byte)'n' => '\n',
                    (byte)'r' => '\r',
                    (byte)'t' => '\t',
                    _ => (char)kind,
                });
            }
        }

        return text.Append(Encoding.UTF8.GetString(rest)).ToString();
    }

    private void SkipTo(out byte next)
    {
        while (_data[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _position++;
        }

        next = _data[_position];
    }

    private ReadOnlySpan<byte> TakeValue()
    {
        int start = _position;
        int depth = 0;
        do
        {
            switch (_data[_position])
            {
                case (byte)'"':
                    SkipString();
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    _position++;
                    break;
                case (byte)'}' or (byte)']':
                    depth--;
                    _position++;
                    break;
                case (byte)',' or (byte)':' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    _position++;
                    break;
                default:
                    SkipWord();
                    break;
            }
        }
        while (depth > 0);

        return _data[start.._position];
    }

    private void SkipString()
    {
        for (_position++; _data[_position] != '"'; _position++)
        {
            if (_data[_position] == '\\')
            {
                _position++;
            }
        }

        _position++;
    }

    private void SkipWord()
    {
        while (_data[_position] is not ((byte)',' or (byte)':' or (byte)'}' or (byte)']'
            or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
        {
            _position++;
        }
    }
}
