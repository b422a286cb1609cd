using System.Globalization;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>
/// Moments as Go writes them: RFC 3339 with as many digits of a second as are needed. .NET's own types stop at 100 ns.
/// </summary>
internal static class GoTime
{
    /// <summary>The text of <see cref="WallTime.None"/>.</summary>
    public const string Zero = "0001-01-01T00:00:00Z";

    private const string ToSeconds = "yyyy-MM-dd'T'HH:mm:ss";
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>In UTC.</summary>
    public static string Format(WallTime time)
    {
        if (time.IsNone)
        {
            return Zero;
        }

        long nanos = time.UnixNanos % NanosPerSecond;
        nanos += nanos < 0 ? NanosPerSecond : 0;
        long seconds = (long)(((Int128)time.UnixNanos - nanos) / NanosPerSecond);
        string text = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString(ToSeconds, CultureInfo.InvariantCulture);
        string fraction = nanos == 0
            ? ""
            : "." + nanos.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return $"{text}{fraction}Z";
    }

    /// <summary>Reads one, in whatever zone; digits beyond the nanoseconds do not count.</summary>
    public static bool TryParse(string text, out WallTime time)
    {
        time = WallTime.None;
        int end = Math.Min(text.Length, Zero.Length - 1);
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParseExact(
            text[..end], ToSeconds, CultureInfo.InvariantCulture, Utc, out DateTimeOffset local))
        {
            return false;
        }

        string fraction = Fraction(text[end..]);
        string zone = text[(end + fraction.Length)..];
        if (fraction is "." || !TryReadZone(zone, out long secondsEast))
        {
            return false;
        }

        string digits = fraction.TrimStart('.').PadRight(9, '0')[..9];
        Int128 nanos = ((Int128)(local.ToUnixTimeSeconds() - secondsEast) * NanosPerSecond)
            + long.Parse(digits, CultureInfo.InvariantCulture);
        if (nanos == (Int128)DateTimeOffset.MinValue.ToUnixTimeSeconds() * NanosPerSecond)
        {
            return true;
        }

        // The smallest number stands for the zero time.
        bool isInRange = nanos > long.MinValue && nanos <= long.MaxValue;
        time = isInRange ? new((long)nanos) : WallTime.None;
        return isInRange;
    }

    // The point and the digits after it; empty if there is no point.
    private static string Fraction(string rest)
    {
        if (!rest.StartsWith('.'))
        {
            return "";
        }

        int digits = rest.AsSpan(1).IndexOfAnyExceptInRange('0', '9');
        return digits < 0 ? rest : rest[..(digits + 1)];
    }

    private static bool TryReadZone(string zone, out long secondsEast)
    {
        secondsEast = 0;
        if (zone is "Z")
        {
            return true;
        }

        if (zone is not ['+' or '-', .. var clock]
            || !TimeOnly.TryParseExact(clock, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly east))
        {
            return false;
        }

        secondsEast = east.Ticks / TimeSpan.TicksPerSecond * (zone[0] == '-' ? -1 : 1);
        return true;
    }
}
