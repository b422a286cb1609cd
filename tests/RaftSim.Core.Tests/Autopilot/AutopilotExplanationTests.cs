using RaftSim.Autopilot;
using Peer = RaftSim.Tests.Autopilot.DriverBench.Peer;

namespace RaftSim.Tests.Autopilot;

/// <summary>Autopilot says why. Source: the item "Explain".</summary>
public sealed class AutopilotExplanationTests
{
    // Goal: a newcomer's way to its vote is told at every step of it, and the promise of the last step is kept.
    [Fact]
    public void A_newcomer_is_told_what_it_waits_for()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2")).Started();
        WallTime began = bench.Wall;
        bench.Run(Duration.Seconds(25));
        bench.Peers.Add(new("s3"), NonVoter("s3"));
        bench["s3"].Stats = new(Duration.Seconds(1), new(3), bench.LastIndex);

        bench.Run(Duration.Seconds(2));
        ServerExplanation late = OutlookOf(bench, "s3");
        Assert.Equal((false, "last contact 1s over 200ms"), (late.Health.Healthy, late.HealthReason));
        Assert.Equal("to be promoted once it is healthy", late.Outlook);

        // Healthy from 28 s on.
        bench["s3"].Stats = null;
        bench.Run(Duration.Milliseconds(5_500));
        Assert.Equal("to be promoted: healthy for 4s of 10s", OutlookOf(bench, "s3").Outlook);

        bench.Run(Duration.Milliseconds(7_000));
        AutopilotExplanation last = Explain(bench);
        Assert.Equal("is to promote s3 in the next round: healthy for 11.5s", last.Servers[2].Outlook);
        Assert.Equal(began, last.FirstStateTime);
        Assert.Equal(bench.Wall, last.Time);
        Assert.Equal(bench.Wall + Duration.Milliseconds(-1_500), last.StateTime);
        Assert.Equal(bench.Wall + Duration.Milliseconds(500), last.NextRound);
        Assert.Equal("", last.Problem);

