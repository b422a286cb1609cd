using System.Globalization;

namespace RaftSim.Autopilot;

/// <summary>
/// The whole policy: stable servers are given a vote, read replicas never; with redundancy zones one server of each zone votes
/// and the others stand by; a newer version takes over when there are enough servers of it. Without tags, zones and
/// versions it is the policy of the community editions. Source: Nomad's and Consul's documentation of Autopilot, and
/// docs/AUTOPILOT.md where those are silent.
/// </summary>
public sealed class AutopilotPromoter : IPromoter
{
    /// <inheritdoc/>
    /// <remarks>
    /// A demotion never leaves the cluster with less failure tolerance than the lesser of what it has and what it is to have when
    /// all is done, nor without a healthy majority. The leader is never among them: leadership moves first.
    /// </remarks>
    public PromoterChanges Decide(AutopilotInputs inputs, AutopilotState state)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(state);
        if (inputs.Config is null)
        {
            return PromoterChanges.None;
        }

        PolicyView view = PolicyView.Of(inputs, inputs.Config, state);
        UpgradePlan upgrade = new(view);
        var refusals = new List<AutopilotRefusal>([.. upgrade.Waiting, .. Versions(inputs.Config, state)]);
        var reasons = new List<AutopilotReason>();
        List<PolicyServer> demotions = Demotions(view, upgrade, reasons, refusals);
        ServerId leader = Successor(view, upgrade, demotions, reasons);
        foreach (WantedChange change in upgrade.Goal.Promote)
        {
            if (change.Reason.Length > 0)
            {
                reasons.Add(new(change.Server.Id, change.Reason));
            }
        }

