using System.Globalization;
using System.Numerics;
using System.Text.Json;
using RaftSim.Http.Go;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>
/// A value of an input line and where it stands. What is left out, or null, has the default of whoever reads it; what has
/// another type or is out of range is a <see cref="UsageException"/> that names the place, the value and the rule.
/// </summary>
internal readonly struct Given
{
    private const int ShownMax = 60;
    private const NumberStyles Whole =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private readonly JsonElement _value;
    private readonly string _place;

    /// <summary>A whole line, which must be an object.</summary>
    public Given(JsonElement line) : this(line, "")
    {
        if (line.ValueKind != JsonValueKind.Object)
        {
            throw Wrong("must be a JSON object");
        }
    }

    private Given(JsonElement value, string place)
    {
        _value = value;
        _place = place;
    }

    /// <summary>Whether there is nothing, or null.</summary>
    public bool IsMissing => _value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>Whether it is text.</summary>
    public bool IsText => _value.ValueKind == JsonValueKind.String;

    /// <summary>Whether it is a number.</summary>
    public bool IsNumber => _value.ValueKind == JsonValueKind.Number;

    /// <summary>A member of an object.</summary>
    public Given this[string name]
    {
        get
        {
            JsonElement member = default;
            if (Is(JsonValueKind.Object, "must be an object"))
            {
                _value.TryGetProperty(name, out member);
            }

            return new(member, Below(name));
        }
    }

    /// <summary>The same, refused if it is missing.</summary>
    public Given Needed() => IsMissing ? throw new UsageException($"{_place}: must be given") : this;

    /// <summary>Every member of an object.</summary>
    public IReadOnlyList<(string Name, Given Value)> Members()
    {
        var members = new List<(string, Given)>();
        if (Is(JsonValueKind.Object, "must be an object"))
        {
            foreach (JsonProperty member in _value.EnumerateObject())
            {
                members.Add((member.Name, new(member.Value, Below(member.Name))));
            }
        }

        return members;
    }

    /// <summary>Every element of an array.</summary>
    public IReadOnlyList<Given> Items()
    {
        var items = new List<Given>();
        if (Is(JsonValueKind.Array, "must be an array"))
        {
            foreach (JsonElement item in _value.EnumerateArray())
            {
                items.Add(new(item, $"{_place}[{items.Count}]"));
            }
        }

        return items;
    }

    /// <summary>Text; empty if missing.</summary>
    public string Text()
    {
        if (!Is(JsonValueKind.String, "must be text"))
        {
            return "";
        }

        try
        {
            return _value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // An escape may name half of a character.
            throw new UsageException(Wrong("must be Unicode text").Message, e);
        }
    }

    /// <summary>The id of a server, which must not be empty.</summary>
    public ServerId Id() => Text() is { Length: > 0 } id ? new(id) : throw Wrong("must be the id of a server, not empty");

    /// <summary>True or false.</summary>
    public bool Flag(bool byDefault = false) => _value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => IsMissing ? byDefault : throw Wrong("must be true or false"),
    };

    /// <summary>A whole number of 64 bits, not negative.</summary>
    public ulong Count(ulong byDefault = 0)
    {
        if (IsMissing)
        {
            return byDefault;
        }

        return TryWhole(out ulong count)
            ? count
            : throw Wrong($"must be a whole number from 0 to {ulong.MaxValue}");
    }

    /// <summary>A whole number that can be counted to.</summary>
    public int SmallCount()
    {
        if (IsMissing)
        {
            return 0;
        }

        return TryWhole(out int count) && count >= 0
            ? count
            : throw Wrong($"must be a whole number from 0 to {int.MaxValue}");
    }

    /// <summary>A length of time: whole nanoseconds, or Go's text.</summary>
    public Duration Length(Duration byDefault = default)
    {
        if (IsMissing)
        {
            return byDefault;
        }

        if (TryWhole(out long nanos))
        {
            return new(nanos);
        }

        return IsText && Duration.TryParse(Text(), out Duration length, out _)
            ? length
            : throw Wrong("must be whole nanoseconds, or a duration such as 200ms, 10s or 1m30s");
    }

    /// <summary>A moment; Go's zero time if missing.</summary>
    public WallTime Moment()
    {
        if (IsMissing)
        {
            return WallTime.None;
        }

        return IsText && GivenTime.TryParse(Text(), out WallTime time)
            ? time
            : throw Wrong($"must be an RFC 3339 time from 1678 to 2261, or {GoTime.Zero}");
    }

    /// <summary>What to say of a value that breaks a rule.</summary>
    public UsageException Wrong(string rule)
    {
        string shown = IsMissing ? "" : Shorten(_value.GetRawText());
        return new($"{string.Join(' ', new[] { _place, shown }.Where(part => part.Length > 0))}: {rule}");
    }

    /// <summary>The beginning of a text that may be long.</summary>
    public static string Shorten(string text)
    {
        int end = text.Length > ShownMax && char.IsHighSurrogate(text[ShownMax - 1]) ? ShownMax - 1 : ShownMax;
        return text.Length > ShownMax ? $"{text[..end]}…" : text;
    }

    // Some programs write large numbers as 1e8 or 100.0, which is as whole as 100.
    private bool TryWhole<T>(out T number)
        where T : struct, INumberBase<T>
    {
        number = default;
        return IsNumber && T.TryParse(_value.GetRawText(), Whole, CultureInfo.InvariantCulture, out number);
    }

    // Whether it is there, and of the right kind.
    private bool Is(JsonValueKind kind, string rule) =>
        IsMissing || _value.ValueKind == kind ? !IsMissing : throw Wrong(rule);

    private string Below(string name) => _place.Length == 0 ? name : $"{_place}.{name}";
}
