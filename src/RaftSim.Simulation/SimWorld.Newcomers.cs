using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Recording;

namespace RaftSim.Simulation;

// Servers that come later, old ones that are taken away for good, and what all of them are.
public sealed partial class SimWorld
{
    private readonly ListedPeer[] _peers;
    private readonly int _fewestVoters;
    private Duration? _planned;

    /// <summary>Whether servers have zones or other tags, or some come later.</summary>
    internal bool IsShaped => Options.Newcomers > 0 || Array.Exists(_servers, server => server.Options.Meta.Count > 0);

    /// <summary>The kinds of fault that find something to strike here.</summary>
    private IReadOnlyList<FaultKind> AskedKinds => IsShaped || !_plan.IsSwarm
        ? _plan.KindsOf(Seed)
        : [.. _plan.KindsOf(Seed).Where(kind => !FaultPlan.IsAboutPolicy(kind))];

    /// <summary>To how few voters the autopilot may come by zones and upgrades.</summary>
    internal int FewestVoters => _fewestVoters;

    /// <summary>Whether a server is part of the world, up or down: one that comes later or is gone for good is not.</summary>
    internal bool IsHere(int server) => _servers[server].Presence == Presence.Here;

    /// <summary>The zone that a server is tagged with; empty for none.</summary>
    internal string ZoneTagOf(int server) => _servers[server].Options.Meta.GetValueOrDefault(ServerTraits.ZoneTag, "");

    /// <summary>What a server is, whatever the others have heard.</summary>
    internal TrueServer WhatIs(int server) => new(server, _servers[server].Options.Version, _servers[server].Options.Meta);

    /// <summary>
    /// Chooses for how long a run the seed plans when newcomers come and faults are due, so that a shorter <see cref="Run"/> is
    /// the same up to its end. Above 0 and at most <see cref="DurationMax"/>; default: for that run.
    /// </summary>
    public SimWorld WithPlanned(Duration length)
    {
        Rule.RequireLength(length, nameof(length));
        _planned = length;
        return this;
    }

    /// <summary>
    /// Lets all newcomers in: every server that is there starts again with the longer list of servers, and the newcomers start.
    /// Does nothing when there are none.
    /// </summary>
    public void Admit()
    {
        for (int i = 0; i < ServerCount; i++)
        {
            if (Relist(i))
            {
                Restart(i);
            }
        }

        for (int i = 0; i < ServerCount; i++)
        {
            Admit(i);
        }
    }

    /// <summary>A newcomer starts. Who does not list it does not let it in.</summary>
    internal void Admit(int server)
    {
        if (_servers[server].Presence == Presence.Coming)
        {
            _servers[server].Presence = Presence.Here;
            Restart(server);
        }
    }

    /// <summary>A server is to know the newcomers from its next start on; true when it was killed for that.</summary>
    internal bool Relist(int server)
    {
        SimServer listing = _servers[server];
        if (listing.Options.Peers.Count == _peers.Length)
        {
            return false;
        }

        listing.Options = listing.Options with { Peers = _peers };
        bool isUp = listing.IsUp;
        Kill(server);
        return isUp;
    }

    /// <summary>Takes a server away for good.</summary>
    internal void Retire(int server)
    {
        Kill(server);
        _servers[server].Presence = Presence.Gone;
        Record?.Became(server, LaneState.Gone);
        Say(_servers[server], "is taken away for good");
    }

    // Operators bring to its end what they have begun.
    private void FinishHandover()
    {
        foreach (SimServer server in _servers)
        {
            Relist(server.Number);
            server.Presence = server.Presence == Presence.Coming ? Presence.Here : server.Presence;
        }
    }

    private int CountFewestVoters()
    {
        if (!IsShaped)
        {
            return int.MaxValue;
        }

        SortedSet<string> zones = new(StringComparer.Ordinal);
        int alone = 0;
        foreach (SimServer server in _servers)
        {
            if (server.Options.Meta.TryGetValue(ServerTraits.ZoneTag, out string? zone))
            {
                zones.Add(zone);
            }
            else
            {
                alone++;
            }
        }

        int newcomers = Options.Newcomers == 0 ? ServerCount : Math.Min(ServerCount - Options.Newcomers, Options.Newcomers);
        return zones.Count == 0 ? newcomers : Math.Min(newcomers, zones.Count + (alone > 0 ? 1 : 0));
    }

    private string DescribeShape()
    {
        if (!IsShaped)
        {
            return "no zones";
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        List<string> servers = [];
        foreach (SimServer server in _servers)
        {
            TrueServer one = WhatIs(server.Number);
            string zone = server.Options.Meta.GetValueOrDefault(ServerTraits.ZoneTag, "no zone");
            string version = one.VersionBy(server.Options.InitialAutopilot).Text;
            string replica = one.IsReplica ? " replica" : "";
            string comes = server.Number < ServerCount - Options.Newcomers ? "" : " later";
            servers.Add(string.Create(culture, $"s{server.Number} {zone} {version}{replica}{comes}"));
        }

        return string.Join("; ", servers);
    }
}
