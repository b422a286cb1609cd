using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using RaftSim.Raft;

namespace RaftSim.Conformance;

/// <summary>
/// A value as text with everything in it, byte for byte. Two values are the same when their texts are: records cannot tell,
/// because they compare lists and buffers by reference. No id and an empty one are the same, as everywhere.
/// </summary>
public static class ValueText
{
    public static string Of(object? value)
    {
        StringBuilder text = new();
        Write(text, value);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case string or ServerId or ServerAddress:
                text.Append('"').Append(value).Append('"');
                break;
            case ReadOnlyMemory<byte> bytes:
                text.Append("0x").Append(Convert.ToHexString(bytes.Span));
                break;
            case ReadOnlyMemory<LogEntry> entries:
                WriteList(text, entries.ToArray());
                break;
            case Configuration configuration:
                WriteList(text, configuration.Servers.ToArray());
                break;
            case IEnumerable list:
                WriteList(text, list);
                break;
            default:
                WriteValue(text, value);
                break;
        }
    }

    private static void WriteList(StringBuilder text, IEnumerable list)
    {
        text.Append('[');
        foreach (object? item in list)
        {
            Write(text, item);
            text.Append(' ');
        }

        text.Append(']');
    }

    private static void WriteValue(StringBuilder text, object value)
    {
        Type type = value.GetType();
        if (type.IsPrimitive || type.IsEnum)
        {
            text.Append(CultureInfo.InvariantCulture, $"{value}");
            return;
        }

        text.Append(type.Name).Append('{');
        for (Type? part = type; part is not null && part != typeof(object); part = part.BaseType)
        {
            foreach (FieldInfo field in part.GetFields(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            {
                text.Append(field.Name).Append('=');
                Write(text, field.GetValue(value));
                text.Append(' ');
            }
        }

        text.Append('}');
    }
}
