using System.Globalization;
using System.Text;

namespace RaftSim.Http.Go;

/// <summary>Walks the members of a JSON object whose syntax <see cref="GoJsonSyntax"/> has found good.</summary>
internal ref struct GoJsonWalk(ReadOnlySpan<byte> value)
{
    private readonly ReadOnlySpan<byte> data = value;
    private int position = 1;

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
            position++;
            SkipTo(out next);
        }

        if (next == '}')
        {
            return false;
        }

        Name = Unquote(TakeValue());
        SkipTo(out _);
        position++;
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
                text.Append((char)ushort.Parse(rest[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
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
        while (data[position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            position++;
        }

        next = data[position];
    }

    private ReadOnlySpan<byte> TakeValue()
    {
        int start = position;
        int depth = 0;
        do
        {
            switch (data[position])
            {
                case (byte)'"':
                    SkipString();
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    position++;
                    break;
                case (byte)'}' or (byte)']':
                    depth--;
                    position++;
                    break;
                case (byte)',' or (byte)':' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    position++;
                    break;
                default:
                    SkipWord();
                    break;
            }
        }
        while (depth > 0);

        return data[start..position];
    }

    private void SkipString()
    {
        for (position++; data[position] != '"'; position++)
        {
            if (data[position] == '\\')
            {
                position++;
            }
        }

        position++;
    }

    private void SkipWord()
    {
        while (data[position] is not ((byte)',' or (byte)':' or (byte)'}' or (byte)']'
            or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
        {
            position++;
        }
    }
}
