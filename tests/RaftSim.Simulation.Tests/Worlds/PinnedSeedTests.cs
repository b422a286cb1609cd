namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Seeds that once failed, with what they showed. They run as on the command line: <c>simulate --seed N</c>.</summary>
public sealed class PinnedSeedTests
{
    // Goal: what was found once stays found.
    // 100563, 101950: the only server that knew the first configuration was wiped before anything was committed, and the
    // others formed another cluster. That is right (docs/decisions/0002): the fault budget must not allow the wipe.
    [Theory]
    [InlineData(100563)]
    [InlineData(101950)]
    public void A_seed_that_failed_once_succeeds(ulong seed) =>
        SimWorld.Swarm(seed).Run(Duration.Seconds(60)).RequireSuccess();
}
