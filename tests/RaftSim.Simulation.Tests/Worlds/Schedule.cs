using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Faults;

namespace RaftSim.Simulation.Tests.Worlds;

internal enum Verb
{
    Run,
    Propose,
    Crash,
    Restart,
    Partition,
    Heal,
    Block,
    Pause,
    Wipe,
    Weather,
    Configure,
    Remove,
}

/// <summary>One step of a schedule. What the numbers mean depends on the verb; every number means something.</summary>
internal readonly record struct Step(Verb Verb, int A, int B)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"new(Verb.{Verb}, {A}, {B})");
}

/// <summary>What is done to a world, step by step; as text it is the C# that does it again.</summary>
internal sealed record Schedule(ulong Seed, int Servers, IReadOnlyList<Step> Steps)
{
    public const string Replay = "dotnet test tests/RaftSim.Simulation.Tests --filter FullyQualifiedName~ScheduleTests";

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"new Schedule({Seed}, {Servers}, [{string.Join(", ", Steps)}]).Play()");

    /// <summary>Does all of it, ends every fault, and requires that the world works again.</summary>
    public SimulationResult Play(SimOptions? options = null)
    {
        SimWorld world = new(Seed, Servers, options);
        FaultBudget budget = new(world, isReckless: false);
        try
        {
            foreach (Step step in Steps)
            {
                Do(world, budget, step);
            }

            world.Settle();
            new Liveness(world).Check();
            world.RequireLogs();
            return world.Result;
        }
        catch (SimulationFailedException failure)
        {
            throw new InvalidOperationException($"{this}\n{failure.Message}\nreplay: {Replay}", failure);
        }
    }

    private void Do(SimWorld world, FaultBudget budget, Step step)
    {
        int server = step.A % Servers;
        switch (step.Verb)
        {
            case Verb.Run:
                // Mostly short, so that faults meet; now and then long enough for an election.
                world.RunFor(Duration.Milliseconds(1 + (step.A * step.A / 400)));
                break;
            case Verb.Propose when world.IsUp(server):
                world.Begin(server, $"{world.Requests.Count}/{step.B}");
                break;
            case Verb.Crash:
                world.Crash(server, (SimDiskCrash)(step.B % ((int)SimDiskCrash.Each + 1)));
                break;
            case Verb.Restart:
                world.Restart(server);
                break;
            case Verb.Partition:
                world.Partition([.. Enumerable.Range(0, Servers).Where(i => ((step.A >> i) & 1) == 1)]);
                break;
            case Verb.Heal:
                world.Heal();
                break;
            case Verb.Block when Servers > 1:
                world.Block(server, (server + 1 + (step.B % (Servers - 1))) % Servers);
                break;
            case Verb.Pause:
                world.Pause(server, Duration.Milliseconds(3 * step.B));
                break;
            case Verb.Wipe when budget.MayLose(server):
                world.Wipe(server);
                break;
            case Verb.Weather:
                world.Network.Options = LinkOptions.Calm with
                {
                    DropPerMille = step.A % 4 * 50,
                    DuplicatePerMille = step.B % 4 * 50,
                    ReorderPerMille = step.A % 3 * 100,
                    SlowPerMille = step.B % 3 * 30,
                };
                break;
            case Verb.Configure when world.IsUp(server):
                Configure(world, server, step.B);
                break;
            case Verb.Remove when world.IsUp(server) && budget.MayRemove():
                budget.Removing(world.Request(server, new RemoveServerRequest(null, $"s{step.B % Servers}:4647")));
                world.Count(FaultKind.Remove);
                break;
        }
    }

    private static void Configure(SimWorld world, int server, int number)
    {
        AutopilotConfig config = AutopilotConfig.Default with
        {
            CleanupDeadServers = number % 4 > 0,
            MinQuorum = (ulong)(number % 4),
            MaxTrailingLogs = (ulong)(10 + number),
            ServerStabilizationTime = Duration.Seconds(1 + (number % 4)),
        };
        ulong known = world.Node(server).State.ModifyIndex.Value;
        world.Request(server, new SetAutopilotConfigRequest(config, number % 2 == 0 ? known : null));
        world.Count(FaultKind.Configure);
    }
}
