using System.Collections.ObjectModel;
using RaftSim.Autopilot;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Who votes when all is quiet. Source: docs/AUTOPILOT.md, "The whole policy".</summary>
public sealed class QuietVotesTests
{
    private static readonly AutopilotConfig Zones = AutopilotConfig.Default with { EnableRedundancyZones = true };

    // Goal: with zones each has one voter; none, or two, are seen.
    [Fact]
    public void A_zone_without_a_voter_or_with_two_is_seen()
    {
        TrueServer[] servers = [Of(0, "a"), Of(1, "b"), Of(2, "a"), Of(3, "b")];
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, Zones, [0, 1])));
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, Zones, [2, 1])));
        Assert.Equal("zone b has 0 voters", OneVoterPerZone.WhyNot(View(servers, Zones, [0])));
        Assert.Equal("zone a has 2 voters", OneVoterPerZone.WhyNot(View(servers, Zones, [0, 1, 2])));
    }

    // Goal: whoever has no zone votes, and everybody does while zones are off.
    [Fact]
    public void A_server_without_a_zone_votes()
    {
        TrueServer[] servers = [Of(0, "a"), Of(1, ""), Of(2, "a"), Of(3, "")];
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, Zones, [0, 1, 3])));
        Assert.Equal(
            "only 1 of the 2 servers vote that have no zone", OneVoterPerZone.WhyNot(View(servers, Zones, [0, 1])));
        Assert.NotEmpty(OneVoterPerZone.WhyNot(View(servers, AutopilotConfig.Default, [0, 1, 3])));
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, AutopilotConfig.Default, [0, 1, 2, 3])));
    }

    // Goal: a read replica with a vote is seen.
    [Fact]
    public void A_replica_that_votes_is_seen()
    {
        TrueServer[] servers = [Of(0), Of(1), Of(2, isReplica: true)];
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, AutopilotConfig.Default, [0, 1])));
        Assert.Equal(
            "s2 is a read replica and votes", OneVoterPerZone.WhyNot(View(servers, AutopilotConfig.Default, [0, 1, 2])));
    }

    // Goal: an upgrade that stops half-way although there are enough newer servers is seen; one that is switched off is none.
    [Fact]
    public void An_upgrade_that_does_not_end_is_seen()
    {
        TrueServer[] servers = [Of(0), Of(1), Of(2, version: "2.0"), Of(3, version: "2.0")];
        Assert.Empty(UpgradeEnds.WhyNot(View(servers, AutopilotConfig.Default, [2, 3])));
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, AutopilotConfig.Default, [2, 3])));
        Assert.StartsWith(
            "s1 runs 1.0 and still votes",
            UpgradeEnds.WhyNot(View(servers, AutopilotConfig.Default, [1, 2, 3])),
            StringComparison.Ordinal);
        AutopilotConfig off = AutopilotConfig.Default with { DisableUpgradeMigration = true };
        Assert.Empty(UpgradeEnds.WhyNot(View(servers, off, [0, 1, 2, 3])));
        Assert.NotEmpty(OneVoterPerZone.WhyNot(View(servers, off, [2, 3])));
    }

    // Goal: no false alarm: too few newer servers, or none in a zone of an older one, wait without votes, and the old ones vote.
    [Fact]
    public void Too_few_newer_servers_wait()
    {
        TrueServer[] few = [Of(0), Of(1), Of(2, version: "2.0")];
        Assert.Empty(UpgradeEnds.WhyNot(View(few, AutopilotConfig.Default, [0, 1])));
        Assert.Empty(OneVoterPerZone.WhyNot(View(few, AutopilotConfig.Default, [0, 1])));
        Assert.NotEmpty(OneVoterPerZone.WhyNot(View(few, AutopilotConfig.Default, [0])));
        TrueServer[] elsewhere = [Of(0, "a"), Of(1, "b"), Of(2, "a", "2.0"), Of(3, "a", "2.0")];
        Assert.Empty(UpgradeEnds.WhyNot(View(elsewhere, Zones, [0, 1])));
        Assert.Empty(OneVoterPerZone.WhyNot(View(elsewhere, Zones, [0, 1])));
    }

    // Goal: with zones the newer servers need one in each, not as many as the older ones are; each zone ends with one of them.
    [Fact]
    public void An_upgrade_with_zones_ends_with_one_new_voter_in_each()
    {
        TrueServer[] servers = [Of(0, "a"), Of(1, "b"), Of(2, "a"), Of(3, "a", "2.0"), Of(4, "b", "2.0"), Of(5, "b", "2.0")];
        Assert.Empty(UpgradeEnds.WhyNot(View(servers, Zones, [3, 4])));
        Assert.Empty(OneVoterPerZone.WhyNot(View(servers, Zones, [3, 4])));
        Assert.NotEmpty(UpgradeEnds.WhyNot(View(servers, Zones, [0, 4])));
        Assert.Equal("zone b has 2 voters", OneVoterPerZone.WhyNot(View(servers, Zones, [3, 4, 5])));
    }

    // Goal: a server's own version goes before that of its build, where the settings say so.
    [Fact]
    public void A_server_goes_by_its_own_version()
    {
        TrueServer[] servers = [Of(0, custom: "1.0"), Of(1, version: "0.5", custom: "1.1")];
        AutopilotConfig custom = AutopilotConfig.Default with { EnableCustomUpgrades = true };
        Assert.Empty(UpgradeEnds.WhyNot(View(servers, custom, [1])));
        Assert.NotEmpty(UpgradeEnds.WhyNot(View(servers, custom, [0])));
        Assert.NotEmpty(UpgradeEnds.WhyNot(View(servers, AutopilotConfig.Default, [1])));
    }

    private static QuietView View(TrueServer[] servers, AutopilotConfig config, int[] voters) => new(
        [.. servers.Select(server => new QuietServer(new($"id{server.Number}"), server))],
        Members(voters, [.. servers.Select(server => server.Number).Except(voters)]),
        config);

    private static TrueServer Of(
        int number, string zone = "", string version = "1.0", string custom = "", bool isReplica = false)
    {
        SortedDictionary<string, string> tags = new(StringComparer.Ordinal);
        Add(ServerTraits.ZoneTag, zone);
        Add(ServerTraits.VersionTag, custom);
        Add(ServerTraits.NonVoterTag, isReplica ? "1" : "");
        return new(number, version, new ReadOnlyDictionary<string, string>(tags));

        void Add(string key, string value)
        {
            if (value.Length > 0)
            {
                tags[key] = value;
            }
        }
    }
}
