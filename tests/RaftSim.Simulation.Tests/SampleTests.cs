using System.Buffers;
using System.Buffers.Binary;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests;

/// <summary>How to use the simulator: from a first useful run to a state machine and a promise of one's own.</summary>
public sealed class SampleTests
{
    // Goal: a first useful simulation is a few lines: everything goes wrong for a minute, and nothing is lost.
    [Fact]
    public void One_line_runs_a_cluster_through_every_fault() =>
        new SimWorld(seed: 42, servers: 5).WithFaults(FaultPlan.All).Run(Duration.Seconds(60)).RequireSuccess();

    // Goal: a first script: what was acknowledged survives a crash of the leader.
    [Fact]
    public void A_first_script()
    {
        SimWorld world = new(seed: 42);
        world.RunUntil(() => world.Leader is not null, limit: Duration.Seconds(10));
        int leader = world.Leader!.Value;
        SimRequest write = world.Propose(leader, "hello"u8.ToArray());
        world.RunUntil(() => write.IsOver, limit: Duration.Seconds(1));
        world.Crash(leader);
        world.RunFor(Duration.Seconds(10));
        Assert.NotEqual(leader, world.Leader);
        Assert.Equal(1UL, ((TallyMachine)world.StateMachine(world.Leader!.Value)).Count);
    }

    // Goal: your own state machine, with your own promise about it, under your own work.
    [Fact]
    public void A_state_machine_and_a_promise_of_ones_own()
    {
        MoneyIsKept promise = new();
        SimOptions options = new() { StateMachine = () => new Bank(), Checkers = [promise] };
        SimWorld world = new SimWorld(seed: 7, servers: 3, options)
            .WithFaults(FaultPlan.Of(FaultKind.Crash, FaultKind.Partition, FaultKind.Drop))
            .WithWorkload(new Workload { Gap = Duration.Milliseconds(20), ReadsPerMille = 0 });
        world.Run(Duration.Seconds(30)).RequireSuccess();
        Assert.True(promise.Transfers > 100, $"{promise.Transfers} transfers show little");
    }

    // Goal: the same in many worlds, each of another make-up: options of your own go on top of what the seed draws.
    [Fact]
    public void A_state_machine_and_a_promise_of_ones_own_in_many_worlds()
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            MoneyIsKept promise = new();
            new SimScenario { Seed = seed, IsSwarm = true, Faults = FaultPlan.All, Duration = Duration.Seconds(20) }
                .Run(adjust: options => options with { StateMachine = () => new Bank(), Checkers = [promise] })
                .RequireSuccess();
            Assert.True(promise.Transfers > 0, $"seed {seed} shows nothing");
        }
    }

    // Each command moves money from one account to another. Nothing but its state and the entry decides what it does.
    private sealed class Bank : IStateMachine
    {
        public const long Money = 1_000;

        private readonly long[] _accounts = [Money, 0, 0, 0];

        public void Apply(in AppliedEntry entry, IBufferWriter<byte> result)
        {
            ReadOnlySpan<byte> command = entry.Payload.Span;
            ref long from = ref _accounts[command[0] % 4];
            ref long to = ref _accounts[command[1] % 4];
            long amount = Math.Min(from, command[2]);
            from -= amount;
            to += amount;
            BinaryPrimitives.WriteInt64LittleEndian(result.GetSpan(sizeof(long)), _accounts.Sum());
            result.Advance(sizeof(long));
        }
    }

    // A checker watches and changes nothing. Besides what is applied it may look at Raft itself, requests and answers.
    private sealed class MoneyIsKept : IChecker
    {
        public string Name => "money-is-kept";

        public int Transfers { get; private set; }

        public void Applied(in AppliedObservation observation)
        {
            Transfers++;
            long money = BinaryPrimitives.ReadInt64LittleEndian(observation.Result.Span);
            if (money != Bank.Money)
            {
                throw new ViolationException(
                    Name, $"server {observation.Server} has {money} after index {observation.Entry.Index}");
            }
        }
    }
}
