using FsCheck;
using FsCheck.Fluent;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>
/// What holds for every cluster that the whole policy brings to rest. That a majority lives after every action, that the leader
/// is never demoted and that only the dead are removed, <see cref="PolicyModel"/> requires by itself.
/// </summary>
public sealed class PolicyPropertyTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithReplay(2_026, 11);

    private static readonly Gen<string> Servers =
        from role in Gen.Frequency((4, Gen.Constant("voter")), (5, Gen.Constant("nonvoter")))
        from version in Gen.Frequency((4, Gen.Constant("1.0.0")), (4, Gen.Constant("1.1.0")), (1, Gen.Constant("1.2.0-rc1")))
        from zone in Gen.Frequency((6, Gen.Elements("zone=a", "zone=b", "zone=c")), (1, Gen.Constant("")))
        from replica in Gen.Frequency((8, Gen.Constant("")), (1, Gen.Constant("replica")))
        from state in Gen.Frequency((5, Gen.Constant("")), (1, Gen.Constant("dead")))
        select $"{role} {version} {zone} {replica} {state}";

    private static readonly Gen<string> Clusters =
        from count in Gen.Choose(0, 9)
        from servers in Servers.ListOf(count)
        from leader in Servers
        select string.Join("; ", servers
            .Select((server, i) => $"s{i} {server}")
            .Prepend($"l {LeaderOf(leader)}"));

    private static readonly Gen<(string Cluster, bool HasZones, bool Migrates)> Worlds =
        from cluster in Clusters
        from hasZones in Gen.Elements(true, false)
        from migrates in Gen.Elements(true, false)
        select (cluster, hasZones, migrates);

    // Goal: the policy comes to rest, and no action on the way leaves less failure tolerance than the lesser of what there was
    // before it and what there is in the end. While an upgrade waits the end is that of the older servers: one that ceases to
    // wait only when some of those have lost their votes has two ends.
    [Fact]
    public void No_step_costs_more_failure_tolerance_than_the_end() => Check((model, _) =>
    {
        bool waits = model.State.Upgrade!.Status == UpgradeStatus.AwaitNewVoters;
        model.Settle();
        if (waits != (model.State.Upgrade!.Status == UpgradeStatus.AwaitNewVoters))
        {
            return;
        }

        for (int i = 1; i < model.Tolerances.Count; i++)
        {
            int least = Math.Min(model.Tolerances[i - 1], model.Tolerances[^1]);
            Assert.True(model.Tolerances[i] >= least, $"{model.Done[i - 1]} leaves {model.Tolerances[i]}: {Text(model)}");
        }
    });

    // Goal: at rest every zone with a healthy server has exactly one healthy voter, save those that stand in for others. While an
    // upgrade waits only older servers count, and those that vote; behind it older ones stand by for their zones.
    [Fact]
    public void At_rest_each_zone_has_one_voter() => Check((model, _) =>
    {
        model.Settle();
        UpgradeInfo upgrade = model.State.Upgrade!;
        bool isHeld = upgrade.Status is UpgradeStatus.Demoting or UpgradeStatus.LeaderTransfer;
        if (!model.Config.EnableRedundancyZones || !model.HasMajority || isHeld)
        {
            return;
        }

        int extra = 0;
        int unserved = 0;
        foreach (IGrouping<string, ModelServer> zone in ZonesOf(model))
        {
            bool waits = upgrade.Status == UpgradeStatus.AwaitNewVoters;
            int able = zone.Count(
                server => server.IsAlive && (!waits || server.Votes || server.Version != upgrade.TargetVersion));
            int voters = zone.Count(server => server is { Votes: true, IsAlive: true });
            Assert.True(voters > 0 || able == 0, $"zone {zone.Key} has a voter: {Text(model)}");
            extra += Math.Max(0, voters - 1);
            unserved += voters == 0 ? 1 : 0;
        }

        // Beside dead voters who have no zone one too many may be needed.
        int healthy = model.Servers.Count(server => server is { Votes: true, IsAlive: true });
        bool isNeeded = healthy - 1 < AutopilotEngine.Quorum(model.Voters.Count() - 1);
        Assert.True(extra <= unserved || isNeeded, $"{extra} extra voters for {unserved} zones without one: {Text(model)}");
    });

    // Goal: an upgrade ends when enough new servers stay healthy: no old server votes or leads any more.
    [Fact]
    public void An_upgrade_with_enough_new_servers_ends() => Check((model, migrates) =>
    {
        model.Servers.ForEach(server => server.IsAlive = true);
        model.Config = model.Config with { EnableRedundancyZones = false };
        model.Settle();
        UpgradeInfo upgrade = model.State.Upgrade!;
        string target = upgrade.TargetVersion;
        int newer = model.Servers.Count(server => !server.IsReplica && server.Version == target);
        int old = model.Servers.Count(server => !server.IsReplica && server.Version != target);
        if (migrates && newer > 0 && newer >= old)
        {
            Assert.True(model.Servers.All(server => !server.Votes || server.Version == target), Text(model));
            Assert.True(
                upgrade.Status is UpgradeStatus.Idle or UpgradeStatus.AwaitServerRemoval or UpgradeStatus.AwaitNewServers);
        }
    });

    // Goal: read replicas do not vote in the end, unless the others that vote are no majority without them.
    [Fact]
    public void At_rest_no_read_replica_votes() => Check((model, _) =>
    {
        model.Settle();
        ModelServer[] others = [.. model.Servers.Where(server => server is { Votes: true, IsReplica: false })];
        if (others.Count(server => server.IsAlive) >= AutopilotEngine.Quorum(others.Length))
        {
            Assert.True(model.Servers.All(server => !(server.Votes && server.IsReplica && server.IsAlive)), Text(model));
        }
    });

    // Goal: in a healthy cluster at rest FailureTolerance is what killing voters shows, all at once: any so many may die, and
    // not one more.
    [Fact]
    public void Failure_tolerance_is_what_killing_shows() => Check((model, _) =>
    {
        Revive(model);
        int tolerance = model.State.FailureTolerance;
        int voters = model.Voters.Count();
        Assert.True(voters - tolerance >= AutopilotEngine.Quorum(voters));
        Assert.True(voters - tolerance - 1 < AutopilotEngine.Quorum(voters));
    });

    // Goal: OptimisticFailureTolerance is what the best order of deaths shows, with time in between for others to take over, when
    // nobody is cleaned up.
    [Fact]
    public void Optimistic_failure_tolerance_is_what_the_best_order_shows() => Check(
        (model, _) =>
        {
            Revive(model);
            bool haveZones = model.Config.EnableRedundancyZones;

            // Who neither votes nor stands by can always die.
            bool haveIdle = model.State.Upgrade!.Status == UpgradeStatus.AwaitNewVoters
                || model.Servers.Exists(server => !server.Votes && !haveZones);
            if (!haveIdle && !model.Servers.Exists(server => server.IsReplica || (haveZones && server.Zone.Length == 0)))
            {
                int found = Deaths(model, new SortedDictionary<string, int>(StringComparer.Ordinal));
                Assert.True(model.State.OptimisticFailureTolerance == found, $"{found} by search: {Text(model)}");
            }
        },
        tests: 300);

    private static void Revive(PolicyModel model)
    {
        model.Servers.ForEach(server => server.IsAlive = true);
        model.Config = model.Config with { CleanupDeadServers = false };
        model.Settle();
    }

    // The most servers that can die one after the other and a majority lives.
    private static int Deaths(PolicyModel model, SortedDictionary<string, int> known)
    {
        string key = string.Join(';', model.Servers);
        if (known.TryGetValue(key, out int deaths))
        {
            return deaths;
        }

        foreach (ModelServer server in model.Servers.Where(server => server.IsAlive))
        {
            PolicyModel next = model.Copy();
            next.Kill(server.Id);
            if (next.HasMajority)
            {
                deaths = Math.Max(deaths, 1 + Deaths(next.Settle(), known));
            }
        }

        known[key] = deaths;
        return deaths;
    }

    // Goal: without zones, replicas and other versions it decides as the policy of the community editions does.
    [Fact]
    public void Without_tags_it_decides_as_the_community_does() => Check((model, _) =>
    {
        model.Servers.ForEach(server => (server.Zone, server.Version, server.IsReplica) = ("", "1.0.0", false));
        (AutopilotInputs inputs, AutopilotState state) = model.Snapshot();
        PromoterChanges mine = new AutopilotPromoter().Decide(inputs, state);
        PromoterChanges theirs = new StablePromoter().Decide(inputs, state);
        Assert.Equal(theirs.Promotions, mine.Promotions);
        Assert.Empty(mine.Demotions);
        Assert.True(mine.Leader.IsNone);
    });

    private static string LeaderOf(string server) => $"leader {server[server.IndexOf(' ', StringComparison.Ordinal)..]}"
        .Replace("dead", "", StringComparison.Ordinal);

    private static void Check(Action<PolicyModel, bool> property, bool? migrates = null, int tests = 3_000) =>
        Prop.ForAll(Worlds.Select(world => world with { Migrates = migrates ?? world.Migrates }).ToArbitrary(), world =>
        {
            PolicyModel model = PolicyModel.Of(world.Cluster);
            model.Config = model.Config with
            {
                EnableRedundancyZones = world.HasZones,
                DisableUpgradeMigration = !world.Migrates,
            };
            if (model.HasMajority)
            {
                property(model, world.Migrates);
            }
        }).Check(Runs.WithMaxTest(tests));

    private static IEnumerable<IGrouping<string, ModelServer>> ZonesOf(PolicyModel model) => model.Servers
        .Where(server => !server.IsReplica && server.Zone.Length > 0)
        .GroupBy(server => server.Zone, StringComparer.Ordinal);

    private static string Text(PolicyModel model) =>
        $"{string.Join("; ", model.Servers)} after {string.Join(", ", model.Done)}";
}
