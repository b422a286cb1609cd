using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>
/// Strikes a world with the faults of a plan. The n-th fault of a kind (when, whom, how hard, how long) follows from the
/// seed, the kind and n alone, so that leaving one out leaves the others as they were.
/// </summary>
internal sealed class FaultInjector(SimWorld world, FaultPlan plan)
{
    private readonly Draw _draw = Draw.Of(world.Seed, Concern.Fault);
    private readonly ulong[] _counts = new ulong[FaultCounts.Kinds.Length];
    private readonly FaultBudget _budget = new(world);
    private (FaultKind Kind, int Number) _split;
    private bool _isStopped;

    public void Begin()
    {
        Draw swarm = Draw.Of(world.Seed, Concern.Swarm);
        foreach (FaultKind kind in plan.Kinds)
        {
            if (plan.IsSwarm && swarm.At((int)kind).PerMille(1, 250))
            {
                continue;
            }

            if (MeanGap(kind) > Duration.Zero)
            {
                ScheduleNext(kind);
            }
            else
            {
                world.Network.Options = Worsen(world.Network.Options, kind, swarm.At((int)kind).Below(2, 4));
            }
        }
    }

    /// <summary>Nothing new strikes from now on, and nothing ends by itself.</summary>
    public void Stop() => _isStopped = true;

    public void Strike(FaultKind kind)
    {
        if (_isStopped)
        {
            return;
        }

        int number = checked((int)_counts[(int)kind]);
        Carry(kind, number, _draw.At((int)kind).At(number));
        ScheduleNext(kind);
    }

    public void End(FaultKind kind, int server, int number)
    {
        if (_isStopped)
        {
            return;
        }

        switch (kind)
        {
            case FaultKind.Partition or FaultKind.Isolate when (kind, number) == _split:
                world.Rejoin();
                break;
            case FaultKind.OneWay:
                world.Unblock(server, TargetOf(_draw.At((int)kind).At(number), server));
                break;
            case FaultKind.SlowDisk:
                world.SlowDisk(server, 1);
                break;
            case FaultKind.FullDisk:
                world.FillDisk(server, isFull: false);
                break;
            case FaultKind.Crash:
                world.Restart(server);
                break;
        }
    }

    /// <summary>Starts a server again in a while.</summary>
    public void RestartLater(int server) => EndLater(FaultKind.Crash, server, 0, Duration.Seconds(1));

    private void Carry(FaultKind kind, int number, Draw draw)
    {
        int server = draw.Below(2, world.ServerCount);
        Duration span = draw.Around(3, Duration.Seconds(3));
        switch (kind)
        {
            case FaultKind.Partition when world.ServerCount > 1:
                _split = (kind, number);
                world.Partition(SideOf(draw));
                EndLater(kind, server, number, span);
                break;
            case FaultKind.Isolate when world.ServerCount > 1:
                _split = (kind, number);
                world.Isolate(OftenTheLeader(draw, server));
                EndLater(kind, server, number, span);
                break;
            case FaultKind.OneWay when world.ServerCount > 1:
                world.Block(server, TargetOf(draw, server));
                EndLater(kind, server, number, span);
                break;
            case FaultKind.Crash:
                Crash(OftenTheLeader(draw, server), span);
                break;
            case FaultKind.PowerLoss:
                world.LosePower();
                for (int i = 0; i < world.ServerCount; i++)
                {
                    EndLater(FaultKind.Crash, i, number, draw.At(i).Around(3, Duration.Seconds(1)));
                }

                break;
            case FaultKind.Wipe when _budget.MayWipe(server):
                world.Wipe(server);
                EndLater(FaultKind.Crash, server, number, span);
                break;
            case FaultKind.Pause:
                world.Pause(OftenTheLeader(draw, server), draw.Around(3, Duration.Seconds(1)));
                break;
            case FaultKind.SlowDisk:
                world.SlowDisk(server, 2 << draw.Below(4, 10));
                EndLater(kind, server, number, span);
                break;
            case FaultKind.FullDisk:
                server = OftenTheLeader(draw, server);
                world.FillDisk(server, isFull: true);
                EndLater(kind, server, number, span);
                break;
            case FaultKind.Configure when world.IsUp(server):
                Configure(server, draw);
                break;
            case FaultKind.Remove when world.IsUp(server):
                Remove(server, draw);
                break;
            case FaultKind.Transfer when world.IsUp(server):
                Transfer(server, draw);
                break;
        }
    }

