using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RaftSim.Wire;

/// <summary>
/// Remembers the few ids and addresses that recur in every message, so that no text is made anew. Bounded: 64 sets of four
/// texts each, the one used longest ago making room. Only ASCII texts of at most 64 bytes are kept.
/// </summary>
internal sealed class TextCache
{
    private const int Sets = 64;
    private const int Ways = 4;
    private const int TextBytesMax = 64;

    private readonly string?[] _texts = new string?[Sets * Ways];

    public bool TryFind(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (utf8.Length > TextBytesMax)
        {
            return false;
        }

        Span<string?> set = SetOf(utf8);
        for (int way = 0; way < Ways && set[way] is not null; way++)
        {
            if (Ascii.Equals(utf8, set[way]))
            {
                text = set[way]!;
                MoveToFront(set, way, text);
                return true;
            }
        }

        return false;
    }

    public void Add(ReadOnlySpan<byte> utf8, string text)
    {
        if (utf8.Length <= TextBytesMax && Ascii.IsValid(utf8))
        {
            MoveToFront(SetOf(utf8), Ways - 1, text);
        }
    }

    private static void MoveToFront(Span<string?> set, int from, string text)
    {
        for (int way = from; way > 0; way--)
        {
            set[way] = set[way - 1];
        }

        set[0] = text;
    }

    private Span<string?> SetOf(ReadOnlySpan<byte> utf8) =>
        _texts.AsSpan((int)(Crc32C.Compute(utf8) % Sets) * Ways, Ways);
}
