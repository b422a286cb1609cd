using RaftSim.Autopilot;
using Peer = RaftSim.Tests.Autopilot.DriverBench.Peer;

namespace RaftSim.Tests.Autopilot;

// An action whose turn has come is checked against the world as it is by then: our own rule, on top of the original.
public sealed class ActionRecheckTests
{
    // Goal: a promotion is issued only to a healthy server without a vote that the policy still wants.
    [Theory]
    [InlineData("failed", "it is no longer healthy (not alive: membership has it as failed)")]
    [InlineData("slow", "it is no longer healthy (last contact 1s over 200ms)")]
    [InlineData("promoted", "it has a vote already")]
    [InlineData("removed", "it is no longer in the Raft configuration")]
    [InlineData("off", "reconciliation is off")]
    [InlineData("unconfigured", "reconciliation is off")]
    [InlineData("other policy", "the policy no longer asks for it")]
    public void Promotion_is_dropped_when_its_ground_is_gone(string meanwhile, string why)
    {
        var bench = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3"));
        bench.Config = bench.Config! with { CleanupDeadServers = false };
        Meanwhile(bench, bench => Change(bench, bench["s3"], meanwhile));
        Assert.Equal(["s2"], bench.Actions.Select(action => action.Server.ToString()));
        Assert.Contains($"did not promote s3: {why}", bench.Events);
    }

    // Goal: a removal is issued only while the server is dead, the limits hold and a live majority remains.
    [Theory]
    [InlineData("alive", "it is alive again")]
    [InlineData("removed", "it is no longer in the Raft configuration")]
    [InlineData("forgotten", "membership no longer knows it")]
    [InlineData("off", "reconciliation is off")]
    [InlineData("no clean-up", "the clean-up of dead servers is off")]
    [InlineData("more wanted", "removing it would leave 3 voters, fewer than MinQuorum 4")]
    [InlineData("others removed", "one round removes at most 0 of 2 voters")]
    [InlineData("others failed", "only 1 of the 3 voters left would be alive, no majority")]
    [InlineData("spared", "the policy spares it")]
    public void Removal_is_dropped_when_its_ground_is_gone(string meanwhile, string why)
    {
        var bench = new DriverBench(new("s1"), new("s2"), new("s3"), Failed("s4"), Failed("s5"));
        Meanwhile(bench, bench => Change(bench, bench["s5"], meanwhile));
        Assert.Equal(["s4"], bench.Actions.Select(action => action.Server.ToString()));
        Assert.Contains($"did not remove failed server s5: {why}", bench.Events);
    }

    // Goal: the same rounds without any change do issue the second action: the tests above can fail.
    [Fact]
    public void Nothing_is_dropped_when_nothing_changed()
    {
        var promotions = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3"));
        Meanwhile(promotions, static _ => { });
        Assert.Equal(2, promotions.Actions.Count);

        var removals = new DriverBench(new("s1"), new("s2"), new("s3"), Failed("s4"), Failed("s5"));
        Meanwhile(removals, static _ => { });
        Assert.Equal(2, removals.Actions.Count);
    }

    // Goal: a stale server that membership has come to know is not removed as stale.
    [Fact]
    public void Stale_server_that_became_known_is_left_to_the_next_round()
    {
        var bench = new DriverBench(new("s1"), new("s2"), new("s3"), Stale("s4"), Stale("s5"));
        Meanwhile(bench, static bench => bench["s5"].Status = NodeStatus.Failed);
        Assert.Equal(AutopilotActionKind.RemoveStale, Assert.Single(bench.Actions).Kind);
        Assert.Contains("did not remove stale server s5: membership knows it again", bench.Events);

        bench.Run(Duration.Seconds(10));
        Assert.Equal(AutopilotActionKind.RemoveFailed, bench.Actions[^1].Kind);
    }

