namespace RaftSim.Runtime;

/// <summary>
/// The clock of one incarnation of a server: nanoseconds since it was made, never going back. Time comes from a
/// <see cref="TimeProvider"/> alone.
/// </summary>
internal sealed class MonotonicClock
{
    private const long NanosPerMillisecond = 1_000_000;
    private const long NanosPerTick = 100;

    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly bool _isSystem;

    public MonotonicClock(TimeProvider time)
    {
        _time = time;
        _isSystem = ReferenceEquals(time, TimeProvider.System);
        _origin = time.GetTimestamp();
        WallClockOrigin = new WallTime((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * NanosPerTick);
    }

    /// <summary>The wall clock at <see cref="MonoTime"/> 0.</summary>
    public WallTime WallClockOrigin { get; }

    /// <summary>The time.</summary>
    public MonoTime Now => new((long)((Int128)(_time.GetTimestamp() - _origin) * 1_000_000_000 / _time.TimestampFrequency));

    /// <summary>
    /// Lets go of <paramref name="gate"/>, which the caller holds, until it is pulsed or the time has come, and takes it
    /// again. May return early.
    /// </summary>
    public void Wait(object gate, MonoTime until)
    {
        if (until == MonoTime.Never)
        {
            Monitor.Wait(gate);
            return;
        }

        long nanos = (until - Now).Nanos;
        if (nanos <= 0)
        {
            return;
        }

        // Rounded up: waking before the deadline would only cost another round.
        long milliseconds = Math.Min(((nanos - 1) / NanosPerMillisecond) + 1, int.MaxValue);
        if (_isSystem)
        {
            // No timer of the thread pool: a starved pool must not delay heartbeats.
            Monitor.Wait(gate, (int)milliseconds);
            return;
        }

        using ITimer timer = _time.CreateTimer(
            Pulse, gate, TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
        Monitor.Wait(gate);
    }

    private static void Pulse(object? gate)
    {
        lock (gate!)
        {
            Monitor.PulseAll(gate);
        }
    }
}
