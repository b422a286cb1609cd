using RaftSim.Server;

namespace RaftSim.Http.Go;

/// <summary>Text and numbers the way Go's strconv reads and quotes them, error texts included.</summary>
internal static class Strconv
{
    /// <summary>Reads a Go bool: 1, t, T, true, True, TRUE and their opposites; nothing else.</summary>
    public static bool TryParseBool(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "True" or "TRUE";
        return value || text is "0" or "f" or "F" or "false" or "False" or "FALSE";
    }

    /// <summary>Whether the text is a decimal number of 32 bits, with or without a sign.</summary>
    public static bool IsInt32(string text)
    {
        bool signed = text.Length > 0 && text[0] is '+' or '-';
        long limit = text.StartsWith('-') ? -(long)int.MinValue : int.MaxValue;
        return TryParseUint64(signed ? text[1..] : text, out ulong value, out _) && value <= (ulong)limit;
    }

    /// <summary>Reads a decimal number of 64 bits without a sign; else tells the error as Go does.</summary>
    public static bool TryParseUint64(string text, out ulong value, out string error)
    {
        value = 0;
        string reason = text.Length == 0 ? "invalid syntax" : "";
        foreach (char digit in text)
        {
            if (!char.IsAsciiDigit(digit))
            {
                reason = "invalid syntax";
                break;
            }

            UInt128 next = ((UInt128)value * 10) + (uint)(digit - '0');
            if (next > ulong.MaxValue)
            {
                reason = "value out of range";
                break;
            }

            value = (ulong)next;
        }

        error = reason.Length == 0 ? "" : $"strconv.ParseUint: parsing {GoText.Quote(text)}: {reason}";
        return reason.Length == 0;
    }

    /// <summary>
    /// A byte of a broken JSON text in single quotes. Bytes from 0x80 are shown as Latin-1, as Go does.
    /// </summary>
    public static string QuoteByte(byte value) => value switch
    {
        (byte)'\'' => "'\\''",
        (byte)'"' => "'\"'",
        _ => $"'{GoText.Quote(((char)value).ToString())[1..^1]}'",
    };
}