    // Goal: of 5 voters with 3 dead the original removes two, over a configuration of 4 in which only 2 are alive. We do not:
    // a live majority stands after every step.
    [Fact]
    public void Removal_that_leaves_no_live_majority_is_not_issued()
    {
        var bench = new DriverBench(new("s1"), new("s2"), Failed("s3"), Failed("s4"), Failed("s5"));
        bench.Started();
        bench.Run(Duration.Seconds(10));
        Assert.Empty(bench.Actions);
        Assert.Contains(
            "did not remove failed server s3: only 2 of the 4 voters left would be alive, no majority", bench.Events);

        // The reason holds round after round, and is told once.
        bench.Events.Clear();
        bench.Run(Duration.Seconds(50));
        Assert.Empty(bench.Events);
    }

    // Goal: the leader is never removed by its own autopilot, even if membership forgot it.
    [Fact]
    public void Leader_is_not_removed()
    {
        var bench = new DriverBench(Stale("s1"), new("s2"), new("s3"));
        bench.Started();
        bench.Run(Duration.Seconds(10));
        Assert.Empty(bench.Actions);
        Assert.Contains("did not remove stale server s1: it leads", bench.Events);
    }

    // Goal: a removal that membership carries out later is counted at once (raft-autopilot, shared budget).
    [Fact]
    public void Removal_that_is_still_on_its_way_is_counted()
    {
        var bench = new DriverBench(new("s1"), new("s2"), new("s3"), Failed("s4"), Failed("s5")) { CarriesOut = false };
        bench.Started();
        bench.Run(Duration.Seconds(10));
        bench.Peers.Remove(new("s3"));

        // Reported done, but s4 still stands in the Raft configuration: of s1, s2, s5 no more than one may go.
        bench.Config = bench.Config! with { MinQuorum = 3 };
        bench.Driver.ActionCompleted(bench.Actions[0].Id, true, "", bench.Now);
        bench.Run(Duration.Zero);

        Assert.Single(bench.Actions);
        Assert.Contains(
            "did not remove failed server s5: removing it would leave 2 voters, fewer than MinQuorum 3", bench.Events);
    }

    // Goal: a demotion takes no vote from the leader, from who has none, or from a majority.
    [Theory]
    [InlineData("s1", "it leads, and leadership moves first")]
    [InlineData("s2", "only 1 of the 2 voters left would be healthy, no majority")]
    public void Demotion_is_dropped_when_it_would_do_harm(string server, string why)
    {
        var bench = new DriverBench(new("s1"), new("s2"), Failed("s3"));
        bench.Config = bench.Config! with { CleanupDeadServers = false };
        bench.Promoter.Fixed = new() { Changes = new([], [new(server)], default) };
        bench.Started();
        bench.Run(Duration.Seconds(10));
        Assert.Empty(bench.Actions);
        Assert.Contains($"did not demote {server}: {why}", bench.Events);
    }

    // Goal: a demotion of a voter that is not missed goes through, and the repetition that the plan lists does not.
    [Fact]
    public void Unhealthy_voter_is_demoted_once()
    {
        var bench = new DriverBench(new("s1"), new("s2"), Failed("s3"));
        bench.Config = bench.Config! with { CleanupDeadServers = false };
        bench.Promoter.Fixed = new() { Changes = new([], [new("s3")], default) };
        bench.Started();
        bench.Run(Duration.Seconds(10));
        AutopilotAction demotion = Assert.Single(bench.Actions);
        Assert.Equal(AutopilotActionKind.Demote, demotion.Kind);
    }

    // Goal: a healthy voter keeps its vote while another one, which has failed since the round was planned, is to go: the other
    // way round the cluster could lose less in between. The next round has them in the right order.
    [Fact]
    public void Healthy_voter_is_not_demoted_before_one_that_has_failed_since()
    {
        var bench = new DriverBench(new("s1"), new("s2"), new("s3"), new("s4"), new("s5"));
        bench.Config = bench.Config! with { CleanupDeadServers = false };
        bench.Promoter.Fixed = new() { Changes = new([], [new("s2"), new("s3")], default) };
        Meanwhile(bench, static bench =>
        {
            Change(bench, bench["s5"], "failed");
            bench.Promoter.Fixed!.Changes = new([], [new("s5"), new("s3")], default);
        });
        Assert.Equal(["s2"], bench.Actions.Select(action => action.Server.ToString()));
        Assert.Contains("did not demote s3: s5, which is not healthy, loses its vote first", bench.Events);

        bench.CarriesOut = true;
        bench.Run(Duration.Seconds(20));
        Assert.Equal(["s2", "s5", "s3"], bench.Actions.Select(action => action.Server.ToString()));
    }

