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
        Goal = _lack.Length > 0
            ? VoterGoal.Of(view.Eligible.Where(static server => !server.IsTarget || server.Votes), view.Config)
            : VoterGoal.Of(_targets, view.Config, ZonesOf(_others).Except(ZonesOf(_targets), StringComparer.Ordinal).Count());
        Status = StatusOf();
    }

    public UpgradeStatus Status { get; }

    /// <summary>Who should vote of those that may at this point.</summary>
    public VoterGoal Goal { get; }

    /// <summary>Older servers whose vote is to go now: none while the newer ones could not do without them.</summary>
    public IEnumerable<WantedChange> Leaving => Status is UpgradeStatus.Demoting && HasMajorityOfTargets
        ? _others.Where(static server => server.Votes && !server.IsLeader).Select(server => new WantedChange(
            server, $"it runs {server.Version}, and the cluster moves to {_view.Target}"))
        : [];

    /// <summary>Newer servers that wait, and for what.</summary>
    public IEnumerable<AutopilotRefusal> Waiting => Status != UpgradeStatus.AwaitNewVoters
        ? []
        : _targets.Where(static server => server.IsCandidate).Select(server => new AutopilotRefusal(
            server.Id, $"did not promote {server.Name}: it runs {server.Version}, and {_lack}"));

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

    private static IEnumerable<string> ZonesOf(IEnumerable<PolicyServer> servers) =>
        PolicyView.ByZone(servers).Select(static zone => zone.Key);

    private static bool IsReady(PolicyServer server) => server.Votes ? server.IsHealthy : server.IsCandidate;

    private UpgradeStatus StatusOf()
    {
        if (_lack.Length > 0)
        {
            return UpgradeStatus.AwaitNewVoters;
        }

        if (Goal.Promote.Count > 0 || (Goal.ToCome is not null && _others.Any(static server => server.Votes)))
        {
            return UpgradeStatus.Promoting;
        }

        int oldVoters = _others.Count(static server => server.Votes);
        if (oldVoters == 1 && _view.Leader is { IsTarget: false, IsReplica: false })
        {
            return UpgradeStatus.LeaderTransfer;
        }

        if (oldVoters > 0)
        {
            return UpgradeStatus.Demoting;
        }

        return AreFewer() ? UpgradeStatus.AwaitNewServers : UpgradeStatus.AwaitServerRemoval;
    }

    private bool AreFewer()
    {
        int replicas = _view.Servers.Count(static server => server.IsReplica && server.IsTarget);
        int oldReplicas = _view.Servers.Count(static server => server.IsReplica && !server.IsTarget);
        if (replicas < oldReplicas)
        {
            return true;
        }

        return !_view.Config.EnableRedundancyZones
            ? _targets.Length < _others.Length
            : _others.GroupBy(static server => server.Zone, StringComparer.Ordinal).Any(zone => zone.Count()
                > _targets.Count(server => string.Equals(server.Zone, zone.Key, StringComparison.Ordinal)));
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
