using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>Stories of the whole policy: who gets a vote, who loses it, who leads, in which order.</summary>
public sealed class AutopilotPromoterTests
{
    private const string SixInThreeZones =
        "s1 leader zone=a; s2 voter zone=b; s3 voter zone=c; s4 nonvoter zone=a; s5 nonvoter zone=b; s6 nonvoter zone=c";

    // Goal: without tags, zones and other versions it is the policy of the community editions.
    [Fact]
    public void Without_tags_every_stable_server_votes()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; s2 voter; s3 voter; s4 nonvoter; s5 nonvoter").Settle();
        Assert.Equal(["promote s4", "promote s5"], model.Done);
        Assert.Equal((UpgradeStatus.Idle, 2, 2),
            (model.State.Upgrade!.Status, model.State.FailureTolerance, model.State.OptimisticFailureTolerance));
        Assert.All(model.State.Servers, server => Assert.Equal(NodeType.Voter, server.Server.NodeType));
    }

    // Goal: a read replica is never given a vote, is listed as what it is, and counts for the health of the cluster.
    [Fact]
    public void A_read_replica_never_votes()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; s2 voter; s3 nonvoter replica; s4 nonvoter").Settle();
        Assert.Equal(["promote s4"], model.Done);
        Assert.Equal([new ServerId("s3")], model.State.ReadReplicas);
        Assert.Equal(NodeType.ReadReplica, model.State.Find(new("s3"))!.Server.NodeType);
        model.Kill("s3");
        Assert.False(model.State.Healthy);
    }

    // Goal: a voter that becomes a read replica loses its vote, and leadership first if it has that.
    [Fact]
    public void A_leader_that_is_a_read_replica_hands_over_and_loses_its_vote()
    {
        PolicyModel model = PolicyModel.Of("s1 leader replica; s2 voter; s3 voter; s4 voter").Settle();
        Assert.Equal(["transfer to s2", "demote s1"], model.Done);
    }

    // Goal: of the servers of a zone one votes, the leader before others; the others stand by.
    [Fact]
    public void One_server_of_each_zone_votes()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 voter zone=a; s2 leader zone=a; s3 voter zone=b; s4 voter zone=b; s5 voter zone=c; s6 nonvoter zone=c").Settle();
        Assert.Equal(["demote s1", "demote s4"], model.Done.Order(StringComparer.Ordinal));
        Assert.Equal(["s2", "s3", "s5"], model.Voters);
        Assert.Equal((1, 4), (model.State.FailureTolerance, model.State.OptimisticFailureTolerance));
        Assert.Equal(
            [NodeType.ZoneStandby, NodeType.ZoneVoter, NodeType.ZoneVoter, NodeType.ZoneStandby],
            model.State.Servers.Take(4).Select(server => server.Server.NodeType));
        RedundancyZone zone = model.State.RedundancyZones[0];
        Assert.Equal(("a", 1), (zone.Name, zone.FailureTolerance));
        Assert.Equal([new ServerId("s2"), new ServerId("s1")], zone.Servers);
        Assert.Equal([new ServerId("s2")], zone.Voters);
    }

    // Goal: when the voter of a zone fails a server that stands by takes its place: with an odd number of voters the dead one
    // goes first.
    [Fact]
    public void A_standby_takes_the_place_of_a_voter_that_failed()
    {
        PolicyModel model = PolicyModel.Of(SixInThreeZones);
        model.Kill("s3");
        model.Settle();
        Assert.Equal(["demote s3", "promote s6"], model.Done);
        Assert.Equal(1, model.State.FailureTolerance);
    }

    // Goal: who stands in keeps its vote when the zone's newer servers are removed and only an older one is left of it, until
    // that one votes. Found by the simulator (seeds 7000256 and 7000825 of their day).
    [Fact]
    public void Who_stands_in_stays_until_a_server_of_an_older_version_votes_for_the_zone()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader zone=a 2.0.0; s2 voter zone=b 2.0.0; s3 voter zone=a 2.0.0; s4 nonvoter zone=c").Settle();
        Assert.Equal(["promote s4", "demote s3"], model.Done);
        Assert.All(model.Tolerances, tolerance => Assert.Equal(1, tolerance));
    }

    // Goal: a server of another zone stands in for a zone that is lost, until that has a voter again.
    [Fact]
    public void An_extra_voter_stands_in_for_a_lost_zone()
    {
        PolicyModel model = PolicyModel.Of(SixInThreeZones);
        model.Kill("s3", "s6");
        model.Settle(prunes: true);
        Assert.Equal(["s1", "s2", "s4"], model.Voters);
        Assert.Equal(1, model.State.FailureTolerance);
        Assert.Equal(NodeType.ZoneExtraVoter, model.State.Find(new("s4"))!.Server.NodeType);
        Assert.Equal(3, model.State.RedundancyZones.Count);

        model.Config = model.Config with { ServerStabilizationTime = Duration.Seconds(25) };
        model.Add("s7 nonvoter zone=c");
        model.Done.Clear();
        model.Settle(prunes: true);
        Assert.Equal(["s1", "s2", "s7"], model.Voters);
        Assert.True(
            model.Done.IndexOf("promote s7") < model.Done.IndexOf("demote s4"), "who stands in goes when it is needed no more");
    }

    // Goal: MinQuorum voters stay, though a dead one of a lost zone be among them.
    [Fact]
    public void Dead_voters_of_lost_zones_count_for_MinQuorum()
    {
        PolicyModel model = PolicyModel.Of("s1 leader zone=a; s2 voter zone=b; s3 voter zone=c dead");
        model.Config = model.Config with { MinQuorum = 3 };
        Assert.Empty(model.Settle(prunes: true).Done);
        Assert.Contains("did not demote s3: there would be fewer voters than MinQuorum 3", model.Refused);
        model.Config = model.Config with { MinQuorum = 2 };
        Assert.Equal(["demote s3"], model.Settle(prunes: true).Done);
    }

    // Goal: a zone with a first server that is only just joining is not lost: nobody stands in for it.
    [Fact]
    public void A_zone_that_is_only_just_joining_is_not_lost()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader zone=a; s2 nonvoter zone=a; s3 voter zone=b; s4 voter zone=c; s5 nonvoter zone=d silent");
        Assert.Empty(model.Settle().Done);
    }

    // Goal: who has no zone, while zones are on, votes like a zone of its own, and is not listed as one.
    [Fact]
    public void A_server_without_a_zone_votes_by_itself()
    {
        PolicyModel model = PolicyModel.Of("s1 leader zone=a; s2 voter zone=b; s3 nonvoter; s4 nonvoter").Settle();
        Assert.Equal(["promote s3", "promote s4"], model.Done);
        Assert.Equal(["a", "b"], model.State.RedundancyZones.Select(zone => zone.Name));
    }

    // Goal: an upgrade waits for as many new servers as there are old voters, then goes through its steps: promote, demote,
    // lead, demote. docs/AUTOPILOT.md.
    [Fact]
    public void An_upgrade_goes_through_its_steps()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; s2 voter; s3 voter; n1 nonvoter 1.1.0; n2 nonvoter 1.1.0").Settle();
        Assert.Empty(model.Done);
        Assert.Equal(UpgradeStatus.AwaitNewVoters, model.State.Upgrade!.Status);
        Assert.Contains(
            "did not promote n1: it runs 1.1.0, and there are 2 of 3 servers that it takes to replace those of other versions",
            model.Refused);

        model.Add("n3 nonvoter 1.1.0");
        Assert.Equal(UpgradeStatus.Promoting, model.State.Upgrade!.Status);
        model.Settle();
        Assert.Equal(
            ["promote n1", "promote n2", "promote n3", "demote s2", "demote s3", "transfer to n1", "demote s1"], model.Done);
        UpgradeInfo upgrade = model.State.Upgrade!;
        Assert.Equal((UpgradeStatus.AwaitServerRemoval, "1.1.0"), (upgrade.Status, upgrade.TargetVersion));
        Assert.Equal(3, upgrade.Target.Voters.Count);
        Assert.Equal(3, upgrade.Other.NonVoters.Count);
    }

    // Goal: switched off, new servers are promoted like any others.
    [Fact]
    public void An_upgrade_that_is_switched_off_promotes_everybody()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; s2 voter; s3 voter; n1 nonvoter 1.1.0");
        model.Config = model.Config with { DisableUpgradeMigration = true };
        Assert.Equal(["promote n1"], model.Settle().Done);
        Assert.Equal(UpgradeStatus.Disabled, model.State.Upgrade!.Status);
    }

    // Goal: an old server that joins while an upgrade waits is promoted like any other: the old ones still are the cluster.
    [Fact]
    public void An_old_server_that_joins_while_an_upgrade_waits_is_promoted()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; s2 voter; s3 nonvoter; n1 nonvoter 1.1.0");
        Assert.Equal(["promote s3"], model.Settle().Done);
    }

    // Goal: old voters wait for a new server that is about to be stable: without it the cluster could lose less than both before
    // and in the end. Found by the simulator (seed 2365 with three zones, of its day).
    [Fact]
    public void Old_voters_stay_until_a_healthy_new_server_is_stable()
    {
        PolicyModel model = PolicyModel.Of("s1 leader zone=a; n1 voter zone=a 1.1.0; n2 voter zone=b 1.1.0");
        model.Config = model.Config with { ServerStabilizationTime = Duration.Seconds(30) };
        model.Add("n3 nonvoter zone=c 1.1.0");
        Assert.Equal(["transfer to n1", "promote n3", "demote s1"], model.Settle().Done);
        Assert.Contains("did not demote s1: n3 is to vote first, when it is stable", model.Refused);
        Assert.All(model.Tolerances, tolerance => Assert.Equal(1, tolerance));
    }

    // Goal: within zones, too, nobody's vote is taken while somebody is about to be given one. Found by the simulator (seed 1625
    // with three zones, of its day).
    [Fact]
    public void A_surplus_voter_of_a_zone_stays_until_a_healthy_server_is_stable()
    {
        PolicyModel model = PolicyModel.Of("s1 leader zone=a; s2 voter zone=b; s3 voter zone=c; s4 voter");
        model.Config = model.Config with { ServerStabilizationTime = Duration.Seconds(30) };
        model.Settle();
        model.Add("s5 voter zone=a");
        model.Add("s6 nonvoter");
        Assert.Equal(["promote s6", "demote s5"], model.Settle().Done);
        Assert.Contains("did not demote s5: s6 is to vote first, when it is stable", model.Refused);
        Assert.All(model.Tolerances, tolerance => Assert.Equal(2, tolerance));
    }

    // Goal: the same where that somebody is to stand in for a zone that is lost: its own zone has a voter already. Found by the
    // simulator (seed 80041168, of its day).
    [Fact]
    public void A_replica_that_votes_stays_until_who_stands_in_for_a_lost_zone_is_stable()
    {
        PolicyModel model = PolicyModel.Of("s1 leader zone=a; s2 voter; r3 voter zone=b replica; s4 nonvoter zone=b dead");
        model.Config = model.Config with { ServerStabilizationTime = Duration.Seconds(30) };
        model.Add("s5 nonvoter zone=a");
        Assert.Equal(["promote s5", "demote r3"], model.Settle().Done);
        Assert.Contains("did not demote r3: s5 is to vote first, when it is stable", model.Refused);
        Assert.All(model.Tolerances, tolerance => Assert.Equal(1, tolerance));
    }

    // Goal: when new voters die before the old ones are demoted, the old ones keep their votes.
    [Fact]
    public void An_upgrade_whose_new_servers_die_holds()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader; s2 voter; s3 voter; n1 voter 1.1.0; n2 voter 1.1.0 dead; n3 voter 1.1.0 dead");
        Assert.Empty(model.Settle().Done);
        model["n2"].IsAlive = true;
        Assert.Contains("demote s1", model.Settle().Done);
    }

    // Goal: the versions that servers are given count when that is on, and those that are none do not.
    [Fact]
    public void Custom_versions_decide_when_they_are_on()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader custom=1; s2 voter custom=1; n1 nonvoter custom=2; n2 nonvoter custom=two 0.9.0");
        Assert.Equal(["promote n1"], model.Settle().Done);
        Assert.Equal("1.0.0", model.State.Upgrade!.TargetVersion);

        model.Config = model.Config with { EnableCustomUpgrades = true };
        Assert.Equal("2", model.State.Upgrade!.TargetVersion);
        model.Add("n3 nonvoter custom=2.0.0");
        Assert.Contains("transfer to n1", model.Settle().Done);
    }

    // Goal: who has not told of itself yet, to a new leader, is neither taken for old nor for one without tags.
    [Fact]
    public void Who_has_not_told_of_itself_is_left_as_it_is()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader zone=a; s2 voter unheard; s3 voter zone=c; s4 nonvoter unheard; s5 nonvoter zone=b unheard");
        Assert.Empty(model.Settle().Done);
        Assert.Equal(UpgradeStatus.Idle, model.State.Upgrade!.Status);
        model["s4"].IsUnheard = false;
        Assert.Equal(["promote s4"], model.Settle().Done);
    }

    // Goal: nor is leadership handed to one whose version is not known: it may be as old as the leader's.
    [Fact]
    public void Leadership_does_not_move_to_a_server_of_unknown_version()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; m2 voter unheard; n1 voter 1.1.0; n2 voter 1.1.0");
        Assert.Equal(UpgradeStatus.LeaderTransfer, model.State.Upgrade!.Status);
        Assert.Equal(["transfer to n1", "demote s1"], model.Settle().Done);
    }

    // Goal: the story that docs/AUTOPILOT.md draws: the voter of a zone dies, then all of the zone, then it has a server again.
    [Fact]
    public void A_zone_is_lost_and_comes_back()
    {
        PolicyModel model = PolicyModel.Of(
            "a1 leader zone=a; a2 nonvoter zone=a; b1 voter zone=b; b2 nonvoter zone=b; c1 voter zone=c; c2 nonvoter zone=c");
        model.Kill("c1");
        Assert.Equal(["demote c1", "promote c2", "remove c1"], model.Settle(prunes: true).Done);
        model.Kill("c2");
        model.Done.Clear();
        Assert.Equal(["demote c2", "promote a2"], model.Settle(prunes: true).Done);
        Assert.Contains("kept c2: it is the last of zone c, which is to stay known", model.Refused);
        model.Done.Clear();
        model.Config = model.Config with { ServerStabilizationTime = Duration.Seconds(15) };
        model.Add("c3 nonvoter zone=c");
        Assert.Equal(["remove c2", "promote c3", "demote a2"], model.Settle(prunes: true).Done);
    }

    // Goal: a zone whose newer servers are gone, in the middle of an upgrade or behind it, is served by an older one that is left
    // of it; when it has a newer one again the upgrade goes on. Before, the cluster went on with a vote less, and told that the
    // older one could be removed.
    [Theory]
    [InlineData("a2 leader zone=a 2.0.0; a1 nonvoter zone=a")]
    [InlineData("a1 leader zone=a; a2 voter zone=a 2.0.0")]
    public void A_zone_without_newer_servers_is_served_by_an_older_one(string cluster)
    {
        PolicyModel model = PolicyModel.Of($"{cluster}; b2 voter zone=b 2.0.0; c2 voter zone=c 2.0.0 dead; b1 nonvoter zone=b");
        model.Add("c1 nonvoter zone=c");
        model.Settle(prunes: true);
        Assert.Contains("c1", model.Voters);
        Assert.Equal((1, UpgradeStatus.AwaitNewVoters), (model.State.FailureTolerance, model.State.Upgrade!.Status));
        model.Add("c3 nonvoter zone=c 2.0.0");
        model.Settle(prunes: true);
        Assert.Equal(["a2", "b2", "c3"], model.Voters.Order(StringComparer.Ordinal));
        Assert.Equal(1, model.State.FailureTolerance);
    }

    // Goal: old servers are not told to be safe to remove while those that took over are dead, or too few.
    [Fact]
    public void An_upgrade_awaits_servers_while_new_ones_are_dead()
    {
        PolicyModel model = PolicyModel.Of(
            "n1 leader 2.0.0; n2 voter 2.0.0; n3 voter 2.0.0; s1 nonvoter; s2 nonvoter; s3 nonvoter").Settle();
        Assert.Equal(UpgradeStatus.AwaitServerRemoval, model.State.Upgrade!.Status);
        model.Kill("n3");
        Assert.Equal(UpgradeStatus.AwaitNewServers, model.State.Upgrade!.Status);
    }

    // Goal: who stands in keeps its vote, too, when only newer servers are left of its zone, which have to wait for others.
    [Theory]
    [InlineData("c2 nonvoter zone=c 2.0.0")]
    [InlineData("c1 nonvoter zone=c dead; c2 nonvoter zone=c 2.0.0")]
    public void Who_stands_in_stays_while_the_zone_has_only_newer_servers_that_wait(string zone)
    {
        PolicyModel model = PolicyModel.Of($"a1 leader zone=a; a2 voter zone=a; b1 voter zone=b; {zone}");
        model.Settle(prunes: true);
        Assert.Equal(["a1", "a2", "b1"], model.Voters);
        Assert.Equal((1, UpgradeStatus.AwaitNewVoters), (model.State.FailureTolerance, model.State.Upgrade!.Status));
    }

    // Goal: an upgrade that is held says why, of each server that keeps its vote.
    [Fact]
    public void An_upgrade_that_is_held_says_why()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader; s2 voter; s3 voter; n1 voter 1.1.0; n2 voter 1.1.0 dead; n3 voter 1.1.0 dead").Settle();
        Assert.Equal(
            ["did not demote s2: of the voters that run 1.1.0 no majority is healthy",
                "did not demote s3: of the voters that run 1.1.0 no majority is healthy"],
            model.Refused);
    }

    // Goal: a new server that is healthy but never for long enough holds an upgrade only where its vote is missed in between.
    [Fact]
    public void A_new_server_that_is_never_stable_does_not_hold_an_upgrade_for_ever()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; n1 voter 2.0.0; n2 voter 2.0.0; n3 voter 2.0.0");
        model.Config = model.Config with { ServerStabilizationTime = Duration.Seconds(300) };
        model.Add("n4 nonvoter 2.0.0");
        Assert.Equal(["transfer to n1", "demote s1"], model.Settle().Done.Take(2));
    }

    // Goal: a dead old voter that MinQuorum protects does not keep leadership from moving on.
    [Fact]
    public void A_dead_voter_that_MinQuorum_keeps_does_not_hold_an_upgrade()
    {
        PolicyModel model = PolicyModel.Of("s1 leader; s2 voter dead; n1 voter 2.0.0; n2 voter 2.0.0; n3 voter 2.0.0");
        model.Config = model.Config with { MinQuorum = 5, CleanupDeadServers = false };
        Assert.Equal("transfer to n1", model.Settle().Done[0]);
    }

    // Goal: with zones each zone with an old voter needs a new server before the upgrade goes on, and then each has one.
    [Fact]
    public void An_upgrade_with_zones_waits_for_every_zone()
    {
        PolicyModel model = PolicyModel.Of(
            "s1 leader zone=a; s2 voter zone=b; s3 voter zone=c; n1 nonvoter 2.0.0 zone=a; n2 nonvoter 2.0.0 zone=b; "
            + "n3 nonvoter 2.0.0 zone=b");
        Assert.Empty(model.Settle().Done);
        Assert.Contains(
            "did not promote n1: it runs 2.0.0, and zone c has no server of it to replace s3", model.Refused);
        model.Add("n4 nonvoter 2.0.0 zone=c");
        model.Settle();
        Assert.Equal(["n1", "n2", "n4"], model.Voters);
        Assert.Equal(UpgradeStatus.AwaitServerRemoval, model.State.Upgrade!.Status);
        Assert.Equal(["a", "b", "c"], model.State.Upgrade.Zones.Select(zone => zone.Name));
    }

    // Goal: the samples that were published (Vault: 0 + 2 + 1 = 3; Consul: 1 + 1 + 1 + 1 = 4).
    [Theory]
    [InlineData("s1 leader zone=a; s2 nonvoter zone=a; s3 nonvoter zone=a; s4 voter zone=b; s5 nonvoter zone=b", 0, 3)]
    [InlineData(SixInThreeZones, 1, 4)]
    public void Optimistic_failure_tolerance_adds_what_zones_can_lose(string cluster, int tolerance, int optimistic)
    {
        AutopilotState state = PolicyModel.Of(cluster).State;
        Assert.Equal((tolerance, optimistic), (state.FailureTolerance, state.OptimisticFailureTolerance));
    }
}
