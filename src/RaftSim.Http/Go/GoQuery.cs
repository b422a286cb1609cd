using System.Text;
using Microsoft.AspNetCore.Http;

namespace RaftSim.Http.Go;

/// <summary>
/// The query of a URL as Go's <c>url.ParseQuery</c> reads it, which differs from ASP.NET: names are case-sensitive, a
/// pair that contains <c>;</c> or a broken percent escape is dropped and the others are kept. Source: Go net/url.
/// </summary>
internal sealed class GoQuery
{
    private readonly List<KeyValuePair<string, string>> _pairs = [];

    private GoQuery() { }

    /// <summary>Reads the raw query, with or without its question mark.</summary>
    public static GoQuery Parse(QueryString raw)
    {
        GoQuery query = new();
        string text = raw.Value ?? "";
        foreach (string pair in (text.StartsWith('?') ? text[1..] : text).Split('&'))
        {
            if (pair.Length == 0 || pair.Contains(';', StringComparison.Ordinal))
            {
                continue;
            }

            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string? name = Unescape(equals < 0 ? pair : pair[..equals]);
            string? value = Unescape(equals < 0 ? "" : pair[(equals + 1)..]);
            if (name is not null && value is not null)
            {
                query._pairs.Add(new(name, value));
            }
        }

        return query;
    }

    /// <summary>The first value; empty for a bare name; <see langword="null"/> when the name is absent.</summary>
    public string? First(string name) =>
        _pairs.Find(pair => string.Equals(pair.Key, name, StringComparison.Ordinal)).Value;

    /// <summary>All values, in order; a bare name counts as an empty one.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. _pairs.Where(pair => string.Equals(pair.Key, name, StringComparison.Ordinal)).Select(pair => pair.Value)];

    /// <summary>Whether the name occurs at all.</summary>
    public bool Has(string name) => First(name) is not null;

    /// <summary>The first value that says something; <see langword="null"/> when absent or empty.</summary>
    public string? NonEmpty(string name) => First(name) is { Length: > 0 } value ? value : null;

    private static string? Unescape(string text)
    {
        if (!text.AsSpan().ContainsAny('%', '+'))
        {
            return text;
        }

        byte[] source = Encoding.UTF8.GetBytes(text);
        byte[] result = new byte[source.Length];
        int length = 0;
        for (int i = 0; i < source.Length; i++)
        {
            switch (source[i])
            {
                case (byte)'+':
                    result[length++] = (byte)' ';
                    break;
                case (byte)'%':
                    if (i + 2 >= source.Length
                        || !char.IsAsciiHexDigit((char)source[i + 1]) || !char.IsAsciiHexDigit((char)source[i + 2]))
                    {
                        return null;
                    }

                    result[length++] = (byte)((HexValue(source[i + 1]) << 4) | HexValue(source[i + 2]));
                    i += 2;
                    break;
                default:
                    result[length++] = source[i];
                    break;
            }
        }

        return Encoding.UTF8.GetString(result, 0, length);
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
