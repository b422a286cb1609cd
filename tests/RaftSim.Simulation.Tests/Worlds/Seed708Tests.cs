#pragma warning disable IDE0005 // The file stands alone, wherever it is put.
using RaftSim;
using RaftSim.Simulation;
using Xunit;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What is left of a run that failed.</summary>
public sealed class Seed708Tests
{
    // Goal: what was found once stays found: no promise was broken.
    [Fact]
    public void What_seed_708_decides_breaks_no_promise() =>
        SimWorld.Swarm(708, 3, FaultPlan.Of(FaultKind.Drop, FaultKind.Crash),
            SwarmTraits.Messages
            | SwarmTraits.Pace)
            .WithOnly(
                // s0 crashes
                Decision.Strike(FaultKind.Crash, 1, new Duration(2468637011)),
                // s2 crashes, at 4.134324571s s2 starts
                Decision.Strike(FaultKind.Crash, 2, new Duration(2883027574)),
                // s1 crashes, at 4.258912583s s1 starts
                Decision.Strike(FaultKind.Crash, 3, new Duration(3600762864)),
                // at 2.173746ms drop of Announcement from s1 to s2
                Decision.Message(FaultKind.Drop, 1, 2, 1),
                // at 2.981353ms drop of Announcement from s2 to s0
                Decision.Message(FaultKind.Drop, 2, 0, 1),
                // at 448.197255ms drop of PreVote from s0 to s2
                Decision.Message(FaultKind.Drop, 0, 2, 3),
                // at 180.923461ms s1 is asked as request 0 for a command of 33 bytes
                Decision.Request(1),
                // at 262.718199ms s1 is asked as request 1 for a command of 8 bytes
                Decision.Request(2),
                // at 307.244871ms s2 is asked as request 2 for a command of 26 bytes
                Decision.Request(3))
            .Run(new Duration(20000000000))
            .RequireSuccess();
}
