namespace RaftSim.Simulation;

/// <summary>
/// The clock of one incarnation of a server: it starts at a random origin, so that a time that is stored or sent betrays
/// itself, and may run fast or slow.
/// </summary>
/// <param name="StartedAt">When it started, in nanoseconds of the world.</param>
/// <param name="Origin">What it showed then.</param>
/// <param name="DriftPpm">How many millionths it runs too fast; negative: too slow.</param>
internal readonly record struct SimClock(long StartedAt, long Origin, int DriftPpm)
{
    private const int Million = 1_000_000;

    /// <summary>What it shows at a moment of the world.</summary>
    public MonoTime At(long world)
    {
        long elapsed = world - StartedAt;

        // Millions and the rest apart: the same as in one, and 64 bits are enough.
        return new(Origin + elapsed + (elapsed / Million * DriftPpm) + (elapsed % Million * DriftPpm / Million));
    }

    /// <summary>The first moment of the world at which it shows <paramref name="time"/> or more.</summary>
    public long WhenShows(MonoTime time)
    {
        if (time == MonoTime.Never)
        {
            return long.MaxValue;
        }

        long shown = time.Nanos - Origin;
        if (DriftPpm == 0)
        {
            return Add(StartedAt, shown);
        }

        long elapsed = shown is >= 0 and <= long.MaxValue / 16
            ? (shown / (Million + DriftPpm) * Million) + (shown % (Million + DriftPpm) * Million / (Million + DriftPpm))
            : (long)Int128.Min((Int128)shown * Million / (Million + DriftPpm), long.MaxValue);
        long world = Add(StartedAt, elapsed);
        while (At(world) < time)
        {
            world++;
        }

        return world;
    }

    private static long Add(long time, long span) => span > long.MaxValue - time ? long.MaxValue : time + span;
}
