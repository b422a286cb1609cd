using System.Buffers;
using System.Globalization;
using System.Text;

namespace RaftSim.Http;

/// <summary>
/// Writes JSON byte for byte as Nomad does. Two encoders are at work there: ordinary replies (keys in alphabetical
/// order, indented when asked for, <c>&lt;&gt;&amp;</c> as they are) and types with their own encoder, whose compact
/// text with <c>&lt;&gt;&amp;</c> escaped is pasted into the reply as it is. The order of keys is the caller's
/// business. System.Text.Json's writer does neither the escapes nor the indentation around pasted values this way.
/// </summary>
internal sealed class NomadJson
{
    private const string IndentUnit = "    ";

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly bool _pretty;
    private readonly bool _escapeHtml;
    private int _depth;
    private bool _isFirst = true;

    private NomadJson(bool pretty, bool escapeHtml)
    {
        _pretty = pretty;
        _escapeHtml = escapeHtml;
    }

    /// <summary>An ordinary reply; with a newline at the end when it is to be pretty.</summary>
    public static byte[] Reply(bool pretty, Action<NomadJson> write)
    {
        NomadJson json = new(pretty, escapeHtml: false);
        write(json);
        if (pretty)
        {
            json.Put("\n"u8);
        }

        return json._output.WrittenSpan.ToArray();
    }

    /// <summary>The compact text of a type with an encoder of its own, for <see cref="Pasted"/>.</summary>
    public static byte[] Compact(Action<NomadJson> write)
    {
        NomadJson json = new(pretty: false, escapeHtml: true);
        write(json);
        return json._output.WrittenSpan.ToArray();
    }

    /// <summary>Opens an object.</summary>
    public void BeginObject() => Begin("{"u8);

    /// <summary>Closes it.</summary>
    public void EndObject() => End("}"u8);

    /// <summary>Opens an array.</summary>
    public void BeginArray() => Begin("["u8);

    /// <summary>Closes it.</summary>
    public void EndArray() => End("]"u8);

    /// <summary>Begins a member of an object; its value comes next.</summary>
    public void Name(string name)
    {
        Element();
        Quoted(name);
        Put(_pretty ? ": "u8 : ":"u8);
    }

    /// <summary>Begins an element of an array; its value comes next.</summary>
    public void Element()
    {
        if (!_isFirst)
        {
            Put(","u8);
        }

        _isFirst = false;
        NewLine();
    }

    /// <summary>A member that is text.</summary>
    public void Text(string name, string value)
    {
        Name(name);
        Quoted(value);
    }

    /// <summary>A member that is a whole number.</summary>
    public void Number(string name, Int128 value)
    {
        Name(name);
        Put(Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
    }

    /// <summary>A member that is true or false.</summary>
    public void Bool(string name, bool value)
    {
        Name(name);
        Bool(value);
    }

    /// <summary>A bare true or false.</summary>
    public void Bool(bool value) => Put(value ? "true"u8 : "false"u8);

    /// <summary>A bare text.</summary>
    public void Text(string value) => Quoted(value);

    /// <summary>Nothing: what Go makes of a list that was never filled.</summary>
    public void Null() => Put("null"u8);

    /// <summary>A value that was encoded before: stays compact, even in a pretty reply.</summary>
    public void Pasted(ReadOnlySpan<byte> compact) => Put(compact);

    private void Begin(ReadOnlySpan<byte> bracket)
    {
        Put(bracket);
        _depth++;
        _isFirst = true;
    }

    private void End(ReadOnlySpan<byte> bracket)
    {
        _depth--;
        if (!_isFirst)
        {
            NewLine();
        }

        Put(bracket);
        _isFirst = false;
    }

    private void NewLine()
    {
        if (!_pretty)
        {
            return;
        }

        Put("\n"u8);
        for (int i = 0; i < _depth; i++)
        {
            Put(Encoding.ASCII.GetBytes(IndentUnit));
        }
    }

    private void Quoted(string text)
    {
        StringBuilder escaped = new("\"", text.Length + 2);
        foreach (char c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    escaped.Append('\\').Append(c);
                    break;
                case '\b':
                    escaped.Append("\\b");
                    break;
                case '\f':
                    escaped.Append("\\f");
                    break;
                case '\n':
                    escaped.Append("\\n");
                    break;
                case '\r':
                    escaped.Append("\\r");
                    break;
                case '\t':
                    escaped.Append("\\t");
                    break;
                case < ' ' or '\u2028' or '\u2029':
                case '<' or '>' or '&' when _escapeHtml:
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    escaped.Append(c);
                    break;
            }
        }

        Put(Encoding.UTF8.GetBytes(escaped.Append('"').ToString()));
    }

    private void Put(ReadOnlySpan<byte> bytes) => _output.Write(bytes);
}
