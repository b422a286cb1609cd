using RaftSim.Raft;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>A seed is a run: whoever has it sees what you saw.</summary>
public sealed class DeterminismTests
{
    private static readonly Duration Span = Duration.Seconds(20);

    // Goal: two runs of one seed in one process are the same run, faults, disks, clocks and all.
    [Theory]
    [InlineData(501)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public void The_same_seed_gives_the_same_run(ulong seed)
    {
        SimulationResult first = SimWorld.Swarm(seed).Run(Span).RequireSuccess();
        SimulationResult second = SimWorld.Swarm(seed).Run(Span).RequireSuccess();
        Assert.Equal(first.TraceHash, second.TraceHash);
        Assert.Equal(first.ToString(), second.ToString());
    }

    // Goal: whoever writes the trace down does not change what happens, and the text is the same each time.
    [Theory]
    [InlineData(511)]
    [InlineData(512)]
    public void Writing_a_trace_changes_nothing(ulong seed)
    {
        SimulationResult silent = SimWorld.Swarm(seed).Run(Span).RequireSuccess();
        (SimulationResult told, string text) = Traced(seed);
        (_, string again) = Traced(seed);
        Assert.Equal(silent.TraceHash, told.TraceHash);
        Assert.Equal(text, again);
        Assert.Contains(" ClusterFormed: ", text, StringComparison.Ordinal);
    }

    // Goal: checkers only watch: a run is the same with one more of them.
    [Theory]
    [InlineData(521)]
    [InlineData(522)]
    public void A_checker_of_the_user_changes_nothing(ulong seed)
    {
        Busybody checker = new();
        SimulationResult without = Plain(seed, []).Run(Span).RequireSuccess();
        SimulationResult with = Plain(seed, [checker]).Run(Span).RequireSuccess();
        Assert.Equal(without.TraceHash, with.TraceHash);
        Assert.True(checker.Seen > 100, $"{checker.Seen} calls show little");
    }

    // Goal: a script is as repeatable as a run, and verbs count: leaving one out is another run.
    [Fact]
    public void The_same_script_gives_the_same_run()
    {
        static UInt128 Play(bool crashes)
        {
            SimWorld world = new(seed: 531);
            int leader = world.AwaitLeader();
            world.Commit(leader, "a");
            if (crashes)
            {
                world.Crash(leader);
            }

            world.RunFor(Duration.Seconds(5));
            return world.Result.TraceHash;
        }

        Assert.Equal(Play(true), Play(true));
        Assert.NotEqual(Play(true), Play(false));
    }

    // Goal: another seed is another run.
    [Fact]
    public void Different_seeds_give_different_runs()
    {
        List<UInt128> hashes = [];
        for (ulong seed = 540; seed < 550; seed++)
        {
            hashes.Add(SimWorld.Swarm(seed).Run(Duration.Seconds(2)).TraceHash);
        }

        Assert.Equal(hashes.Count, hashes.Distinct().Count());
    }

    // Goal: a world that runs by itself does so once; a second time would not be the run of its seed.
    [Fact]
    public void A_world_runs_by_itself_only_once()
    {
        SimWorld world = new(seed: 551);
        world.Run(Duration.Seconds(1));
        Assert.Throws<InvalidOperationException>(() => world.Run(Duration.Seconds(1)));
    }

    private static (SimulationResult Result, string Text) Traced(ulong seed)
    {
        using StringWriter text = new();
        SimWorld world = SimWorld.Swarm(seed);
        world.Trace = text;
        return (world.Run(Span).RequireSuccess(), text.ToString());
    }

    private static SimWorld Plain(ulong seed, IReadOnlyList<IChecker> checkers) =>
        new SimWorld(seed, 3, new SimOptions { Checkers = checkers }).WithFaults(FaultPlan.All);

    private sealed class Busybody : IChecker
    {
        public string Name => "busybody";

        public int Seen { get; private set; }

        public void Observe(in ServerObservation observation) => Seen++;

        public void Stopped(int server) => Seen++;

        public void Applied(in AppliedObservation observation) => Seen++;

        public void Replied(in ReplyObservation observation) => Seen++;

        public void Ended(int server, in RaftStatus status, ReplicaLog log) => Seen++;
    }
}