        return new(
            [.. upgrade.Goal.Promote.Select(static change => change.Server.Id)],
            demotions.ConvertAll(static server => server.Id),
            leader)
        {
            Reasons = reasons,
            Refusals = refusals,
        };
    }

    /// <inheritdoc/>
    /// <remarks>Which part a server has in its zone depends on the others: see <see cref="Extend"/>.</remarks>
    public NodeType Classify(AutopilotInputs inputs, AutopilotServerState server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return ServerTraits.IsReadReplica(server.Server) ? NodeType.ReadReplica : NodeType.Voter;
    }

    /// <inheritdoc/>
    public AutopilotState Extend(AutopilotInputs inputs, AutopilotState state)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(state);
        if (inputs.Config is null)
        {
            return state;
        }

        PolicyView view = PolicyView.Of(inputs, inputs.Config, state);
        UpgradePlan upgrade = new(view);
        IReadOnlyList<RedundancyZone> zones = ZonesOf(view);
        return state with
        {
            OptimisticFailureTolerance = state.FailureTolerance + zones.Sum(static zone => zone.FailureTolerance),
            ReadReplicas = [.. view.Servers.Where(static server => server.IsReplica).Select(static server => server.Id)],
            RedundancyZones = zones,
            Upgrade = upgrade.Info,
            Servers = inputs.Config.EnableRedundancyZones ? Typed(state, view, upgrade.Goal) : state.Servers,
        };
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The last server of a zone is spared, dead as it is: that is how the zone stays known, and how long another zone's server
    /// votes in its place. Removing it is for an operator, who knows that the zone is given up.
    /// </remarks>
    public DeadServers FilterRemovals(AutopilotInputs inputs, AutopilotState? state, DeadServers dead)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(dead);
        if (inputs.Config is not { EnableRedundancyZones: true } config || state is null)
        {
            return dead;
        }

        var gone = new SortedSet<ServerId>(
            [.. dead.StaleNonVoters, .. dead.StaleVoters, .. dead.FailedNonVoters, .. dead.FailedVoters]);

        // The best of each zone of which nobody is left; none for others.
        var last = new SortedDictionary<string, AutopilotServerState?>(StringComparer.Ordinal);
        foreach (AutopilotServerState server in state.Servers)
        {
            string zone = ServerTraits.ZoneOf(server.Server, config);
            if (zone.Length > 0 && !ServerTraits.IsReadReplica(server.Server))
            {
                AutopilotServerState? best = last.GetValueOrDefault(zone, server);
                best = best is not null && AutopilotEngine.CompareVoters(server, best) < 0 ? server : best;
                last[zone] = gone.Contains(server.Server.Id) ? best : null;
            }
        }

        AutopilotReason[] spared =
        [
            .. last.Where(static zone => zone.Value is not null).Select(static zone => new AutopilotReason(
                zone.Value!.Server.Id, $"it is the last of zone {zone.Key}, which is to stay known")),
        ];
        gone.ExceptWith(spared.Select(static reason => reason.Server));
        return new(Left(dead.StaleNonVoters), Left(dead.StaleVoters), Left(dead.FailedNonVoters), Left(dead.FailedVoters))
        {
            Spared = spared,
        };

        IReadOnlyList<ServerId> Left(IReadOnlyList<ServerId> servers) =>
            spared.Length == 0 ? servers : [.. servers.Where(gone.Contains)];
    }

    // The dead first: then no step leaves less failure tolerance than the lesser of what there was before it and what there
    // will be when all is done. A majority is for the check of each action to keep.
    private static List<PolicyServer> Demotions(
        PolicyView view, UpgradePlan upgrade, List<AutopilotReason> reasons, List<AutopilotRefusal> refusals)
    {
        IEnumerable<WantedChange> wanted = view.Servers
            .Where(static server => server.IsReplica && server.Votes)
            .Select(static server => new WantedChange(server, "it is a read replica"))
            .Concat(upgrade.Goal.Demote)
            .Concat(upgrade.Leaving)
            .Where(static change => !change.Server.IsLeader)
            .OrderBy(static change => change.Server.IsHealthy);
        int more = upgrade.Goal.Promote.Count;
        int voters = more + view.Servers.Count(static server => server.Votes);
        int healthy = more + view.Servers.Count(static server => server is { Votes: true, IsHealthy: true });
        var demotions = new List<PolicyServer>();
        foreach ((PolicyServer server, string reason) in wanted)
        {
            int left = AutopilotEngine.FailureTolerance(voters - 1, healthy - 1);
            if (server.IsHealthy && upgrade.Goal.ToCome is { } next
                && left < Math.Min(AutopilotEngine.FailureTolerance(voters, healthy), upgrade.Goal.Tolerance))
            {
                refusals.Add(new(server.Id, $"did not demote {server.Name}: {next.Name} is to vote first, when it is stable"));
                continue;
            }

            if (!server.IsHealthy && (ulong)(voters - 1) < view.Config.MinQuorum)
            {
                refusals.Add(new(server.Id, string.Create(
                    CultureInfo.InvariantCulture,
                    $"did not demote {server.Name}: there would be fewer voters than MinQuorum {view.Config.MinQuorum}")));
                continue;
            }

            demotions.Add(server);
            reasons.Add(new(server.Id, reason));
            voters--;
            healthy -= server.IsHealthy ? 1 : 0;
        }

        return demotions;
    }

    // Whoever forgets to set one, or mistypes it, must hear of it: the upgrade goes by another version then.
    private static IEnumerable<AutopilotRefusal> Versions(AutopilotConfig config, AutopilotState state) =>
        from server in state.Servers
        let known = server.Server
        where config is { EnableCustomUpgrades: true, DisableUpgradeMigration: false }
            && known.Version.Length > 0 && ServerTraits.CustomVersionOf(known) is null
        let tag = known.Meta.TryGetValue(ServerTraits.VersionTag, out string? text)
            ? $"its {ServerTraits.VersionTag} \"{text}\" is not X, X.Y or X.Y.Z" : $"it has no {ServerTraits.VersionTag}"
        select new AutopilotRefusal(
            known.Id, $"goes by the build version {known.Version} of {AutopilotEngine.NameOf(known)}: {tag}");

    // A leader that is to lose its vote hands over to the best that keeps one.
    private static ServerId Successor(
        PolicyView view, UpgradePlan upgrade, List<PolicyServer> demotions, List<AutopilotReason> reasons)
    {
        bool isUpgrade = upgrade.Status == UpgradeStatus.LeaderTransfer;
        if (view.Leader is not { } leader || !(isUpgrade || leader.IsReplica))
        {
            return default;
        }

        foreach (PolicyServer server in view.Eligible)
        {
            bool isFit = server is { IsLeader: false, Votes: true, IsHealthy: true }
                && (!isUpgrade || server is { IsTarget: true, IsKnown: true });
            if (isFit && !demotions.Exists(other => other.Id == server.Id))
            {
                string reason = leader.IsReplica
                    ? $"{leader.Name} is a read replica"
                    : $"{leader.Name} runs {leader.Version}, and the cluster moves to {view.Target}";
                reasons.Add(new(server.Id, reason));
                return server.Id;
            }
        }

        return default;
    }

    private static RedundancyZone[] ZonesOf(PolicyView view) =>
    [
        .. PolicyView.ByZone(view.Eligible).Select(static zone => new RedundancyZone(
                zone.Key,
                [.. zone.Select(static server => server.Id)],
                [.. zone.Where(static server => server.Votes).Select(static server => server.Id)],
                Math.Max(0, zone.Count(static server => server.IsHealthy) - 1))),
    ];

    // While a zone has no voter, each of its servers may become it.
    private static AutopilotServerState[] Typed(AutopilotState state, PolicyView view, VoterGoal goal)
    {
        AutopilotServerState[] servers = [.. state.Servers];
        foreach (IGrouping<string, PolicyServer> zone in PolicyView.ByZone(view.Eligible))
        {
            bool hasVoter = zone.Any(static server => server.Votes);
            foreach (PolicyServer server in zone)
            {
                NodeType part = !hasVoter || server.Votes ? NodeType.ZoneVoter : NodeType.ZoneStandby;
                NodeType type = server.Votes && goal.IsExtra(server.Id) ? NodeType.ZoneExtraVoter : part;
                servers[server.Position] = AutopilotEngine.WithType(server.State, type);
            }
        }

        return servers;
    }
}
