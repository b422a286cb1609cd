using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Shrinking;

namespace RaftSim.Simulation.Tests.Shrinking;

/// <summary>A failing run is reduced to what matters, and what is left fails the same way.</summary>
public sealed class ShrinkerTests
{
    private const ulong Seed = 43;

    private static readonly FaultPlan Plan = FaultPlan.Of(
        FaultKind.Crash, FaultKind.Remove, FaultKind.Pause, FaultKind.Partition, FaultKind.Drop, FaultKind.Burst);

    // Goal: of hundreds of decisions exactly the three are left on which the failure rests.
    [Fact]
    public void A_run_is_reduced_to_exactly_the_decisions_on_which_the_failure_rests()
    {
        ShrunkRun left = Shrink(() => new Grudge());
        Assert.True(left.Before > 1_000, $"{left.Before} decisions are easily reduced");
        Assert.Equal(
            [FaultKind.Crash, FaultKind.Crash, FaultKind.Remove],
            left.Decisions.Select(entry => entry.Decision.Fault).Order());
        Assert.All(left.Decisions, entry => Assert.Equal(DecisionKind.Strike, entry.Decision.Kind));
        Assert.Equal(Grudge.Called, left.Result.Violation!.Checker);
        Assert.Equal(SwarmTraits.All, left.Scenario.Calm);
        Assert.Equal(left.Result.Violation.Time, left.Scenario.Duration);
    }

    // Goal: single requests and single messages are left where they matter, and faults are gone.
    [Fact]
    public void Requests_and_messages_that_matter_are_left()
    {
        // In peace every server is asked for one more.
        ShrunkRun asked = Shrink(() => new Offended(commands: 4 + 3, isTwice: false));
        Assert.Equal(4, asked.Decisions.Count);
        Assert.All(asked.Decisions, entry => Assert.Equal(DecisionKind.Request, entry.Decision.Kind));

        SimScenario lossless = Scenario with { Faults = FaultPlan.Of(FaultKind.Duplicate, FaultKind.Pause) };
        ShrunkRun twice = Assert.IsType<ShrunkRun>(
            new Shrinker(lossless, With(() => new Offended(commands: 1 + 3, isTwice: true))).Shrink());
        Assert.Equal(
            [DecisionKind.Message, DecisionKind.Request],
            twice.Decisions.Select(entry => entry.Decision.Kind).Order());
    }

    // Goal: what is left, written out and read again, fails the same way, event for event; so does the trace of it.
    [Fact]
    public void What_is_left_can_be_written_out_and_read_again()
    {
        ShrunkRun left = Shrink(() => new Grudge());
        SimScenario read = SimScenario.Parse(left.ToScenario());
        Assert.Equal(left.Scenario.ToString(), read.ToString());
        SimulationResult again = read.Run(adjust: With(() => new Grudge()));
        Assert.Equal(left.Result.TraceHash, again.TraceHash);
        Assert.Equal(left.Result.Violation, again.Violation);

        using StringWriter trace = new();
        left.WriteTrace(trace);
        Assert.Contains($" FAILED {Grudge.Called}: ", trace.ToString(), StringComparison.Ordinal);
        Assert.Contains("3 of ", left.ToString(), StringComparison.Ordinal);
    }

    // Goal: what fails only in peace, because a fault was there before, is reduced, too, in decisions and in time.
    [Fact]
    public void What_fails_in_peace_is_reduced_to_a_short_war()
    {
        ShrunkRun left = Shrink(() => new Resentful());
        DecisionEntry only = Assert.Single(left.Decisions);
        Assert.Equal(FaultKind.Crash, only.Decision.Fault);
        Assert.True(left.Scenario.Duration < only.At + Duration.Seconds(2), $"{left.Scenario.Duration} after {only.At}");
        Assert.True(left.Result.Violation!.Time > left.Scenario.Duration);
    }

