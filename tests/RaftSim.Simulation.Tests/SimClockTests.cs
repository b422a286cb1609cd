namespace RaftSim.Simulation.Tests;

public sealed class SimClockTests
{
    // Goal: a deadline is met at the first moment at which the server's own clock shows it, also when the clock drifts.
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(-100)]
    [InlineData(10_000)]
    [InlineData(-10_000)]
    public void The_clock_shows_a_deadline_when_it_is_met_and_not_before(int driftPpm)
    {
        SimClock clock = new(5_000_000_000, 123_456_789, driftPpm);
        foreach (long span in (ReadOnlySpan<long>)[0, 1, 999, 1_000_000, 1_234_567_890, 86_400_000_000_000])
        {
            MonoTime deadline = new(123_456_789 + span);
            long world = clock.WhenShows(deadline);
            Assert.True(clock.At(world) >= deadline);
            Assert.True(span == 0 || clock.At(world - 1) < deadline);
        }
    }

    // Goal: "no deadline" stays that.
    [Fact]
    public void Never_is_never_shown() =>
        Assert.Equal(long.MaxValue, new SimClock(1, 2, 300).WhenShows(MonoTime.Never));
}
