using System.Buffers;
using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Worlds with a defect planted in them: it is found, named, and told with how to see it again.</summary>
public sealed class BrokenWorldTests
{
    private static readonly Duration Span = Duration.Seconds(20);

    // Goal: a state machine that is not deterministic is found, and the result says who, what, when and how to replay.
    [Fact]
    public void A_state_machine_that_is_not_deterministic_ends_the_run()
    {
        int made = 0;
        SimOptions options = new() { StateMachine = () => new ForgetfulMachine(made++ == 0) };
        SimWorld world = new(seed: 601, servers: 3, options);
        SimulationResult result = world.Run(Span);
        Violation violation = Assert.IsType<Violation>(result.Violation);
        Assert.Equal("state-machine-safety", violation.Checker);
        Assert.Contains("another answer", violation.Explanation, StringComparison.Ordinal);
        Assert.Equal(result.Elapsed, violation.Time);
        Assert.True(result.Elapsed < Span);
        Assert.Contains("601", result.ReplayCommand, StringComparison.Ordinal);
        string text = result.ToString();
        Assert.Contains($"FAILED after {violation.Time}: state-machine-safety", text, StringComparison.Ordinal);
        Assert.Contains($"replay: {result.ReplayCommand}", text, StringComparison.Ordinal);

        SimulationFailedException failure = Assert.Throws<SimulationFailedException>(result.RequireSuccess);
        Assert.StartsWith("seed 601: ", failure.Message, StringComparison.Ordinal);
        Assert.Same(result, failure.Result);
    }

    // Goal: a state machine that throws is a defect like any other: it ends the run and is told with the seed.
    [Fact]
    public void A_state_machine_that_throws_ends_the_run()
    {
        SimWorld world = new(seed: 602, servers: 3, new SimOptions { StateMachine = () => new ThrowingMachine() });
        Violation violation = Assert.IsType<Violation>(world.Run(Span).Violation);
        Assert.Equal("no-exceptions", violation.Checker);
        Assert.Contains("out of ink", violation.Explanation, StringComparison.Ordinal);
    }

    // Goal: a checker of the user's own ends the run at the moment it objects, and is named.
    [Fact]
    public void A_checker_of_the_user_ends_the_run_and_is_named()
    {
        SimWorld world = new(seed: 603, servers: 3, new SimOptions { Checkers = [new Impatient(10)] });
        SimulationResult result = world.Run(Span);
        Assert.Equal("impatience", result.Violation!.Checker);
        Assert.Equal("10 answers are enough", result.Violation.Explanation);
        Assert.Equal(10, result.Answered);
    }

    // Goal: a checker that has a defect of its own is named, and no server is blamed for it, wherever it was called from: in the
    // middle of a server's step, of its state machine's, or between them.
    [Theory]
    [InlineData("answer")]
    [InlineData("message")]
    [InlineData("command")]
    [InlineData("observation")]
    public void A_checker_that_throws_is_named_and_no_server(string at)
    {
        SimWorld world = new(seed: 609, servers: 3, new SimOptions { Checkers = [new Clumsy(at)] });
        Violation violation = Assert.IsType<Violation>(world.Run(Span).Violation);
        Assert.Equal("clumsiness", violation.Checker);
        Assert.Contains($"divided by zero at an {at}", violation.Explanation, StringComparison.Ordinal);
    }

    // Goal: failures by chance end with all other faults: with disks that fail often and stall, a world recovers at the end of
    // each of these runs, and would not if its disks went on like that.
    [Fact]
    public void Failures_by_chance_end_with_all_other_faults()
    {
        SimDiskOptions bad = new() { FailuresPerMillion = 50_000, SyncFailuresPerMillion = 50_000, StallsPerMillion = 50_000 };
        for (ulong seed = 610; seed < 615; seed++)
        {
            SimWorld world = new(seed, servers: 3, new SimOptions { Disk = bad });
            SimulationResult result = world.Run(Span).RequireSuccess();
            Assert.True(result.Faults[FaultKind.FailedSync] > 0 && result.Faults[FaultKind.FailedIo] > 0);
        }
    }

    // Goal: a leader that does not take every server for alive is seen, though nothing else is amiss: all vote and are up to
    // date, but are taken for dead after a nanosecond of silence.
    [Fact]
    public void A_leader_that_takes_servers_for_dead_is_seen()
    {
        SimWorld world = new(seed: 616, servers: 5, new SimOptions
        {
            Configure = (_, options) => options with
            {
                FailureTimeout = new Duration(1),
                InitialAutopilot = options.InitialAutopilot with { CleanupDeadServers = false },
            },
        });
        Violation violation = Assert.IsType<Violation>(world.Run(Span).Violation);
        Assert.Equal("liveness", violation.Checker);
        Assert.Contains("does not take every server for alive", violation.Explanation, StringComparison.Ordinal);
    }

