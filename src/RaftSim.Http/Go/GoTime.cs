using System.Globalization;

namespace RaftSim.Http.Go;

/// <summary>Moments as Go's time.Time writes them: RFC 3339, in UTC.</summary>
public static class GoTime
{
    /// <summary>The zero time: what stands for <see cref="WallTime.None"/>.</summary>
    public const string Zero = "0001-01-01T00:00:00Z";

    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>To the nearest second, halves upwards, as Time.Round does it; none is the zero time.</summary>
    public static string Rounded(WallTime time)
    {
        if (time.IsNone)
        {
            return Zero;
        }

        (long seconds, long nanos) = Split(time);
        return Text(nanos * 2 >= NanosPerSecond ? seconds + 1 : seconds, "");
    }

    /// <summary>To the nanosecond, without zeros at the end (RFC3339Nano); none is the zero time.</summary>
    public static string Exact(WallTime time)
    {
        if (time.IsNone)
        {
            return Zero;
        }

        (long seconds, long nanos) = Split(time);
        string fraction = nanos.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');
        return Text(seconds, fraction.Length == 0 ? "" : "." + fraction);
    }

    private static (long Seconds, long Nanos) Split(WallTime time)
    {
        (long seconds, long nanos) = Math.DivRem(time.UnixNanos, NanosPerSecond);
        return nanos < 0 ? (seconds - 1, nanos + NanosPerSecond) : (seconds, nanos);
    }

    private static string Text(long seconds, string fraction) => DateTimeOffset.FromUnixTimeSeconds(seconds)
        .ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture) + fraction + "Z";
}
