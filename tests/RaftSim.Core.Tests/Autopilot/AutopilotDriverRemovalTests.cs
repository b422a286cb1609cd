using RaftSim.Autopilot;
using Peer = RaftSim.Tests.Autopilot.DriverBench.Peer;

namespace RaftSim.Tests.Autopilot;

/// <summary>Servers that leave the Raft configuration, and their standing.</summary>
public sealed class AutopilotDriverRemovalTests
{
    // Goal: who was removed and comes back, perhaps with another disk, is first seen then, also between two states: its standing
    // went with it (raft-autopilot, StableSince is set when a server is first seen).
    [Fact]
    public void A_server_that_was_removed_and_comes_back_has_no_standing()
    {
        DriverBench bench = new DriverBench(new Peer("s1"), new Peer("s2"), new Peer("s3")).Started();
        bench.Run(Duration.Seconds(21));
        bench.Driver.ServerRemoved(new("s3"));
        WallTime back = bench.Wall;

        bench.Run(Duration.Seconds(3));

        AutopilotState state = bench.Driver.State!;
        Assert.True(state.Find(new("s3"))!.Health.StableSince >= back);
        Assert.True(state.Find(new("s2"))!.Health.StableSince < back);
        bench.Run(Duration.Seconds(4));
        Assert.Equal(state.Find(new("s3"))!.Health, bench.Driver.State!.Find(new("s3"))!.Health);
    }
}
