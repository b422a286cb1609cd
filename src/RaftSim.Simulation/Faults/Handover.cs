using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Simulation.Faults;

/// <summary>
/// What operators do about an upgrade in which new servers come beside the old ones: they restart those that are there with the
/// longer list of servers, start the new ones, and in half of all worlds take the old ones away, one by one, when autopilot says
/// that they may go. It belongs to the make-up of a world and is no fault.
/// </summary>
internal sealed class Handover(SimWorld world, FaultInjector injector, Duration duration)
{
    private static readonly Duration _lookEvery = Duration.Seconds(1);

    private readonly Draw _draw = Draw.Of(world.Seed, Concern.Handover);
    private ulong _looks;

    /// <summary>Schedules all of it. Nothing is done when nobody is to come.</summary>
    public void Begin()
    {
        if (world.Options.Newcomers == 0)
        {
            return;
        }

        int founders = world.ServerCount - world.Options.Newcomers;
        Duration start = _draw.Between(1, Duration.Zero, duration / 4);
        Duration step = _draw.Between(2, Duration.Milliseconds(100), Duration.Seconds(1));
        for (int i = 0; i < world.ServerCount; i++)
        {
            int server = i;
            injector.Later(start + (step * i), null, () => Prepare(server, isNew: server >= founders));
        }

        if (_draw.PerMille(3, 500))
        {
            injector.Later(start + (step * world.ServerCount), null, Look);
        }
    }

    private void Prepare(int server, bool isNew)
    {
        if (isNew)
        {
            world.Admit(server);
        }
        else if (world.Relist(server))
        {
            injector.RestartLater(server, Duration.Milliseconds(100));
        }
    }

    private void Look()
    {
        Draw draw = _draw.At(++_looks);
        if (world.Leader is int leader
            && world.Node(leader).AutopilotState?.Upgrade is { Status: UpgradeStatus.AwaitServerRemoval } info
            && FirstToGo(info) is int old)
        {
            ServerId id = world.Status(old).Self;
            world.Retire(old);
            if (draw.PerMille(1, 500) && world.IsUp(leader))
            {
                world.Request(leader, new RemoveServerRequest(id.Value, null));
            }
        }

        injector.Later(_lookEvery, null, Look);
    }

    private int? FirstToGo(UpgradeInfo info)
    {
        foreach (ServerId id in info.Other.NonVoters.Concat(info.Other.ReadReplicas))
        {
            for (int server = 0; server < world.ServerCount; server++)
            {
                if (world.IsHere(server) && world.Status(server).Self == id && MayGo(id))
                {
                    return server;
                }
            }
        }

        return null;
    }

    // What a leader that was deposed says may be out of date: who is taken away has no vote in any configuration that is, or
    // may be, in force.
    private bool MayGo(ServerId id)
    {
        LogIndex newest = LogIndex.Zero;
        foreach (SimServer server in world.Servers)
        {
            newest = server.Status.ConfigurationIndex > newest ? server.Status.ConfigurationIndex : newest;
        }

        foreach (SimServer server in world.Servers)
        {
            if (server.Status.ConfigurationIndex == newest && server.Status.Configuration.IsVoter(id))
            {
                return false;
            }
        }

        return newest <= world.Committed;
    }
}
