using System.Globalization;
using RaftSim.Http.Go;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>Reads moments as Go does: RFC 3339 with any number of digits. .NET's own types stop at 100 ns.</summary>
internal static class GivenTime
{
    private const string ToSeconds = "yyyy-MM-dd'T'HH:mm:ss";
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>Reads one, in whatever zone; digits beyond the nanoseconds do not count.</summary>
    public static bool TryParse(string text, out WallTime time)
    {
        time = WallTime.None;
        int end = Math.Min(text.Length, GoTime.Zero.Length - 1);
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
