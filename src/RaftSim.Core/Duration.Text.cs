using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace RaftSim;

// The text of Go's time.Duration, both ways. Source: documentation of Go's package time (Duration.String,
// ParseDuration).
public readonly partial record struct Duration
{
    private const ulong MagnitudeMax = 1UL << 63;
    private const ulong NanosPerMicrosecond = 1_000;
    private const ulong NanosPerMillisecond = 1_000_000;
    private const ulong NanosPerSecond = 1_000_000_000;
    private const ulong NanosPerMinute = 60 * NanosPerSecond;
    private const ulong NanosPerHour = 60 * NanosPerMinute;

    /// <summary>
    /// Go's text: <c>0s</c>, <c>1.5µs</c>, <c>200ms</c>, <c>10s</c>, <c>1h0m0s</c>. The micro sign is U+00B5. Parsing
    /// it gives the same duration again.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder(24);
        ulong magnitude = Nanos < 0 ? unchecked(0UL - (ulong)Nanos) : (ulong)Nanos;
        if (Nanos < 0)
        {
            text.Append('-');
        }

        if (magnitude == 0)
        {
            text.Append("0s");
        }
        else if (magnitude < NanosPerMicrosecond)
        {
            AppendDecimal(text, magnitude, 1, "ns");
        }
        else if (magnitude < NanosPerMillisecond)
        {
            AppendDecimal(text, magnitude, NanosPerMicrosecond, "\u00B5s");
        }
        else if (magnitude < NanosPerSecond)
        {
            AppendDecimal(text, magnitude, NanosPerMillisecond, "ms");
        }
        else
        {
            AppendClock(text, magnitude);
        }

        return text.ToString();
    }

    /// <summary>
    /// Reads Go's text: an optional sign, then <c>0</c> or decimals with units (ns, us, µs, ms, s, m, h) in any order,
    /// added up. Throws <see cref="FormatException"/> with Go's error text otherwise.
    /// </summary>
    public static Duration Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out Duration duration, out string error) ? duration : throw new FormatException(error);
    }

    /// <summary>Reads Go's text; <paramref name="error"/> is Go's error text, empty when all is well.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Duration duration, out string error)
    {
        text ??= "";
        duration = Zero;
        ReadOnlySpan<char> rest = text;
        bool negative = rest is ['-', ..];
        if (rest is ['-' or '+', ..])
        {
            rest = rest[1..];
        }

        error = "";
        if (rest is "0")
        {
            return true;
        }

        ulong total = 0;
        error = rest.IsEmpty ? Invalid(text) : "";
        while (error.Length == 0 && !rest.IsEmpty)
        {
            error = ReadTerm(text, ref rest, ref total);
        }

        // The magnitude 2^63 exists only below zero.
        if (error.Length == 0 && !negative && total == MagnitudeMax)
        {
            error = Invalid(text);
        }

        duration = error.Length == 0 ? new(unchecked((long)(negative ? 0UL - total : total))) : Zero;
        return error.Length == 0;
    }

    // One decimal with its unit, added to the total. Returns Go's error text, or nothing.
    private static string ReadTerm(string text, ref ReadOnlySpan<char> rest, ref ulong total)
    {
        int before = rest.Length;
        if (!TryReadInteger(ref rest, out ulong whole))
        {
            return Invalid(text);
        }

        bool digits = rest.Length != before;
        ulong fraction = 0;
        double scale = 1;
        if (rest is ['.', ..])
        {
            rest = rest[1..];
            before = rest.Length;
            ReadFraction(ref rest, out fraction, out scale);
            digits |= rest.Length != before;
        }

        if (!digits)
        {
            return Invalid(text);
        }

        int length = rest.IndexOfAnyInRange('0', '9') is >= 0 and var digit ? digit : rest.Length;
        length = rest[..length].IndexOf('.') is >= 0 and var dot ? dot : length;
        if (length == 0)
        {
            return $"time: missing unit in duration {Quote(text)}";
        }

        ReadOnlySpan<char> name = rest[..length];
        ulong unit = UnitNanos(name);
        if (unit == 0)
        {
            return $"time: unknown unit {Quote(name.ToString())} in duration {Quote(text)}";
        }

        rest = rest[length..];
        return TryAdd(ref total, whole, fraction, scale, unit) ? "" : Invalid(text);
    }

    private static bool TryAdd(ref ulong total, ulong whole, ulong fraction, double scale, ulong unit)
    {
        if (whole > MagnitudeMax / unit)
        {
            return false;
        }

        ulong term = whole * unit;

        // Floating point on purpose, and only here: Go reads the digits after the point this way, so that
        // 0.3333333333333333333h is twenty minutes. IEEE 754 doubles give the same result everywhere.
        term += (ulong)(fraction * (unit / scale));
        if (term > MagnitudeMax - total)
        {
            return false;
        }

        total += term;
        return true;
    }

    private static bool TryReadInteger(ref ReadOnlySpan<char> rest, out ulong value)
    {
        value = 0;
        while (rest is [>= '0' and <= '9', ..])
        {
            if (value > MagnitudeMax / 10)
            {
                return false;
            }

            value = (value * 10) + (uint)(rest[0] - '0');
            if (value > MagnitudeMax)
            {
                return false;
            }

            rest = rest[1..];
        }

        return true;
    }

    // Digits that no longer fit are read and dropped: they are worth less than a nanosecond.
    private static void ReadFraction(ref ReadOnlySpan<char> rest, out ulong value, out double scale)
    {
        value = 0;
        scale = 1;
        bool full = false;
        while (rest is [>= '0' and <= '9', ..])
        {
            if (!full && value <= (MagnitudeMax - 1) / 10 && (value * 10) + (uint)(rest[0] - '0') <= MagnitudeMax)
            {
                value = (value * 10) + (uint)(rest[0] - '0');
                scale *= 10;
            }
            else
            {
                full = true;
            }

            rest = rest[1..];
        }
    }

    private static ulong UnitNanos(ReadOnlySpan<char> name) => name switch
    {
        "ns" => 1,
        "us" or "\u00B5s" or "\u03BCs" => NanosPerMicrosecond,
        "ms" => NanosPerMillisecond,
        "s" => NanosPerSecond,
        "m" => NanosPerMinute,
        "h" => NanosPerHour,
        _ => 0,
    };

    private static void AppendClock(StringBuilder text, ulong magnitude)
    {
        if (magnitude >= NanosPerHour)
        {
            text.Append(CultureInfo.InvariantCulture, $"{magnitude / NanosPerHour}h");
        }

        if (magnitude >= NanosPerMinute)
        {
            text.Append(CultureInfo.InvariantCulture, $"{magnitude % NanosPerHour / NanosPerMinute}m");
        }

        AppendDecimal(text, magnitude % NanosPerMinute, NanosPerSecond, "s");
    }

    private static void AppendDecimal(StringBuilder text, ulong nanos, ulong unit, string name)
    {
        text.Append(nanos / unit);
        ulong rest = nanos % unit;
        if (rest != 0)
        {
            text.Append('.');
            for (ulong place = unit / 10; rest != 0; place /= 10)
            {
                text.Append((char)('0' + (rest / place)));
                rest %= place;
            }
        }

        text.Append(name);
    }

    private static string Invalid(string text) => $"time: invalid duration {Quote(text)}";

    // Go's package time quotes what it could not read byte by byte, beyond ASCII and below the space as \xNN.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            if (value is < 0x20 or >= 0x80)
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
                continue;
            }

            if (value is (byte)'"' or (byte)'\\')
            {
                quoted.Append('\\');
            }

            quoted.Append((char)value);
        }

        return quoted.Append('"').ToString();
    }
}
