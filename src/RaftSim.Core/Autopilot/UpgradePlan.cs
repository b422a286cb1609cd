using System.Globalization;

namespace RaftSim.Autopilot;

/// <summary>
/// How far the migration to the newest version is, and whose votes it is about. Rules: docs/AUTOPILOT.md, "Upgrade migration".
/// </summary>
internal sealed class UpgradePlan
{
    private readonly PolicyView _view;
    private readonly PolicyServer[] _targets;
    private readonly PolicyServer[] _others;
    private readonly string _lack = "";

    public UpgradePlan(PolicyView view)
    {
        _view = view;
        _targets = [.. view.Eligible.Where(static server => server.IsTarget)];
        _others = [.. view.Eligible.Where(static server => !server.IsTarget)];
        bool isIdle = view.Servers.All(static server => server.IsTarget);
        if (view.Config.DisableUpgradeMigration || isIdle)
        {
            Goal = VoterGoal.Of(view.Eligible, view.Config);
            Status = view.Config.DisableUpgradeMigration ? UpgradeStatus.Disabled : UpgradeStatus.Idle;
            return;
        }

        _lack = WhatLacks();
        PolicyServer[] pool = [.. _lack.Length > 0 ? OldSide() : NewSide()];
        int outside = ZonesOf(view.Eligible).Except(ZonesOf(pool), StringComparer.Ordinal).Count();
        Goal = VoterGoal.Of(pool, view.Config, outside);
        Status = StatusOf();
    }

    public UpgradeStatus Status { get; }

    /// <summary>Who should vote of those that may at this point.</summary>
    public VoterGoal Goal { get; }

    /// <summary>Older servers whose vote is to go now: none while the newer ones could not do without them.</summary>
    public IEnumerable<WantedChange> Leaving => Status is UpgradeStatus.Demoting && HasMajorityOfTargets
        ? Left.Select(server => new WantedChange(server, $"it runs {server.Version}, and the cluster moves to {_view.Target}"))
        : [];

    /// <summary>Newer servers that wait for a vote, older ones that keep theirs, and for what.</summary>
    public IEnumerable<AutopilotRefusal> Waiting => Status switch
    {
        UpgradeStatus.AwaitNewVoters => _targets.Where(static server => server.IsCandidate).Select(server =>
            new AutopilotRefusal(server.Id, $"did not promote {server.Name}: it runs {server.Version}, and {_lack}")),
        UpgradeStatus.Demoting when !HasMajorityOfTargets => Left.Select(server => new AutopilotRefusal(
            server.Id, $"did not demote {server.Name}: of the voters that run {_view.Target} no majority is healthy")),
        _ => [],
    };

    /// <summary>What is told of it.</summary>
    public UpgradeInfo Info => new()
    {
        Status = Status,
        TargetVersion = _view.Target?.Text ?? "",
        Target = SideOf(_view.Servers.Where(static server => server.IsTarget)),
        Other = SideOf(_view.Servers.Where(static server => !server.IsTarget)),
        Zones =
        [
            .. PolicyView.ByZone(_view.Eligible).Select(static zone => new UpgradeZone(
                zone.Key,
                SideOf(zone.Where(static server => server.IsTarget)),
                SideOf(zone.Where(static server => !server.IsTarget)))),
        ],
    };

    private IEnumerable<PolicyServer> Left => _others.Where(static server => server.Votes && !server.IsLeader);

    private bool HasMajorityOfTargets
    {
        get
        {
            int voters = _targets.Count(static server => server.Votes);
            return _targets.Count(static server => server.Votes && server.IsHealthy) >= AutopilotEngine.Quorum(voters);
        }
    }

    // Why the newer servers do not take over yet; empty when they may.
    private string WhatLacks()
    {
        int ready = _targets.Count(IsReady);
        int oldVoters = _others.Count(static server => server.Votes);
        if (ready < oldVoters && _targets.Count(static server => server.Votes) < oldVoters)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"there are {ready} of {oldVoters} servers that it takes to replace those of other versions");
        }

        var zones = new SortedSet<string>(_targets.Where(IsReady).Select(static server => server.Zone), StringComparer.Ordinal);
        foreach (PolicyServer old in _others)
        {
            if (old.Votes && old.Zone.Length > 0 && !zones.Contains(old.Zone))
            {
                return $"zone {old.Zone} has no server of it to replace {old.Name}";
            }
        }

        return "";
    }

    // While newer servers are too few, those that vote already count with the older ones.
    private IEnumerable<PolicyServer> OldSide() => _view.Eligible.Where(static server => !server.IsTarget || server.Votes);

    // A zone whose newer servers are gone is not to be without a vote while it has an older one.
    private IEnumerable<PolicyServer> NewSide()
    {
        SortedSet<string> served = new(
            _targets.Where(static server => server.IsHealthy).Select(static server => server.Zone), StringComparer.Ordinal);
        return _view.Eligible.Where(server => server.IsTarget || (server.Zone.Length > 0 && !served.Contains(server.Zone)));
    }

    private static IEnumerable<string> ZonesOf(IEnumerable<PolicyServer> servers) =>
        PolicyView.ByZone(servers).Select(static zone => zone.Key);

    private static bool IsReady(PolicyServer server) => server.Votes ? server.IsHealthy : server.IsCandidate;

    private UpgradeStatus StatusOf()
    {
        if (_lack.Length > 0)
        {
            return UpgradeStatus.AwaitNewVoters;
        }

        if (Goal.Promote.Count > 0)
        {
            return UpgradeStatus.Promoting;
        }

        // Dead voters that MinQuorum protects stay, whoever leads.
        bool areKept = (ulong)Math.Max(0, _view.Servers.Count(static server => server.Votes) - 1) < _view.Config.MinQuorum;
        if (_view.Leader is { IsTarget: false, IsReplica: false } && Left.All(server => areKept && !server.IsHealthy))
        {
            return UpgradeStatus.LeaderTransfer;
        }

        if (Array.Exists(_others, static server => server.Votes))
        {
            return UpgradeStatus.Demoting;
        }

        return AreFewer() ? UpgradeStatus.AwaitNewServers : UpgradeStatus.AwaitServerRemoval;
    }

    // Who is not there is not enough to do without an older one.
    private bool AreFewer()
    {
        int replicas = _view.Servers.Count(static server => server.IsReplica && server.IsTarget && server.IsHealthy);
        int oldReplicas = _view.Servers.Count(static server => server.IsReplica && !server.IsTarget);
        if (replicas < oldReplicas)
        {
            return true;
        }

        return !_view.Config.EnableRedundancyZones
            ? _targets.Count(IsReady) < _others.Length
            : _others.GroupBy(static server => server.Zone, StringComparer.Ordinal).Any(zone => zone.Count() > _targets.Count(
                server => IsReady(server) && string.Equals(server.Zone, zone.Key, StringComparison.Ordinal)));
    }

    private static UpgradeSide SideOf(IEnumerable<PolicyServer> servers)
    {
        var voters = new List<ServerId>();
        var nonVoters = new List<ServerId>();
        var replicas = new List<ServerId>();
        foreach (PolicyServer server in servers)
        {
            List<ServerId> able = server.Votes ? voters : nonVoters;
            (server.IsReplica ? replicas : able).Add(server.Id);
        }

        return new(voters, nonVoters, replicas);
    }
}
