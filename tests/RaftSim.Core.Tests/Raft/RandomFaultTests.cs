using Xunit.Abstractions;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Random schedules of everything that may go wrong; each seed is one schedule and can be run alone.</summary>
public sealed class RandomFaultTests(ITestOutputHelper output)
{
    private const int StepsPerSeed = 600;
    private const int SeedsPerCase = 150;

    // Goal: no schedule of loss, repetition, partitions, crashes, snapshots, transfers and changes breaks figure 3.2 of
    // the dissertation or makes a read stale, and once the faults end the cluster works again.
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(2, 1, false)]
    [InlineData(3, 0, false)]
    [InlineData(3, 2, false)]
    [InlineData(4, 1, false)]
    [InlineData(5, 0, false)]
    [InlineData(2, 1, true)]
    [InlineData(3, 0, true)]
    [InlineData(4, 1, true)]
    [InlineData(5, 0, true)]
    public void No_schedule_of_faults_breaks_safety_and_the_cluster_recovers(int voters, int nonVoters, bool hasLeases)
    {
        ulong leaders = 0;
        ulong commits = 0;
        ulong reads = 0;
        int byLease = 0;
        int fetched = 0;
        for (ulong seed = 1; seed <= SeedsPerCase; seed++)
        {
            try
            {
                var world = new RandomWorld(voters, nonVoters, seed, hasLeases);
                world.Run(StepsPerSeed);
                world.HealAndCheckLiveness();
                leaders += (ulong)world.Checker.LeadersElected;
                commits += world.Checker.HighestCommit;
                reads += (ulong)world.ReadsAnswered;
                byLease += world.ReadsByLease;
                fetched += world.Fetched;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"voters {voters}, non-voters {nonVoters}, leases {hasLeases}, seed {seed}: {e.Message}", e);
            }
        }

        output.WriteLine($"{SeedsPerCase} seeds: {leaders} leaders, {commits} entries committed, {reads} reads, "
            + $"{byLease} by lease, {fetched} snapshots");

        // A schedule in which nothing happens proves nothing.
        Assert.True(leaders > SeedsPerCase && commits > 5 * SeedsPerCase && reads > SeedsPerCase && fetched > SeedsPerCase / 10);
        Assert.Equal(hasLeases, byLease > SeedsPerCase);
    }
}
