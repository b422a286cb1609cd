using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation.Tests.Timing;

/// <summary>How bounds on times are written, and when they are met.</summary>
public sealed class RequirementTests
{
    // Goal: what is written is what is read.
    [Theory]
    [InlineData("commands p99 <= 200ms")]
    [InlineData("commands p1 <= 1ns")]
    [InlineData("failovers max <= 5s")]
    [InlineData("standstill max <= 1m30s")]
    public void A_requirement_is_read_as_it_is_written(string text)
    {
        Assert.True(Requirement.TryParse($"  {text.Replace(" ", "  ", StringComparison.Ordinal)}", out Requirement read, out _));
        Assert.Equal(text, read.ToString());
    }

    // Goal: nonsense is refused with the rule.
    [Theory]
    [InlineData("", "must be")]
    [InlineData("commands", "must be")]
    [InlineData("commands p99 < 1s", "must be")]
    [InlineData("commands p0 <= 1s", "must be")]
    [InlineData("commands p100 <= 1s", "must be")]
    [InlineData("commands 99 <= 1s", "must be")]
    [InlineData("commands max <= 0s", "must be")]
    [InlineData("commands max <= 5", "must be")]
    [InlineData("Commands max <= 5s", "must be")]
    [InlineData("elections max <= 5s", "must be")]
    [InlineData("standstill p99 <= 5s", "only the longest")]
    public void Nonsense_is_refused_with_the_rule(string text, string rule)
    {
        Assert.False(Requirement.TryParse(text, out _, out string error));
        Assert.Contains(rule, error, StringComparison.Ordinal);
    }

    // Goal: a bound is met up to itself; beyond it the true time is told; what never came about meets nothing.
    [Fact]
    public void A_breach_tells_what_was_the_case()
    {
        RunTimes times = new();
        Requirement commands = new(RunMeasure.Commands, 100, Duration.Seconds(2));
        Requirement failovers = new(RunMeasure.Failovers, 50, Duration.Seconds(2));
        Requirement standstill = new(RunMeasure.Standstill, 100, Duration.Seconds(2));
        Assert.Contains("no command was acknowledged", commands.Breach(times), StringComparison.Ordinal);
        Assert.Contains("there was no failover", failovers.Breach(times), StringComparison.Ordinal);
        Assert.Null(standstill.Breach(times));
        times.Commands.Add(Duration.Seconds(2));
        times.Failovers.Add(Duration.Seconds(1));
        Assert.Null(commands.Breach(times));
        Assert.Null(failovers.Breach(times));
        times.Commands.Add(Duration.Milliseconds(2_001));
        times.StoodStill(Duration.Seconds(3));
        Assert.Equal("commands max <= 2s was asked for, but it was 2.001s", commands.Breach(times));
        Assert.Equal("standstill max <= 2s was asked for, but it was 3s", standstill.Breach(times));
    }
}
