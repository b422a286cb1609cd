using System.Text;

namespace RaftSim.Http.Go;

/// <summary>
/// Finds the first JSON value of a body and tells what is wrong with it in the words of Go's decoder, which looks at the
/// syntax of the whole value before it uses any of it. Bytes after the value are not looked at. Source: Go encoding/json.
/// </summary>
internal ref struct GoJsonSyntax
{
    /// <summary>The error of a body that holds nothing but white space.</summary>
    public const string Nothing = "EOF";

    /// <summary>The error of a body that ends inside a value.</summary>
    public const string CutOff = "unexpected EOF";

    private const int DepthMax = 10_000;

    private readonly ReadOnlySpan<byte> data;
    private readonly Stack<bool> insideObject;
    private int position;
    private string? error;

    private GoJsonSyntax(ReadOnlySpan<byte> data)
    {
        this.data = data;
        insideObject = new();
    }

    private enum Expect
    {
        Value,
        ValueOrEnd,
        Name,
        NameOrEnd,
        Colon,
        CommaOrEnd,
    }

    /// <summary>The first value without the space around it; else the error.</summary>
    public static bool TryFindValue(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> value, out string error)
    {
        GoJsonSyntax syntax = new(data);
        syntax.SkipSpace();
        int start = syntax.position;
        value = default;
        error = start == data.Length ? Nothing : syntax.Scan() ?? "";
        if (error.Length > 0)
        {
            return false;
        }

        value = data[start..syntax.position];
        return true;
    }

    // One step a token; a stack instead of recursion, so that no nesting a caller sends can exhaust ours.
    private string? Scan()
    {
        Expect expect = Expect.Value;
        do
        {
            SkipSpace();
            if (position == data.Length)
            {
                return CutOff;
            }

            expect = expect switch
            {
                Expect.Value or Expect.ValueOrEnd => Value(orEnd: expect == Expect.ValueOrEnd),
                Expect.Name or Expect.NameOrEnd => Name(orEnd: expect == Expect.NameOrEnd),
                Expect.Colon => Colon(),
                _ => CommaOrEnd(),
            };
        }
        while (error is null && (insideObject.Count > 0 || expect != Expect.CommaOrEnd));

        return error;
    }

    private Expect Value(bool orEnd)
    {
        switch (data[position])
        {
            case (byte)']' when orEnd:
                return End();
            case (byte)'{':
                return Begin(isObject: true);
            case (byte)'[':
                return Begin(isObject: false);
            case (byte)'"':
                Text();
                break;
            case (byte)'t':
                Word("true"u8);
                break;
            case (byte)'f':
                Word("false"u8);
                break;
            case (byte)'n':
                Word("null"u8);
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                Number();
                break;
            default:
                Invalid("looking for beginning of value");
                break;
        }

        return Expect.CommaOrEnd;
    }

    private Expect Begin(bool isObject)
    {
        position++;
        insideObject.Push(isObject);
        if (insideObject.Count > DepthMax)
        {
            error = "exceeded max depth";
        }

        return isObject ? Expect.NameOrEnd : Expect.ValueOrEnd;
    }

    private Expect End()
    {
        position++;
        insideObject.Pop();
        return Expect.CommaOrEnd;
    }

    private Expect Name(bool orEnd)
    {
        switch (data[position])
        {
            case (byte)'}' when orEnd:
                return End();
            case (byte)'"':
                Text();
                break;
            default:
                Invalid("looking for beginning of object key string");
                break;
        }

        return Expect.Colon;
    }

    private Expect Colon()
    {
        if (data[position] == ':')
        {
            position++;
        }
        else
        {
            Invalid("after object key");
        }

        return Expect.Value;
    }

    private Expect CommaOrEnd()
    {
        bool isObject = insideObject.Peek();
        byte next = data[position];
        if (next == (isObject ? '}' : ']'))
        {
            return End();
        }

        if (next == ',')
        {
            position++;
        }
        else
        {
            Invalid(isObject ? "after object key:value pair" : "after array element");
        }

        return isObject ? Expect.Name : Expect.Value;
    }

    private void Text()
    {
        position++;
        while (error is null && position < data.Length)
        {
            byte next = data[position];
            if (next == '"')
            {
                position++;
                return;
            }

            if (next < ' ')
            {
                Invalid("in string literal");
            }
            else if (next == '\\')
            {
                position++;
                Escape();
            }
            else
            {
                position++;
            }
        }

        error ??= CutOff;
    }

    private void Escape()
    {
        if (position == data.Length || !"\"\\/bfnrtu"u8.Contains(data[position]))
        {
            Invalid("in string escape code");
            return;
        }

        bool isHex = data[position++] == 'u';
        for (int i = 0; isHex && i < 4 && error is null; i++)
        {
            if (position < data.Length && char.IsAsciiHexDigit((char)data[position]))
            {
                position++;
            }
            else
            {
                Invalid("in \\u hexadecimal character escape");
            }
        }
    }

    private void Word(ReadOnlySpan<byte> word)
    {
        position++;
        for (int i = 1; i < word.Length && error is null; i++)
        {
            if (position < data.Length && data[position] == word[i])
            {
                position++;
            }
            else
            {
                Invalid($"in literal {Encoding.ASCII.GetString(word)} (expecting '{(char)word[i]}')");
            }
        }
    }

    private void Number()
    {
        if (data[position] == '-')
        {
            position++;
        }

        // After a leading zero no digit may follow: the next token will not be the comma that is looked for.
        if (position < data.Length && data[position] == '0')
        {
            position++;
        }
        else
        {
            Digits("in numeric literal");
        }

        if (error is null && position < data.Length && data[position] == '.')
        {
            position++;
            Digits("after decimal point in numeric literal");
        }

        if (error is null && position < data.Length && data[position] is (byte)'e' or (byte)'E')
        {
            position++;
            if (position < data.Length && data[position] is (byte)'+' or (byte)'-')
            {
                position++;
            }

            Digits("in exponent of numeric literal");
        }
    }

    private void Digits(string where)
    {
        int start = position;
        while (position < data.Length && char.IsAsciiDigit((char)data[position]))
        {
            position++;
        }

        if (position == start)
        {
            Invalid(where);
        }
    }

    private void SkipSpace()
    {
        while (position < data.Length && data[position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            position++;
        }
    }

    private void Invalid(string where) => error = position == data.Length
        ? CutOff
        : $"invalid character {Strconv.QuoteByte(data[position])} {where}";
}
