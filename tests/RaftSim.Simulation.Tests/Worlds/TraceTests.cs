using System.Text.RegularExpressions;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>The trace tells what becomes of messages, and changes nothing.</summary>
public sealed class TraceTests
{
    private static readonly FaultPlan Plan = FaultPlan.Of(
        FaultKind.Drop, FaultKind.Duplicate, FaultKind.LateCopy, FaultKind.CorruptFrame, FaultKind.ConnectionReset,
        FaultKind.Partition, FaultKind.CutLink, FaultKind.BulkStall, FaultKind.BurstLoss, FaultKind.Crash);

    // Goal: whatever keeps a message from arriving, or lets it arrive twice, is a line with sender, receiver, kind and cause; as
    // many lines as the counters say; and the run is the same without a trace.
    [Fact]
    public void What_befalls_a_message_is_told_with_its_cause()
    {
        using StringWriter trace = new();
        SimWorld world = SimWorld.Swarm(32, 3, Plan, zones: 0);
        world.Trace = trace;
        SimulationResult result = world.Run(Duration.Seconds(30)).RequireSuccess();
        Assert.Equal(SimWorld.Swarm(32, 3, Plan, zones: 0).Run(Duration.Seconds(30)).TraceHash, result.TraceHash);

        string text = trace.ToString();
        Assert.Equal(result.Faults[FaultKind.Drop], Count("is lost by chance"));
        Assert.Equal(result.Faults[FaultKind.Duplicate], Count("comes again"));
        Assert.Equal(result.Faults[FaultKind.LateCopy], Count("comes again, late"));
        Assert.InRange(result.Faults[FaultKind.CorruptFrame], 1, Count("arrives corrupt: the connection ends"));
        Assert.All(
            (string[])
            [
                "is lost: the network is split", "is lost: the link is cut", "is lost: the link carries nothing in bulk",
                "is lost: the network loses most", "is lost: its connection has ended", "finds nobody",
            ],
            fate => Assert.True(Count(fate) > 0, $"no message {fate}"));

        long Count(string fate) => Regex.Count(
            text, $@"^\S+ s[0-2] -> s[0-2] [A-Z][A-Za-z]+ {fate}$", RegexOptions.Multiline, TimeSpan.FromMinutes(1));
    }
}
