using System.Text;
using Google.Protobuf.Collections;

namespace RaftSim.Wire;

/// <summary>Ids, addresses and tags to and from their text in generated classes, where "none" is the empty text.</summary>
internal static class WireText
{
    public static ServerId Id(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > Limits.ServerIdBytesMax)
        {
            throw new WireFormatException(
                FormattableString.Invariant($"a server's id has more than {Limits.ServerIdBytesMax} bytes"));
        }

        return text.Length == 0 ? default : new(text);
    }

    public static ServerAddress Address(string text) => text.Length == 0 ? default : new(text);

    /// <summary>Refuses lists that are longer than a configuration can be.</summary>
    public static void CheckCount(int count, string what)
    {
        if (count > Limits.ConfigurationServersMax)
        {
            throw new WireFormatException(
                FormattableString.Invariant($"{count} {what}, more than {Limits.ConfigurationServersMax}"));
        }
    }

    public static void AddTags(RepeatedField<Proto.Tag> target, IReadOnlyDictionary<string, string> tags)
    {
        foreach ((string key, string value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            target.Add(new Proto.Tag { Key = key, Value = value });
        }
    }

    public static SortedDictionary<string, string> Tags(RepeatedField<Proto.Tag> tags)
    {
        SortedDictionary<string, string> result = new(StringComparer.Ordinal);
        foreach (Proto.Tag tag in tags)
        {
            if (!result.TryAdd(tag.Key, tag.Value))
            {
                throw new WireFormatException($"the tag {tag.Key} stands twice");
            }
        }

        return result;
    }
}