    // Goal: newcomers come when the seed has it, however short the run becomes: what rests on them is cut off behind the failure,
    // and is read again as the same run.
    [Theory]
    [InlineData(2)]
    [InlineData(20)]
    public void What_rests_on_newcomers_is_reduced_and_they_come_when_they_came(int runsMax)
    {
        SimScenario scenario = new() { Seed = 2, Zones = 3, IsSwarm = true, Faults = FaultPlan.Of(FaultKind.Crash) };
        int founders = scenario.ServerCount - SimWorld.Swarm(2, faults: scenario.Faults, zones: 3).Options.Newcomers;
        ShrunkRun left = Assert.IsType<ShrunkRun>(
            new Shrinker(scenario, With(() => new Latecomer(founders))) { RunsMax = runsMax }.Shrink());
        Assert.Equal("latecomer", left.Result.Violation!.Checker);
        Assert.Equal(left.Result.Violation.Time, left.Scenario.Duration);
        SimScenario read = SimScenario.Parse(left.ToScenario());
        Assert.Equal(left.Scenario.ToString(), read.ToString());
        Assert.Equal(left.Result.TraceHash, read.Run(adjust: With(() => new Latecomer(founders))).TraceHash);
    }

    // Goal: a checker that does not object to the same run again does not end the shrinking: what was seen is told.
    [Fact]
    public void A_failure_that_is_not_seen_again_is_told_as_it_was_seen()
    {
        int runs = 0;
        ShrunkRun left = Assert.IsType<ShrunkRun>(
            new Shrinker(Scenario, options => runs++ == 0 ? With(() => new Grudge())(options) : options).Shrink());
        Assert.Equal(Grudge.Called, left.Result.Violation!.Checker);
        Assert.Null(left.Scenario.Only);
    }

    // Goal: what a script does after the failure goes with the time behind it: what is left can be read again.
    [Fact]
    public void Steps_behind_the_failure_are_left_out()
    {
        SimScenario script = SimScenario.Parse("for 20s\nat 2s expect voters 5\nat 9s heal\n");
        ShrunkRun left = Assert.IsType<ShrunkRun>(new Shrinker(script).Shrink());
        Assert.Equal(left.Scenario.ToString(), SimScenario.Parse(left.ToScenario()).ToString());
        Assert.Equal(Duration.Seconds(2), left.Scenario.Duration);
    }

    // Goal: no more runs than are allowed; what is left by then fails the same way.
    [Fact]
    public void A_shrinking_keeps_to_its_number_of_runs_and_tells_how_far_it_is()
    {
        List<ShrinkProgress> told = [];
        Shrinker shrinker = new(Scenario, With(() => new Grudge()))
        {
            RunsMax = 5,
            Progress = told.Add,
        };
        ShrunkRun left = Assert.IsType<ShrunkRun>(shrinker.Shrink());
        Assert.Equal(Grudge.Called, left.Result.Violation!.Checker);
        Assert.Equal(6, left.Runs);
        Assert.Equal([1, 2, 3, 4, 5, 6], told.Select(progress => progress.Runs));
    }

    // Goal: a shrinking that is cancelled tries no more, and gives what is left by then.
    [Fact]
    public void A_shrinking_that_is_cancelled_gives_what_is_left()
    {
        int runs = 0;
        Shrinker shrinker = new(Scenario, With(() => new Grudge()))
        {
            IsCancelled = () => runs >= 4,
            Progress = progress => runs = progress.Runs,
        };
        ShrunkRun left = Assert.IsType<ShrunkRun>(shrinker.Shrink());
        Assert.Equal(Grudge.Called, left.Result.Violation!.Checker);
        Assert.Equal(5, left.Runs);
        Assert.True(left.IsCut);

        ShrunkRun untried = Assert.IsType<ShrunkRun>(new Shrinker(Scenario, With(() => new Grudge()))
        {
            IsCancelled = () => true,
        }.Shrink());
        Assert.EndsWith("after 2 runs: nothing else was tried", untried.ToString(), StringComparison.Ordinal);
    }

