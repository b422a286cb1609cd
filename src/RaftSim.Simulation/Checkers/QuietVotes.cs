using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Looks whether the votes of a world at peace are as the policy has it, by what its servers truly are. Old servers that were
/// taken away are removed first, as operators do.
/// </summary>
/// <param name="world">The world; its faults must have ended.</param>
internal sealed class QuietVotes(SimWorld world)
{
    private SimRequest? _removal;
    private (Configuration Configuration, AutopilotConfig Config, (string Name, string Why) Found) _last;

    /// <summary>Whether every server knows all of those that are there, and no others, with the right votes.</summary>
    public bool IsSo()
    {
        if (world.Leader is not int leader || HasGone(leader) || WhyNot().Why.Length > 0)
        {
            return false;
        }

        Configuration configuration = world.Status(leader).Configuration;
        ConfiguredServer[] all =
        [
            .. Servers.Select(server => new ConfiguredServer(
                world.Status(server).Self,
                SimWorld.AddressOf(server),
                world.DiskOf(server),
                configuration.IsVoter(world.Status(server).Self) ? Suffrage.Voter : Suffrage.NonVoter,
                LogIndex.Zero)),
        ];
        return Servers.All(server => world.IsUp(server) && Liveness.Lists(world.Status(server).Configuration, all));
    }

    /// <summary>Which checker objects to what by the leader's configuration; empty texts for none.</summary>
    public (string Name, string Why) WhyNot()
    {
        if (world.Leader is not int leader || world.Node(leader).State.Autopilot is not { } config)
        {
            return (Liveness.Name, "nobody leads");
        }

        Configuration configuration = world.Status(leader).Configuration;
        if (ReferenceEquals(configuration, _last.Configuration) && ReferenceEquals(config, _last.Config))
        {
            return _last.Found;
        }

        _last = (configuration, config, Judge(configuration, config));
        return _last.Found;
    }

    private IEnumerable<int> Servers => Enumerable.Range(0, world.ServerCount).Where(world.IsHere);

    private (string Name, string Why) Judge(Configuration configuration, AutopilotConfig config)
    {
        QuietServer[] servers = [.. Servers.Select(server => new QuietServer(world.Status(server).Self, world.WhatIs(server)))];
        if (configuration.Servers.Length != servers.Length)
        {
            return (Liveness.Name, $"there are {servers.Length} servers, and {configuration.Servers.Length} are listed");
        }

        QuietView view = new(servers, configuration, config);
        return (UpgradeEnds.WhyNot(view), OneVoterPerZone.WhyNot(view)) switch
        {
            ({ Length: > 0 } why, _) => (UpgradeEnds.Name, why),
            (_, { Length: > 0 } why) => (OneVoterPerZone.Name, why),
            _ => ("", ""),
        };
    }

    private bool HasGone(int leader)
    {
        for (int server = 0; server < world.ServerCount; server++)
        {
            ServerId id = world.Status(server).Self;
            if (!world.IsHere(server) && !id.IsNone && world.Status(leader).Configuration.Contains(id))
            {
                if (_removal is not { IsOver: false })
                {
                    _removal = world.Request(leader, new RemoveServerRequest(id.Value, null));
                }

                return true;
            }
        }

        return false;
    }
}