    // Goal: the same in a script, which ends with an exception; the world is not to be used any further.
    [Fact]
    public void A_script_ends_with_the_violation_and_goes_no_further()
    {
        SimWorld world = new(seed: 604, servers: 3, new SimOptions { Checkers = [new Impatient(1)] });
        int leader = world.AwaitLeader();
        world.Begin(leader, "once");
        SimulationFailedException failure =
            Assert.Throws<SimulationFailedException>(() => world.RunFor(Duration.Seconds(1)));
        Assert.Equal("impatience", failure.Result!.Violation!.Checker);
        Duration stopped = world.Now;
        Assert.Throws<SimulationFailedException>(() => world.RunFor(Duration.Seconds(1)));
        Assert.Throws<SimulationFailedException>(() => world.RunUntil(() => true, Duration.Seconds(1)));
        Assert.Equal(stopped, world.Now);
    }

    // Goal: a world that cannot recover fails its liveness check, with the state of every server.
    [Fact]
    public void A_world_that_does_not_recover_is_told_with_the_state_of_every_server()
    {
        SimWorld world = SimWorld.Swarm(605, 3, FaultPlan.None);
        world.Network.Options = LinkOptions.Calm with { DropPerMille = 1_000 };
        world.RunFor(Duration.Seconds(5));
        SimulationFailedException failure = Assert.Throws<SimulationFailedException>(() => new Liveness(world).Check());
        Assert.Equal("liveness", failure.Result!.Violation!.Checker);
        Assert.Contains("no leader", failure.Message, StringComparison.Ordinal);
        Assert.Contains("s2 Follower term 0", failure.Message, StringComparison.Ordinal);
    }

    // Goal: a server whose settings, or whose cluster time, differ from those of others that know the same is seen.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_with_another_state_is_seen(bool isSettings)
    {
        SimWorld world = new(seed: 608);
        world.AwaitLeader();
        world.AwaitTally(0);
        world.RunFor(Duration.Seconds(5));
        world.RequireLogs();
        CommandId nobody = default;
        if (isSettings)
        {
            world.Node(1).State.Apply(
                new SetAutopilotCommand(AutopilotConfig.Default, null) { Id = nobody, Time = default }, new LogIndex(9));
        }
        else
        {
            SessionUse use = new(SessionVerb.Keep, default, default, Duration.Seconds(1));
            world.Node(1).State.Apply(new SessionCommand(use, default) { Id = nobody, Time = default });
        }

        SimulationFailedException failure = Assert.Throws<SimulationFailedException>(world.RequireLogs);
        Assert.Equal("same-state", failure.Result!.Violation!.Checker);
    }

    // Goal: the replay command is one only where it repeats the run: a world made from its seed alone, left to itself.
    [Fact]
    public void The_replay_command_is_given_where_it_repeats_the_run()
    {
        SimulationResult swarm = SimWorld.Swarm(606, faults: FaultPlan.Of(FaultKind.Crash)).Run(Duration.Seconds(2));
        string options = $"--seed 606 --servers {swarm.Servers} --duration 2s --faults crash";
        Assert.Equal($"dotnet run --project src/RaftSim.Cli -- simulate {options}", swarm.ReplayCommand);
        Assert.Equal(
            swarm.TraceHash,
            SimWorld.Swarm(606, swarm.Servers, FaultPlan.Of(FaultKind.Crash)).Run(Duration.Seconds(2)).TraceHash);

        const string Own = "the same program again, with new SimWorld(607, 3, ...)";
        Assert.Equal(Own, new SimWorld(seed: 607).Run(Duration.Seconds(2)).ReplayCommand);
        SimWorld script = SimWorld.Swarm(607, 3);
        script.RunFor(Duration.Seconds(2));
        Assert.Equal(Own, script.Result.ReplayCommand);
    }

    private sealed class ThrowingMachine : IStateMachine
    {
        public void Apply(in AppliedEntry entry, IBufferWriter<byte> result) =>
            throw new InvalidOperationException("out of ink");
    }

    private sealed class Impatient(int enough) : IChecker
    {
        private int _answers;

        public string Name => "impatience";

        public void Replied(in ReplyObservation observation)
        {
            if (++_answers == enough)
            {
                throw new ViolationException(Name, $"{enough} answers are enough");
            }
        }
    }

    private sealed class Clumsy(string at) : IChecker
    {
        public string Name => "clumsiness";

        public void Observe(in ServerObservation observation) => Throw("observation");

        public void Sent(int server, in Envelope envelope) => Throw("message");

        public void Applied(in AppliedObservation observation) => Throw("command");

        public void Replied(in ReplyObservation observation) => Throw("answer");

        private void Throw(string now)
        {
            if (now == at)
            {
                throw new DivideByZeroException($"divided by zero at an {at}");
            }
        }
    }
}