    // Goal: a run that breaks no promise has nothing to be shrunk.
    [Fact]
    public void A_run_that_does_not_fail_is_not_shrunk() => Assert.Null(new Shrinker(Scenario).Shrink());

    // Goal: what fails because nothing happened does not come about by decisions; it is told as it is.
    [Fact]
    public void What_fails_for_lack_of_a_strike_is_left_as_it_is()
    {
        SimScenario never = Scenario with { Servers = 1, Faults = FaultPlan.Of(FaultKind.Bridge) };
        ShrunkRun left = Assert.IsType<ShrunkRun>(new Shrinker(never).Shrink());
        Assert.Equal("never-struck", left.Result.Violation!.Checker);
        Assert.Null(left.Scenario.Only);
    }

    private static SimScenario Scenario { get; } = new()
    {
        Seed = Seed,
        Servers = 3,
        IsSwarm = true,
        Faults = Plan,
        Duration = Duration.Seconds(40),
    };

    private static ShrunkRun Shrink(Func<IChecker> checker) =>
        Assert.IsType<ShrunkRun>(new Shrinker(Scenario, With(checker)).Shrink());

    private static Func<SimOptions, SimOptions> With(Func<IChecker> checker) =>
        options => options with { Checkers = [checker()] };

    // Fails once servers have stopped twice and somebody has asked to remove one.
    private sealed class Grudge : IChecker
    {
        public const string Called = "grudge";

        private int _stopped;
        private bool _isRemoved;

        public string Name => Called;

        public void Stopped(int server)
        {
            _stopped++;
            Judge();
        }

        public void Requested(int server, ServerRequest request)
        {
            _isRemoved |= request is RemoveServerRequest;
            Judge();
        }

        private void Judge()
        {
            if (_stopped >= 2 && _isRemoved)
            {
                throw new ViolationException(Name, "enough");
            }
        }
    }

    // Fails once there were so many commands, and a message that arrived twice, if that is asked for.
    private sealed class Offended(int commands, bool isTwice) : IChecker
    {
        private int _commands;
        private int _sent;
        private int _received;
        private bool _wasTwice = !isTwice;

        public string Name => "offended";

        public void Sent(int server, in Envelope envelope) => _sent++;

        public void Received(int server, in Envelope envelope) => _wasTwice |= ++_received > _sent;

        public void Requested(int server, ServerRequest request)
        {
            // What keeps a leader busy while it hands over is none of these.
            _commands += request is ProposeRequest propose && !propose.Payload.Span.StartsWith("load "u8) ? 1 : 0;
            if (_commands >= commands && _wasTwice)
            {
                throw new ViolationException(Name, "enough");
            }
        }
    }

    // Fails when a server that comes later is seen for the first time, and much is committed by then.
    private sealed class Latecomer(int founders) : IChecker
    {
        private bool _hasCome;
        private LogIndex _committed;

        public string Name => "latecomer";

        public void Observe(in ServerObservation observation)
        {
            bool isNew = observation.Server >= founders;
            if (isNew && !_hasCome && _committed.Value >= 20)
            {
                throw new ViolationException(Name, $"s{observation.Server} is late");
            }

            _hasCome |= isNew;
            _committed = observation.Now.Commit > _committed ? observation.Now.Commit : _committed;
        }
    }

    // Fails at the end of a run in which anybody was stopped and none asked.
    private sealed class Resentful : IChecker
    {
        private int _stopped;

        public string Name => "resentment";

        public void Stopped(int server) => _stopped++;

        public void Ended(int server, in RaftSim.Raft.RaftStatus status, ReplicaLog log)
        {
            if (_stopped > 0)
            {
                throw new ViolationException(Name, "it was not forgotten");
            }
        }
    }
}
