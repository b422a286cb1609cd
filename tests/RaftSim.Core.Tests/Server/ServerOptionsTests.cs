using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

public sealed class ServerOptionsTests
{
    private static readonly ServerAddress _address = new("10.0.0.1:4647");

    private readonly ServerOptions _good = new()
    {
        Name = "s1",
        Address = _address,
        Peers = [new ListedPeer("s1", _address)],
        WallClockOrigin = default,
    };

    // Goal: the defaults are valid.
    [Fact]
    public void The_defaults_are_valid() => _good.Validate();

    // Goal: a bad value gets an error that names the value and the rule.
    [Fact]
    public void An_error_names_the_value_and_the_rule()
    {
        AssertRefused(_good with { Name = "a b" }, "\"a b\"", "letters, digits");
        AssertRefused(_good with { Version = "" }, "Version \"\"", "must not be empty");
        AssertRefused(_good with { Region = "" }, "Region", "not empty");
        AssertRefused(_good with { ElectionTimeout = Duration.Zero }, "ElectionTimeout 0s", "must be positive");
        AssertRefused(
            _good with { HeartbeatInterval = Duration.Seconds(1) },
            "HeartbeatInterval 1s",
            "half of the election timeout, 1s");
        AssertRefused(_good with { ClockDriftPpmMax = -1 }, "ClockDriftPpmMax -1", "must be 0 to 200000");
        AssertRefused(_good with { ClockDriftPpmMax = 200_001 }, "ClockDriftPpmMax 200001", "must be 0 to 200000");
        AssertRefused(_good with { SegmentBytes = 1 }, "SegmentBytes 1", "4096 to");
        AssertRefused(_good with { Peers = [] }, "Peers", "must include this server's own address, 10.0.0.1:4647");
        AssertRefused(_good with { Peers = [.. _good.Peers, .. _good.Peers] }, "10.0.0.1:4647", "must not be listed twice");
    }

    private static void AssertRefused(ServerOptions options, params string[] parts)
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(options.Validate);
        Assert.All(parts, part => Assert.Contains(part, refusal.Message, StringComparison.Ordinal));
    }
}