        bench.Run(Duration.Milliseconds(500));
        Assert.Equal(new ServerId("s3"), Assert.Single(bench.Actions).Server);
        Assert.Equal("nothing to do", OutlookOf(bench, "s3").Outlook);
    }

    // Goal: whoever is kept although it is dead is told why: by MinQuorum, by the switch, by the policy, by the budget of a
    // round, by the last look before an action.
    [Fact]
    public void A_dead_server_that_stays_is_told_why()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2"), Failed("s3")).Started();
        bench.Run(Duration.Seconds(2));
        ServerExplanation dead = OutlookOf(bench, "s3");
        Assert.Equal("not alive: membership has it as failed", dead.HealthReason);
        Assert.Equal("is to remove failed server s3 in the next round: membership has it as failed", dead.Outlook);

        bench.Config = bench.Config! with { MinQuorum = 3 };
        Assert.Equal(
            "kept s3: removing it would leave 2 voters, fewer than MinQuorum 3", OutlookOf(bench, "s3").Outlook);

        bench.Config = bench.Config with { MinQuorum = 0, CleanupDeadServers = false };
        Assert.Equal("kept s3: the clean-up of dead servers is off", OutlookOf(bench, "s3").Outlook);

        bench.Config = bench.Config with { CleanupDeadServers = true };
        bench.Promoter.Fixed = new() { Spared = { new("s3") } };
        Assert.Equal("kept s3: the policy spares it", OutlookOf(bench, "s3").Outlook);

        DriverBench worse = new DriverBench(new("s1"), new("s2"), Failed("s3"), Failed("s4"), Failed("s5")).Started();
        worse.Run(Duration.Seconds(2));
        Assert.Equal(
            "does not remove failed server s3: only 2 of the 4 voters left would be alive, no majority",
            OutlookOf(worse, "s3").Outlook);
        Assert.Equal("kept s5: one round removes at most 2 of 5 voters", OutlookOf(worse, "s5").Outlook);
    }

    // Goal: whatever the policy, its wishes are told, each once: the plan of a round lists the first demotion twice.
    [Fact]
    public void The_wishes_of_another_policy_are_told()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2"), new("s3"), NonVoter("s4")).Started();
        bench["s3"].Stats = new(Duration.Seconds(1), new(3), bench.LastIndex);
        bench.Run(Duration.Seconds(2));
        bench.Promoter.Fixed = new() { Changes = new([], [new("s1"), new("s3")], default) };
        Assert.Equal(
            [
                "does not demote s1: it leads, and leadership moves first",
                "nothing to do",
                "is to demote s3 in the next round: unhealthy, and with an odd number of voters one goes before another comes",
                "nothing to do",
            ],
            Explain(bench).Servers.Select(server => server.Outlook));

        bench.Promoter.Fixed = new() { Changes = new([], [], new("s2")) };
        Assert.Equal(
            "is to move leadership to s2 in the next round: the policy wants it to lead", OutlookOf(bench, "s2").Outlook);
        bench.Promoter.Fixed = new() { Changes = new([], [], new("s9")) };
        Assert.Equal("cannot move leadership to s9: it is not in the Raft configuration", Explain(bench).Problem);
    }

    // Goal: the last of a zone that is spared is told so, as an event, too, and once.
    [Fact]
    public void The_last_of_a_zone_is_told_why_it_stays()
    {
        DriverBench bench = new(new("s1"), new("s2"), Failed("s3"), Failed("s4"));
        bench.Promoter.Standard = new AutopilotPromoter();
        bench.Config = bench.Config! with { EnableRedundancyZones = true };
        foreach ((Peer peer, string zone) in bench.Peers.Values.Zip(["a", "b", "c", "c"]))
        {
            peer.Tags[ServerTraits.ZoneTag] = zone;
            peer.Suffrage = peer.Id == new ServerId("s4") ? RaftSuffrage.NonVoter : RaftSuffrage.Voter;
        }

        bench.Started().Run(Duration.Seconds(2));
        const string Line = "kept s3: it is the last of zone c, which is to stay known";
        Assert.StartsWith("is to demote s3 in the next round: ", OutlookOf(bench, "s3").Outlook, StringComparison.Ordinal);
        Assert.EndsWith($"; {Line}", OutlookOf(bench, "s3").Outlook, StringComparison.Ordinal);
        Assert.Equal(
            "is to remove failed server s4 in the next round: membership has it as failed", OutlookOf(bench, "s4").Outlook);

        bench.Run(Duration.Seconds(58));
        Assert.Single(bench.Events, Line);
        Assert.Equal(Line, OutlookOf(bench, "s3").Outlook);
    }

    // Goal: a tag that is no version, or is missing, is told of once, and not in every round.
    [Fact]
    public void A_version_that_is_none_is_told_once()
    {
        DriverBench bench = new(new("s1"), new("s2"), new("s3"));
        bench.Promoter.Standard = new AutopilotPromoter();
        bench["s1"].Tags[ServerTraits.VersionTag] = "2.1";
        bench["s2"].Tags[ServerTraits.VersionTag] = "v2";
        bench.Started().Run(Duration.Seconds(20));
        Assert.DoesNotContain(bench.Events, text => text.Contains("version", StringComparison.Ordinal));

        bench.Config = bench.Config! with { EnableCustomUpgrades = true, ServerStabilizationTime = Duration.Seconds(3_600) };
        bench.Run(Duration.Seconds(100));
        Assert.Equal(
            [
                "goes by the build version 1.0.0 of s2: its ap_version \"v2\" is not X, X.Y or X.Y.Z",
                "goes by the build version 1.0.0 of s3: it has no ap_version",
            ],
            bench.Events.Where(text => text.Contains("version", StringComparison.Ordinal)));
    }

    // Goal: asking why costs no round of the policy for each server: a leader must not miss its heartbeats for it.
    [Fact]
    public void The_policy_is_asked_a_few_times_whatever_the_number_of_the_dead()
    {
        DriverBench bench = new(
            [new("s1"), .. Enumerable.Range(2, 399).Select(i => i % 5 < 2 ? Failed($"s{i}") : new Peer($"s{i}"))]);
        bench.Config = bench.Config! with { MinQuorum = 300 };
        bench.Promoter.Standard = new AutopilotPromoter();
        bench.Started().Run(Duration.Seconds(2));

        int before = bench.Promoter.Questions;
        AutopilotExplanation why = Explain(bench);

        Assert.InRange(bench.Promoter.Questions - before, 1, 6);
        string[] outlooks = [.. why.Servers.Select(server => server.Outlook)];
        Assert.Equal(100, outlooks.Count(text => text.StartsWith("is to remove", StringComparison.Ordinal)));
        Assert.Equal(59, outlooks.Count(text => text.EndsWith("fewer than MinQuorum 300", StringComparison.Ordinal)));
    }

    // Goal: what is under way is told as such, and not a second time as something to come.
    [Fact]
    public void An_action_under_way_is_told()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(10));
        Assert.Equal("promoting s2: healthy for 10s", OutlookOf(bench, "s2").Outlook);
    }

    // Goal: what keeps everybody from everything is told once, and not for each server.
    [Fact]
    public void What_stops_everything_is_told()
    {
        DriverBench bench = new(new("s1"), NonVoter("s2"));
        Assert.Equal("autopilot does not run yet on this leader", Explain(bench).Problem);
        Assert.Empty(Explain(bench).Servers);

        bench.Started();
        bench.ReconciliationEnabled = false;
        Assert.Equal("reconciliation is off", Explain(bench).Problem);
        Assert.Equal("nothing to do", OutlookOf(bench, "s2").Outlook);

        bench.Config = null;
        Assert.Equal("there is no autopilot configuration yet", Explain(bench).Problem);
        Assert.Empty(Explain(bench).Servers);

        bench.Driver.Stop();
        Assert.Equal((WallTime.None, WallTime.None), (Explain(bench).StateTime, Explain(bench).NextRound));
    }

    // Goal: the next round does what was foretold, all of it and nothing else; and asking changes nothing. Clusters are
    // drawn: of the living, the dead, the unknown and the voteless.
    [Fact]
    public void The_next_round_does_what_was_foretold()
    {
        int foretold = 0;
        for (ulong seed = 0; seed < 300; seed++)
        {
            DriverBench asked = Drawn(seed);
            asked.Run(Duration.Seconds(9));
            string[] expected = [.. Explain(asked).Servers.SelectMany(server => Enumerable.Repeat(
                server.Id.ToString(), server.Outlook.Split(" in the next round: ").Length - 1))];
            asked.Run(Duration.Seconds(1));
            Assert.Equal(expected, asked.Actions.Select(action => action.Server.ToString()).Order(StringComparer.Ordinal));
            foretold += expected.Length;

            DriverBench unasked = Drawn(seed);
            unasked.Run(Duration.Seconds(10));
            Assert.Equal(unasked.Events, asked.Events);
        }

        Assert.True(foretold > 300, $"only {foretold} actions");
    }

    // Goal: the memory is bounded: the oldest events go, long ones are cut, and never within a character.
    [Fact]
    public void Only_the_latest_events_are_remembered_and_long_ones_are_cut()
    {
        AutopilotHistory history = new();
        for (int i = 0; i < Limits.AutopilotEventsMax + 3; i++)
        {
            history.Add(Told($"event {i}"));
        }

        Assert.Equal(Limits.AutopilotEventsMax, history.Events.Count);
        Assert.Equal("event 3", history.Events[0].Text);
        Assert.Equal($"event {Limits.AutopilotEventsMax + 2}", history.Events[^1].Text);

        string fits = new('x', Limits.AutopilotEventCharsMax);
        history.Add(Told(fits));
        history.Add(Told(fits + "x"));
        history.Add(Told(new string('x', Limits.AutopilotEventCharsMax - 2) + "\U0001F600\U0001F600"));
        Assert.Equal(
            [fits, fits[1..] + "…", fits[2..] + "…"], history.Events.Skip(Limits.AutopilotEventsMax - 3).Select(one => one.Text));

        history.Clear();
        Assert.Empty(history.Events);
    }

    private static PastAutopilotEvent Told(string text) => new(new(7), AutopilotEventKind.Action, new("s1"), "", text);

    private static DriverBench Drawn(ulong seed)
    {
        Prng prng = new(seed);
        Peer[] peers = [.. Enumerable.Range(2, (int)prng.Below(7)).Select(i => prng.Below(6) switch
        {
            0 => NonVoter($"s{i}"),
            1 => new($"s{i}") { Status = NodeStatus.Failed, Answers = false },
            2 => new($"s{i}") { Status = null, Answers = false },
            3 => new($"s{i}") { Status = NodeStatus.Failed, Suffrage = RaftSuffrage.NonVoter },
            _ => new Peer($"s{i}"),
        })];
        DriverBench bench = new([new("s1"), .. peers]);
        bench.Config = bench.Config! with { MinQuorum = prng.Below(5), CleanupDeadServers = prng.Chance(4, 5) };
        if (prng.Chance(1, 2))
        {
            bench.Promoter.Standard = new AutopilotPromoter();
            bench.Config = bench.Config with { EnableRedundancyZones = prng.Chance(1, 2) };
            foreach (Peer peer in bench.Peers.Values)
            {
                peer.Version = prng.Chance(1, 3) ? "1.1.0" : "1.0.0";
                peer.Tags[ServerTraits.ZoneTag] = $"{prng.Below(4)}";
                peer.Tags[ServerTraits.NonVoterTag] = $"{prng.Below(8)}";
            }
        }

        return bench.Started();
    }

    private static AutopilotExplanation Explain(DriverBench bench) => bench.Driver.Explain(bench.View, bench.Now);

    private static ServerExplanation OutlookOf(DriverBench bench, string id) =>
        Explain(bench).Servers.Single(server => server.Id == new ServerId(id));

    private static Peer NonVoter(string id) => new(id) { Suffrage = RaftSuffrage.NonVoter };

    private static Peer Failed(string id) => new(id) { Status = NodeStatus.Failed, Answers = false };
}
