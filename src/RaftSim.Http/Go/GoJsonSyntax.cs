using System.Text;

namespace RaftSim.Http.Go;

/// <summary>
/// Finds the first JSON value of a body and tells what is wrong with it in the words of Go's decoder, which looks at
/// the syntax of the whole value before it uses any of it. Bytes after the value are not looked at. Source: Go
/// encoding/json.
/// </summary>
internal ref struct GoJsonSyntax
{
    /// <summary>The error of a body that holds nothing but white space.</summary>
    public const string Nothing = "EOF";

    /// <summary>The error of a body that ends inside a value.</summary>
    public const string CutOff = "unexpected EOF";

    private const int DepthMax = 10_000;

    private readonly ReadOnlySpan<byte> _data;
    private readonly Stack<bool> _insideObject;
    private int _position;
    private string? _error;

    private GoJsonSyntax(ReadOnlySpan<byte> data)
    {
        _data = data;
        _insideObject = new();
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
        int start = syntax._position;
        value = default;
        error = start == data.Length ? Nothing : syntax.Scan() ?? "";
        if (error.Length > 0)
        {
            return false;
        }

        value = data[start..syntax._position];
        return true;
    }

    // One step a token; a stack instead of recursion, so that no nesting a caller sends can exhaust ours.
    private string? Scan()
    {
        Expect expect = Expect.Value;
        do
        {
            SkipSpace();
            if (_position == _data.Length)
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
        while (_error is null && (_insideObject.Count > 0 || expect != Expect.CommaOrEnd));

        return _error;
    }

    private Expect Value(bool orEnd)
    {
        switch (_data[_position])
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
        _position++;
        _insideObject.Push(isObject);
        if (_insideObject.Count > DepthMax)
        {
            _error = "exceeded max depth";
        }

        return isObject ? Expect.NameOrEnd : Expect.ValueOrEnd;
    }

    private Expect End()
    {
        _position++;
        _insideObject.Pop();
        return Expect.CommaOrEnd;
    }

    private Expect Name(bool orEnd)
    {
        switch (_data[_position])
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
        if (_data[_position] == ':')
        {
            _position++;
        }
        else
        {
            Invalid("after object key");
        }

        return Expect.Value;
    }

    private Expect CommaOrEnd()
    {
        bool isObject = _insideObject.Peek();
        byte next = _data[_position];
        if (next == (isObject ? '}' : ']'))
        {
            return End();
        }

        if (next == ',')
        {
            _position++;
        }
        else
        {
            Invalid(isObject ? "after object key:value pair" : "after array element");
        }

        return isObject ? Expect.Name : Expect.Value;
    }

    private void Text()
    {
        _position++;
        while (_error is null && _position < _data.Length)
        {
            byte next = _data[_position];
            if (next == '"')
            {
                _position++;
                return;
            }

            if (next < ' ')
            {
                Invalid("in string literal");
            }
            else if (next == '\\')
            {
                _position++;
                Escape();
            }
            else
            {
                _position++;
            }
        }

        _error ??= CutOff;
    }

    private void Escape()
    {
        if (_position == _data.Length || !"\"\\/bfnrtu"u8.Contains(_data[_position]))
        {
            Invalid("in string escape code");
            return;
        }

        bool isHex = _data[_position++] == 'u';
        for (int i = 0; isHex && i < 4 && _error is null; i++)
        {
            if (_position < _data.Length && char.IsAsciiHexDigit((char)_data[_position]))
            {
                _position++;
            }
            else
            {
                Invalid("in \\u hexadecimal character escape");
            }
        }
    }

    private void Word(ReadOnlySpan<byte> word)
    {
        _position++;
        for (int i = 1; i < word.Length && _error is null; i++)
        {
            if (_position < _data.Length && _data[_position] == word[i])
            {
                _position++;
            }
            else
            {
                Invalid($"in literal {Encoding.ASCII.GetString(word)} (expecting '{(char)word[i]}')");
            }
        }
    }

    private void Number()
    {
        if (_data[_position] == '-')
        {
            _position++;
        }

        // After a leading zero no digit may follow: the next token will not be the comma that is looked for.
        if (_position < _data.Length && _data[_position] == '0')
        {
            _position++;
        }
        else
        {
            Digits("in numeric literal");
        }

        if (_error is null && _position < _data.Length && _data[_position] == '.')
        {
            _position++;
            Digits("after decimal point in numeric literal");
        }

        if (_error is null && _position < _data.Length && _data[_position] is (byte)'e' or (byte)'E')
        {
            _position++;
            if (_position < _data.Length && _data[_position] is (byte)'+' or (byte)'-')
            {
                _position++;
            }

            Digits("in exponent of numeric literal");
        }
    }

    private void Digits(string where)
    {
        int start = _position;
        while (_position < _data.Length && char.IsAsciiDigit((char)_data[_position]))
        {
            _position++;
        }

        if (_position == start)
        {
            Invalid(where);
        }
    }

    private void SkipSpace()
    {
        while (_position < _data.Length && _data[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _position++;
        }
    }

    private void Invalid(string where) => _error = _position == _data.Length
        ? CutOff
        : $"invalid character {Strconv.QuoteByte(_data[_position])} {where}";
}