    // Goal: leadership goes to a healthy voter only.
    [Theory]
    [InlineData("s2", "it is not healthy (not alive: membership has it as failed)")]
    [InlineData("s3", "it has no vote")]
    public void Transfer_to_who_cannot_lead_is_dropped(string server, string why)
    {
        var bench = new DriverBench(new("s1"), Failed("s2"), NonVoter("s3"), new("s4"));
        bench.Config = bench.Config! with { CleanupDeadServers = false };
        bench.Promoter.Fixed = new() { Changes = new([], [], new(server)) };
        bench.Started();
        bench.Run(Duration.Seconds(10));
        Assert.Empty(bench.Actions);
        Assert.Contains($"did not move leadership to {server}: {why}", bench.Events);

        bench.Promoter.Fixed.Changes = new([], [], new("s4"));
        bench.Run(Duration.Seconds(10));
        Assert.Equal(AutopilotActionKind.TransferLeadership, Assert.Single(bench.Actions).Kind);
    }

    // Goal: a busy log does not make old stats look behind: the check judges them by the log end of their own round.
    [Fact]
    public void Fresh_log_end_is_not_held_against_old_stats()
    {
        var bench = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3"));
        Meanwhile(bench, static bench => bench.LastIndex += 100_000);
        Assert.Equal(2, bench.Actions.Count);
    }

    private static void Meanwhile(DriverBench bench, Action<DriverBench> change)
    {
        bench.CarriesOut = false;
        bench.Started();

        // Past the young days, so that stability counts.
        bench.Run(Duration.Seconds(10));
        AutopilotAction first = Assert.Single(bench.Actions);
        change(bench);
        bench.CarryOut(first);
        bench.Run(Duration.Zero);
    }

    private static void Change(DriverBench bench, Peer peer, string what)
    {
        AutopilotConfig config = bench.Config!;
        switch (what)
        {
            case "alive":
                peer.Status = NodeStatus.Alive;
                break;
            case "failed":
                peer.Status = NodeStatus.Failed;
                break;
            case "forgotten":
                peer.Status = null;
                break;
            case "slow":
                peer.Stats = new(Duration.Seconds(1), new(3), bench.LastIndex);
                bench.Run(Duration.Seconds(2));
                break;
            case "promoted":
                peer.Suffrage = RaftSuffrage.Voter;
                break;
            case "removed":
                peer.Suffrage = null;
                break;
            case "off":
                bench.ReconciliationEnabled = false;
                break;
            case "unconfigured":
                bench.Config = null;
                break;
            case "no clean-up":
                bench.Config = config with { CleanupDeadServers = false };
                break;
            case "more wanted":
                bench.Config = config with { MinQuorum = 4 };
                break;
            case "others removed":
                (bench["s2"].Suffrage, bench["s3"].Suffrage) = (null, null);
                break;
            case "others failed":
                (bench["s2"].Status, bench["s3"].Status) = (NodeStatus.Failed, NodeStatus.Failed);
                break;
            case "other policy":
                bench.Promoter.Fixed = new();
                break;
            case "spared":
                bench.Promoter.Fixed = new() { Spared = { peer.Id } };
                break;
            default:
                throw new InvalidDataException(what);
        }
    }

    private static Peer NonVoter(string id) => new(id) { Suffrage = RaftSuffrage.NonVoter };

    private static Peer Failed(string id) => new(id) { Status = NodeStatus.Failed, Answers = false };

    private static Peer Stale(string id) => new(id) { Status = null, Answers = false };
}
