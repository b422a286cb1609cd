using System.Globalization;

namespace RaftSim.Simulation.Recording;

/// <summary>
/// Writes JSON as short as it can be. Texts are written so that they may stand inside a script element of a page: nothing in them
/// ends it.
/// </summary>
internal sealed class JsonOutput(TextWriter writer)
{
    private const string Hex = "0123456789abcdef";
    private readonly char[] _digits = new char[24];
    private bool _needsComma;

    public void Open(char bracket)
    {
        Separate();
        writer.Write(bracket);
        _needsComma = false;
    }

    public void Close(char bracket)
    {
        writer.Write(bracket);
        _needsComma = true;
    }

    public void Name(string name)
    {
        Text(name);
        writer.Write(':');
        _needsComma = false;
    }

    public void Number(long value)
    {
        Separate();
        value.TryFormat(_digits, out int count, default, CultureInfo.InvariantCulture);
        writer.Write(_digits, 0, count);
    }

    public void Null()
    {
        Separate();
        writer.Write("null");
    }

    public void Text(string text)
    {
        Separate();
        writer.Write('"');
        foreach (char letter in text)
        {
            Write(letter);
        }

        writer.Write('"');
    }

    public void Property(string name, string text)
    {
        Name(name);
        Text(text);
    }

    public void Property(string name, long? value)
    {
        Name(name);
        if (value is { } number)
        {
            Number(number);
        }
        else
        {
            Null();
        }
    }

    /// <summary>One number of each item.</summary>
    /// <typeparam name="T">What the items are.</typeparam>
    public void Column<T>(string name, IEnumerable<T> items, Func<T, long> valueOf)
    {
        Name(name);
        Open('[');
        foreach (T item in items)
        {
            Number(valueOf(item));
        }

        Close(']');
    }

    /// <summary>The same, each as what it is more than the one before it.</summary>
    /// <typeparam name="T">What the items are.</typeparam>
    public void Steps<T>(string name, IEnumerable<T> items, Func<T, long> valueOf)
    {
        long before = 0;
        Column(name, items, item =>
        {
            long value = valueOf(item);
            long step = value - before;
            before = value;
            return step;
        });
    }

    private void Separate()
    {
        if (_needsComma)
        {
            writer.Write(',');
        }

        _needsComma = true;
    }

    private void Write(char letter)
    {
        bool isPlain = letter is >= ' ' and < '\x7f' and not ('"' or '\\' or '<' or '>' or '&');
        if (isPlain || (letter > '\xa0' && char.IsLetter(letter)))
        {
            writer.Write(letter);
            return;
        }

        writer.Write("\\u");
        for (int shift = 12; shift >= 0; shift -= 4)
        {
            writer.Write(Hex[(letter >> shift) & 15]);
        }
    }
}
