namespace RaftSim.Autopilot;

/// <summary>A server whose vote is to change, and why.</summary>
internal readonly record struct WantedChange(PolicyServer Server, string Reason);

/// <summary>Who of a group of servers should vote. Rules a to e of docs/AUTOPILOT.md, "Redundancy zones".</summary>
internal sealed class VoterGoal
{
    private readonly SortedSet<ServerId> _extra = [];

    // Asked for only when a healthy server is to lose its vote, while states are computed all the time.
    private Lazy<(PolicyServer? ToCome, int Tolerance)>? _later;

    /// <summary>To be given a vote, in this order. An empty reason: because it is stable.</summary>
    public List<WantedChange> Promote { get; } = [];

    /// <summary>
    /// One that is healthy and will be given a vote as soon as it is stable; <see langword="null"/> for none. Until then those
    /// whose votes are to go may be missed.
    /// </summary>
    public PolicyServer? ToCome => _later?.Value.ToCome;

    /// <summary>What the cluster can lose when all of that is done and everybody who is healthy has become stable.</summary>
    public int Tolerance => _later?.Value.Tolerance ?? 0;

    /// <summary>To lose it, in this order: the dead first.</summary>
    public List<WantedChange> Demote { get; } = [];

    /// <summary>Whether a server votes, or is to, in place of a zone that is lost.</summary>
    public bool IsExtra(ServerId server) => _extra.Contains(server);

    /// <summary>Who should vote among <paramref name="pool"/>, which is in the order of voters and has no replicas.</summary>
    /// <param name="pool">Those who may.</param>
    /// <param name="config">The settings.</param>
    /// <param name="zonesOutside">How many zones have servers, but none of the pool and none that is to keep a vote.</param>
    public static VoterGoal Of(IEnumerable<PolicyServer> pool, AutopilotConfig config, int zonesOutside = 0)
    {
        PolicyServer[] servers = [.. pool];
        VoterGoal goal = Plan(servers, config, zonesOutside);
        if (Array.Exists(servers, IsYetToCome))
        {
            goal._later = new(() => Later(servers, config, zonesOutside));
        }

        return goal;
    }

    private static bool IsYetToCome(PolicyServer server) =>
        server is { Votes: false, IsHealthy: true, IsStable: false, IsKnown: true };

    private static (PolicyServer? ToCome, int Tolerance) Later(PolicyServer[] pool, AutopilotConfig config, int zonesOutside)
    {
        PolicyServer[] later = [.. pool.Select(static server => server with { IsStable = server.IsHealthy })];
        VoterGoal plan = Plan(later, config, zonesOutside);
        SortedSet<ServerId> coming = [.. plan.Promote.Select(static change => change.Server.Id)];
        PolicyServer? first = Array.Find(pool, server => IsYetToCome(server) && coming.Contains(server.Id));
        return (first, plan.ToleranceOf(later));
    }

    private static VoterGoal Plan(PolicyServer[] pool, AutopilotConfig config, int zonesOutside)
    {
        VoterGoal goal = new();
        if (config.EnableRedundancyZones)
        {
            goal.PlanZones(pool, config.CleanupDeadServers, zonesOutside);
        }
        else
        {
            goal.PromoteAll(pool);
        }

        return goal;
    }

    private int ToleranceOf(PolicyServer[] pool)
    {
        SortedSet<ServerId> leaving = [.. Demote.Select(static change => change.Server.Id)];
        PolicyServer[] voters =
        [
            .. pool.Where(server => server.Votes && !leaving.Contains(server.Id)),
            .. Promote.Select(static change => change.Server),
        ];
        return AutopilotEngine.FailureTolerance(voters.Length, voters.Count(static server => server.IsHealthy));
    }

    private void PromoteAll(IEnumerable<PolicyServer> pool)
    {
        // In order of id, as the original does.
        Promote.AddRange(pool
            .Where(static server => server.IsCandidate)
            .OrderBy(static server => server.Id)
            .Select(static server => new WantedChange(server, "")));
    }

    private void PlanZones(IReadOnlyList<PolicyServer> pool, bool areCleanedUp, int zonesOutside)
    {
        // Who has no zone is a zone of its own, and nobody stands in for it.
        PromoteAll(pool.Where(static server => server.Zone.Length == 0));
        ZonePlan[] zones = [.. PolicyView.ByZone(pool).Select(static zone => new ZonePlan(zone.Key, [.. zone]))];
        foreach (ZonePlan zone in zones)
        {
            zone.Promote(Promote);
            zone.DemoteDead(Demote, areCleanedUp);
        }

        StandIn(zones, zonesOutside);
    }

    // A zone without a voter needs an extra one elsewhere while it is lost; one that is there already goes only when that zone
    // has a voter again: also when that waits for a server of another version to be upgraded.
    private void StandIn(ZonePlan[] zones, int zonesOutside)
    {
        int toKeep = zones.Count(static zone => zone.HasNoVoter) + zonesOutside;
        int wanted = zones.Count(static zone => zone.IsLost);
        var surplus = new List<PolicyServer>(zones.SelectMany(static zone => zone.Surplus));
        surplus.Sort(static (left, right) => AutopilotEngine.CompareVoters(left.State, right.State));
        for (int i = 0; i < surplus.Count; i++)
        {
            if (i < toKeep)
            {
                _extra.Add(surplus[i].Id);
            }
            else
            {
                Demote.Add(new(surplus[i], $"zone {surplus[i].Zone} has a voter already"));
            }
        }

        for (int missing = wanted - _extra.Count; missing > 0; missing--)
        {
            if (zones.Where(static zone => zone.Standbys.Count > 0).MaxBy(static zone => zone.Standbys.Count) is not { } zone)
            {
                return;
            }

            PolicyServer chosen = zone.Standbys.Dequeue();
            _extra.Add(chosen.Id);
            Promote.Add(new(chosen, "it stands in for a zone that is lost"));
        }
    }
}