    private void Crash(int server, Duration span)
    {
        if (world.IsUp(server))
        {
            world.Crash(server);
            EndLater(FaultKind.Crash, server, 0, span);
        }
    }

    private void Configure(int asked, Draw draw)
    {
        ulong known = world.Node(asked).State.ModifyIndex.Value;
        AutopilotConfig config = new()
        {
            CleanupDeadServers = draw.PerMille(4, 800),
            LastContactThreshold = Duration.Milliseconds(200L << draw.Below(5, 4)),
            MaxTrailingLogs = 100UL << draw.Below(6, 4),
            MinQuorum = draw.Below(7, 4UL),
            ServerStabilizationTime = Duration.Seconds(1L << draw.Below(8, 4)),
        };
        world.Request(asked, new SetAutopilotConfigRequest(config, draw.PerMille(9, 500) ? known : null));
        world.Count(FaultKind.Configure);
    }

    private void Remove(int asked, Draw draw)
    {
        int removed = draw.Below(4, world.ServerCount);
        ServerId id = world.Status(removed).Self;
        if (id.IsNone || !_budget.MayRemove())
        {
            return;
        }

        RemoveServerRequest request = draw.PerMille(5, 500)
            ? new RemoveServerRequest(id.Value, null)
            : new RemoveServerRequest(null, $"s{removed}:4647");
        _budget.Removing(world.Request(asked, request));
        world.Count(FaultKind.Remove);
    }

    private void Transfer(int asked, Draw draw)
    {
        string? target = draw.PerMille(5, 300) ? null : $"s{draw.Below(4, world.ServerCount)}:4647";
        world.Request(asked, new TransferLeadershipRequest(null, target));
        world.Count(FaultKind.Transfer);
    }

    private int OftenTheLeader(Draw draw, int server) => draw.PerMille(10, 500) && world.Leader is int leader ? leader : server;

    private int TargetOf(Draw draw, int from) => (from + 1 + draw.Below(4, world.ServerCount - 1)) % world.ServerCount;

    // A random proper part of the servers.
    private int[] SideOf(Draw draw)
    {
        int size = 1 + draw.Below(4, world.ServerCount - 1);
        int[] servers = [.. Enumerable.Range(0, world.ServerCount)];
        for (ushort i = 0; i < size; i++)
        {
            int other = i + draw.Below((ushort)(16 + i), servers.Length - i);
            (servers[i], servers[other]) = (servers[other], servers[i]);
        }

        return servers[..size];
    }

    private void EndLater(FaultKind kind, int server, int number, Duration span) => world.Timeline.Schedule(
        world.Timeline.Now + span.Nanos, SimEventKind.FaultEnd, server, number, (int)kind);

    private void ScheduleNext(FaultKind kind)
    {
        ulong number = ++_counts[(int)kind];
        int scale = Draw.Of(world.Seed, Concern.Swarm).At((int)kind).Below(3, 4);
        Duration mean = MeanGap(kind) * (1L << scale) / 4;
        Duration gap = _draw.At((int)kind).At(number).Around(1, mean);
        world.Timeline.Schedule(world.Timeline.Now + gap.Nanos, SimEventKind.Fault, 0, 0, (int)kind);
    }

    // Time between two faults of a kind; 0 for those that befall messages or clocks.
    private static Duration MeanGap(FaultKind kind) => kind switch
    {
        FaultKind.Partition or FaultKind.OneWay or FaultKind.Isolate => Duration.Seconds(10),
        FaultKind.Crash or FaultKind.Pause => Duration.Seconds(8),
        FaultKind.PowerLoss => Duration.Seconds(40),
        FaultKind.Wipe or FaultKind.Remove or FaultKind.Transfer => Duration.Seconds(15),
        FaultKind.SlowDisk or FaultKind.FullDisk => Duration.Seconds(10),
        FaultKind.Configure => Duration.Seconds(5),
        _ => Duration.Zero,
    };

    private static LinkOptions Worsen(LinkOptions options, FaultKind kind, int level) => kind switch
    {
        FaultKind.Drop => options with { DropPerMille = 3 << (2 * level) },
        FaultKind.Duplicate => options with { DuplicatePerMille = 5 << (2 * level) },
        FaultKind.Reorder => options with { ReorderPerMille = 10 << (2 * level) },
        FaultKind.Delay => options with { SlowPerMille = 2 << (2 * level) },
        _ => options,
    };
}
