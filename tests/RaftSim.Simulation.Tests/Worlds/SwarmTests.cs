using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using Xunit.Abstractions;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Many seeds, each a world of its own make-up: what a campaign runs by the thousand, in small.</summary>
public sealed class SwarmTests(ITestOutputHelper output)
{
    private const ulong First = 1_000;
    private const int Count = 70;

    /// <summary>Every kind of fault.</summary>
    public static TheoryData<FaultKind> Kinds => [.. FaultCounts.Kinds];

    // Goal: no seed of the range breaks a promise, every kind of fault strikes, and much is done: no empty success.
    [Fact]
    public void A_range_of_seeds_keeps_every_promise_under_every_fault()
    {
        long[] faults = new long[FaultCounts.Kinds.Length];
        int acknowledged = 0;
        int elections = 0;
        for (ulong seed = First; seed < First + Count; seed++)
        {
            SimulationResult result = SimWorld.Swarm(seed).Run(Duration.Seconds(20)).RequireSuccess();
            acknowledged += result.Acknowledged;
            elections += result.Elections;
            foreach (FaultKind kind in FaultCounts.Kinds)
            {
                faults[(int)kind] += result.Faults[kind];
            }
        }

        output.WriteLine($"seeds {First}..{First + Count - 1}: {elections} elections, {acknowledged} acknowledged");
        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            Assert.True(faults[(int)kind] > 0, $"no {FaultCounts.NameOf(kind)} in any of {Count} seeds");
        }

        Assert.True(acknowledged > 50 * Count, $"{acknowledged} commands in {Count} seeds show little");
        Assert.True(elections > 2 * Count, $"{elections} elections in {Count} seeds show little");
    }

    // Goal: every kind of fault alone is survived, and does strike when it is asked for.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_of_fault_alone_is_survived(FaultKind kind)
    {
        for (ulong seed = 2_000; seed < 2_003; seed++)
        {
            SimWorld.Swarm(seed, faults: FaultPlan.Of(kind)).Run(Duration.Seconds(20)).RequireSuccess();
        }
    }

    // Goal: in a relay one leader follows on the other, and entries of several terms are committed at once: what only an entry of
    // the present term may bring about (dissertation, figure 3.7).
    [Fact]
    public void In_a_relay_entries_of_several_terms_are_committed_at_once()
    {
        SimulationResult result =
            SimWorld.Swarm(2_020, 5, FaultPlan.Of(FaultKind.Relay)).Run(Duration.Seconds(60)).RequireSuccess();
        Assert.True(result.Elections > 10, $"{result.Elections} elections are no relay");
        Assert.True(result.Reached.Contains(SimState.EarlierTermCommitted));
        Assert.True(result.Reached.Contains(SimState.ThreeTermsCommitted));
    }

    // Goal: where news of an election comes late, two servers take themselves for leaders, and a leader-to-be that nobody hears
    // comes back with a newer term than the leader's.
    [Fact]
    public void Where_news_comes_late_there_are_two_leaders()
    {
        SimulationResult result =
            SimWorld.Swarm(2_021, 5, FaultPlan.Of(FaultKind.LateNews)).Run(Duration.Seconds(60)).RequireSuccess();
        Assert.True(result.Reached.Contains(SimState.TwoLeaders));
        Assert.True(result.Reached.Contains(SimState.TransferGivenUp));
    }

    // Goal: a fault that was asked for by name and could not strike fails the run: no false green.
    [Fact]
    public void A_fault_that_was_asked_for_and_never_struck_fails_the_run()
    {
        SimulationResult result =
            SimWorld.Swarm(2_010, servers: 1, FaultPlan.Of(FaultKind.Crash, FaultKind.Bridge)).Run(Duration.Seconds(20));
        Assert.Equal("never-struck", result.Violation!.Checker);
        Assert.Equal("bridge was asked for, but never struck within 20s", result.Violation.Explanation);
    }

    // Goal: what a world is made of is told in full, before it runs and after it: also how often what strikes.
    [Fact]
    public void A_world_tells_what_it_is_made_of_before_it_runs()
    {
        FaultPlan plan = FaultPlan.Of(FaultKind.Drop, FaultKind.Delay, FaultKind.Crash, FaultKind.Drift, FaultKind.Skew);
        LinkOptions seen = LinkOptions.Calm;
        SimScenario scenario = new() { Seed = 2_012, IsSwarm = true, Faults = plan, Duration = Duration.Seconds(5) };
        SimWorld? world = null;
        Watcher watcher = new(() => seen = world?.Network.Options ?? seen);
        world = scenario.World(adjust: options => options with { Checkers = [watcher] });
        string traits = world.Result.Traits;
        Assert.Equal(traits, world.Run(scenario.Duration).RequireSuccess().Traits);
        Assert.True(seen.DropPerMille > 0);
        Assert.Contains($", of 1000 messages {seen.DropPerMille} lost, 0 twice, ", traits, StringComparison.Ordinal);
        Assert.Contains($" out of order, {seen.SlowPerMille} held up, ", traits, StringComparison.Ordinal);
        Assert.Contains($", clocks up to {world.Options.DriftPpmMax} ppm fast or slow, ", traits, StringComparison.Ordinal);
        Assert.Contains(", wall clocks up to 6h0m0s off, ", traits, StringComparison.Ordinal);
        Assert.Contains($", syncs from {world.Options.Disk.SyncMin} to ", traits, StringComparison.Ordinal);
        Assert.Matches(", on average crash every (2|4|8|16)s, ", traits);
    }

    // Goal: of all kinds, worlds of a swarm have from a few to most, each as the plan says.
    [Fact]
    public void Worlds_of_a_swarm_have_a_few_to_most_kinds()
    {
        int[] counts = [.. Enumerable.Range(0, 200).Select(seed => FaultPlan.All.KindsOf((ulong)seed).Count)];
        Assert.Contains(counts, count => count <= 3);
        Assert.Contains(counts, count => count >= 25);
        SimulationResult result = SimWorld.Swarm(2_011).Run(Duration.Seconds(20)).RequireSuccess();
        FaultKind[] consequences =
        [
            FaultKind.Crash, FaultKind.Kill, FaultKind.UnsyncedLoss, FaultKind.TornWrite, FaultKind.Pause,
        ];
        Assert.All(
            FaultCounts.Kinds.ToArray().Except(FaultPlan.All.KindsOf(2_011)).Except(consequences),
            kind => Assert.Equal(0, result.Faults[kind]));
    }

    // Goal: without faults nothing is lost: every request of the workload is answered, and one leader is enough, until it is
    // asked at the very end to hand over.
    [Fact]
    public void Without_faults_everything_is_answered_under_one_leader()
    {
        SimulationResult result = SimWorld.Swarm(3_000, 5, FaultPlan.None).Run(Duration.Seconds(30)).RequireSuccess();
        Assert.Equal(2, result.Elections);
        Assert.Equal(result.Requests, result.Answered);
        Assert.All(FaultCounts.Kinds.ToArray(), kind => Assert.Equal(0, result.Faults[kind]));
    }

    // Looks at the first request of the workload.
    private sealed class Watcher(Action look) : IChecker
    {
        private bool _hasLooked;

        public string Name => "watcher";

        public void Requested(int server, ServerRequest request)
        {
            if (!_hasLooked)
            {
                _hasLooked = true;
                look();
            }
        }
    }
}
