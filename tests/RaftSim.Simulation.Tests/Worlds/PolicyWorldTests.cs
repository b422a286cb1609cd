using System.Collections.ObjectModel;
using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Worlds with zones, read replicas, and newer servers that come beside the old ones.</summary>
public sealed class PolicyWorldTests
{
    // Goal: about one of four worlds is such a one, of every make, and the others are as large as they were.
    [Fact]
    public void One_of_four_worlds_has_zones_replicas_or_newcomers()
    {
        ClusterShape[] shapes =
            [.. Enumerable.Range(0, 400).Select(seed => ClusterShape.Of((ulong)seed, null, null, FaultPlan.All, isCalm: false))];
        Assert.InRange(shapes.Count(shape => !shape.IsPlain), 60, 140);
        Assert.Equal([0, 2, 3, 4], shapes.Where(shape => !shape.IsPlain).Select(shape => shape.Zones).Distinct().Order());
        Assert.Contains(shapes, shape => shape.Replicas > 0);
        Assert.Contains(shapes, shape => shape.NewReplicas > 0);
        Assert.Contains(shapes, shape => shape is { Zones: 0, Newcomers: > 0 });
        Assert.Contains(shapes, shape => shape is { Zones: > 0, Newcomers: > 0, IsCustom: true });
        Assert.Contains(shapes, shape => shape.HasLoner);
        Assert.All(shapes, shape => Assert.InRange(shape.Servers, 3, 15));
        Assert.All(
            Enumerable.Range(0, 400).Where(seed => shapes[seed].IsPlain),
            seed => Assert.Equal(SimWorld.UsualSizeOf((ulong)seed), shapes[seed].Servers));
    }

    // Goal: zones can be asked for, and not to be there; a world of a given size keeps it.
    [Fact]
    public void Zones_can_be_asked_for()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            Assert.Equal(3, ClusterShape.Of(seed, null, 3, FaultPlan.All, isCalm: false).Zones);
            Assert.True(ClusterShape.Of(seed, null, 0, FaultPlan.All, isCalm: false).IsPlain);
            Assert.True(ClusterShape.Of(seed, null, 3, FaultPlan.All, isCalm: true).IsPlain);
            Assert.Equal(4, ClusterShape.Of(seed, 4, 3, FaultPlan.All, isCalm: false).Servers);
        }
    }

    // Goal: without faults a world with zones comes to one voter a zone, keeps its replicas from voting, and ends its upgrade.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_world_with_zones_comes_to_rest(int number) =>
        SimWorld.Swarm((ulong)(7_000 + number), faults: FaultPlan.None, zones: 3).Run(Duration.Seconds(60)).RequireSuccess();

    // Goal: servers of a newer version that come beside the old ones take over, and the old ones lose their votes.
    [Fact]
    public void Newcomers_of_a_newer_version_take_over()
    {
        SimWorld world = new(7_100, 6, new SimOptions
        {
            Newcomers = 3,
            Configure = (server, options) => server < 3 ? options : options with { Version = "0.2.0" },
        });
        Assert.True(world.RunUntil(() => Voters(world) == "0 1 2", Duration.Seconds(20)));
        world.RunFor(Duration.Seconds(30));
        Assert.Equal("0 1 2", Voters(world));
        world.Admit();
        Assert.True(world.RunUntil(() => Voters(world) == "3 4 5", Duration.Seconds(90)), Voters(world));
        Assert.True(world.RunUntil(() => world.Leader >= 3, Duration.Seconds(20)));
        Assert.True(world.Result.Reached.Contains(SimState.UpgradeMovesLeader));
    }

    // Goal: newcomers of which nobody knows stay out, and a number of them that leaves nobody to form the cluster is refused.
    [Fact]
    public void Newcomers_stay_out_until_they_are_let_in()
    {
        SimWorld world = new(7_101, 4, new SimOptions { Newcomers = 1 });
        world.Restart(3);
        Assert.False(world.IsUp(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimWorld(1, 3, new SimOptions { Newcomers = 3 }));
    }

    // Goal: in a world in which operators take the old servers away they wait until autopilot says so, and nobody misses those.
    [Fact]
    public void Old_servers_are_taken_away_when_the_upgrade_is_done()
    {
        using StringWriter trace = new();
        SimWorld world = SimWorld.Swarm(7_204, faults: FaultPlan.None, zones: 2);
        world.Trace = trace;
        world.Run(Duration.Seconds(60)).RequireSuccess();
        Assert.Contains(" is taken away for good\n", trace.ToString(), StringComparison.Ordinal);
    }

    // Goal: a zone that dies as a whole is replaced by another zone's server, which loses its vote when the zone is back.
    [Fact]
    public void A_lost_zone_is_stood_in_for()
    {
        SimWorld world = new(7_102, 5, new SimOptions { Configure = (server, options) => InZone($"z{server % 3}", options) });
        Assert.True(world.RunUntil(() => world.Leader is int leader && Voters(world) is { Length: 5 }, Duration.Seconds(60)));
        int lost = Enumerable.Range(0, 5).Single(server => server % 3 == 2);
        world.Crash(lost);
        Assert.True(world.RunUntil(() => world.Result.Reached.Contains(SimState.StandsInForZone), Duration.Seconds(60)));
        world.Restart(lost);
        Assert.True(world.RunUntil(() => Voters(world).Contains('2', StringComparison.Ordinal)
            && Voters(world) is { Length: 5 }, Duration.Seconds(90)), Voters(world));
    }

    // Goal: zones of a scenario are read as they are written, and go with worlds of a swarm only.
    [Fact]
    public void A_scenario_says_how_many_zones()
    {
        SimScenario scenario = SimScenario.Parse("seed 5\nswarm\nzones 2\nfor 5s\n");
        Assert.Equal(2, scenario.Zones);
        Assert.Equal(scenario.ToString(), SimScenario.Parse(scenario.ToString()).ToString());
        Assert.Equal(
            scenario.Run().RequireSuccess().TraceHash,
            SimWorld.Swarm(5, faults: FaultPlan.None, zones: 2).Run(Duration.Seconds(5)).TraceHash);
        Assert.Contains("goes with swarm only", Assert.Throws<FormatException>(() => SimScenario.Parse("zones 2")).Message,
            StringComparison.Ordinal);
        Assert.Contains("from 0 to 100", Assert.Throws<FormatException>(() => SimScenario.Parse("swarm\nzones 101")).Message,
            StringComparison.Ordinal);
    }

    private static Server.ServerOptions InZone(string zone, Server.ServerOptions options) => options with
    {
        Meta = new ReadOnlyDictionary<string, string>(
            new SortedDictionary<string, string>(StringComparer.Ordinal) { [ServerTraits.ZoneTag] = zone }),
        InitialAutopilot = options.InitialAutopilot with { EnableRedundancyZones = true },
    };

    // By the leader's latest configuration: the numbers of those that vote.
    private static string Voters(SimWorld world)
    {
        Configuration configuration = world.Leader is int leader ? world.Status(leader).Configuration : Configuration.Empty;
        return string.Join(' ', Enumerable.Range(0, world.ServerCount)
            .Where(server => configuration.IsVoter(world.Status(server).Self)));
    }
}
