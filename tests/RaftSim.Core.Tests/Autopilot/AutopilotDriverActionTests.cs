using RaftSim.Autopilot;
using Peer = RaftSim.Tests.Autopilot.DriverBench.Peer;

namespace RaftSim.Tests.Autopilot;

public sealed class AutopilotDriverActionTests
{
    // Goal: nothing is changed before one reconcile interval has passed (raft-autopilot, run loop).
    [Fact]
    public void First_round_of_actions_comes_one_interval_after_the_start()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2")).Started();
        MonoTime start = bench.Now;

        bench.Run(Duration.Seconds(10) - new Duration(1));
        Assert.Empty(bench.Actions);

        bench.Run(new(1));
        AutopilotAction promotion = Assert.Single(bench.Actions);
        Assert.Equal(AutopilotActionKind.Promote, promotion.Kind);
        Assert.Equal(start + Duration.Seconds(10), bench.Now);
        Assert.Contains("promoting s2: healthy for 10s", bench.Events);
        Assert.Contains("promoted s2", bench.Events);
    }

    // Goal: after the young days a server waits its time (raft-autopilot, ServerStabilizationTime).
    [Fact]
    public void Newcomer_waits_for_its_stabilization_time()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2")).Started();
        bench.Run(Duration.Seconds(25));
        bench.Peers.Add(new("s3"), NonVoter("s3"));

        bench.Run(Duration.Seconds(9));
        Assert.Empty(bench.Actions);

        // Seen healthy at 26 s, so stable from 36 s on: the round of 40 s takes it.
        bench.Run(Duration.Seconds(6));
        Assert.Equal(new ServerId("s3"), Assert.Single(bench.Actions).Server);
    }

    // Goal: health that flaps starts the waiting anew (Nomad documentation of StableSince).
    [Fact]
    public void Newcomer_that_flaps_waits_again()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2")).Started();
        bench.Run(Duration.Seconds(25));
        bench.Peers.Add(new("s3"), NonVoter("s3"));
        bench.Run(Duration.Seconds(8));
        bench["s3"].Stats = new(Duration.Seconds(1), new(3), bench.LastIndex);
        bench.Run(Duration.Seconds(2));
        bench["s3"].Stats = null;

        // Healthy again at 36 s: too late for the round of 40 s, in time for that of 50 s.
        bench.Run(Duration.Seconds(14));
        Assert.Empty(bench.Actions);
        bench.Run(Duration.Seconds(1));
        Assert.Equal(new ServerId("s3"), Assert.Single(bench.Actions).Server);
    }

    // Goal: a busy log does not keep a newcomer from its vote: the stats of the last round are judged by that round's log
    // end, also on the tick on which the next round begins.
    [Fact]
    public void Busy_log_does_not_hold_up_a_promotion()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2")).Started();
        bench.Run(Duration.Seconds(9));
        bench.LastIndex += 100_000;
        bench.Run(Duration.Seconds(1));
        Assert.Single(bench.Actions);
    }

    // Goal: one configuration change at a time (dissertation §4.1); the next follows when the one before is done.
    [Fact]
    public void One_action_is_in_flight()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(15));
        Assert.Equal(["s2"], bench.Actions.Select(action => action.Server.ToString()));

        bench.CarryOut(bench.Actions[0]);
        bench.Run(Duration.Zero);
        Assert.Equal(["s2", "s3"], bench.Actions.Select(action => action.Server.ToString()));
        Assert.NotEqual(bench.Actions[0].Id, bench.Actions[1].Id);
    }

    // Goal: promotions come before removals on the same tick (raft-autopilot, run loop).
    [Fact]
    public void Dead_servers_go_after_the_promotions()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2"), Failed("s3"), NonVoter("s4")).Started();
        bench.Run(Duration.Seconds(10));
        Assert.Equal(
            [AutopilotActionKind.Promote, AutopilotActionKind.RemoveFailed], bench.Actions.Select(action => action.Kind));
        Assert.Contains("removing failed server s3: membership has it as failed", bench.Events);
    }

    // Goal: whoever watches the health sees a server fail before it is gone: a failure that no state has shown yet waits
    // for the next round.
    [Fact]
    public void Nobody_is_removed_before_a_state_has_shown_it_dead()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2"), new("s3")).Started();
        bench.Run(Duration.Milliseconds(9_500));
        bench["s3"].Status = NodeStatus.Failed;

        bench.Run(Duration.Milliseconds(500));
        Assert.Empty(bench.Actions);
        Assert.Contains("kept s3: no state has shown yet that it is dead", bench.Events);
        bench.Run(Duration.Milliseconds(9_999));
        Assert.Equal(NodeStatus.Failed, bench.Driver.State!.Find(new("s3"))!.Server.NodeStatus);
        Assert.Empty(bench.Actions);

        bench.Run(Duration.Milliseconds(1));
        Assert.Equal(new ServerId("s3"), Assert.Single(bench.Actions).Server);
    }

    // Goal: a failed action ends its round, and only its round (raft-autopilot, reconcile and prune on one tick).
    [Fact]
    public void Failed_action_ends_the_round_but_not_the_prune()
    {
        var bench = new DriverBench(new("s1"), new("s2"), NonVoter("s3"), NonVoter("s4"), Stale("s5"));
        bench.CarriesOut = false;
        bench.Started();
        bench.Run(Duration.Seconds(10));

        bench.Driver.ActionCompleted(bench.Actions[0].Id, false, "no leader", bench.Now);
        bench.Run(Duration.Zero);

        Assert.Equal(["s3", "s5"], bench.Actions.Select(action => action.Server.ToString()));
        Assert.Contains("could not promote s3: no leader", bench.Events);

        bench.Driver.ActionCompleted(bench.Actions[1].Id, false, "no leader", bench.Now);
        bench.Run(Duration.Seconds(10));
        Assert.Equal(3, bench.Actions.Count);
        Assert.Equal(new ServerId("s3"), bench.Actions[2].Server);
    }

    // Goal: a failed server whose removal fails does not keep the others that are to go waiting for the next round: the original
    // only logs it. A stale one's does: there the cluster itself refused.
    [Fact]
    public void A_removal_that_membership_refuses_does_not_end_the_round()
    {
        var bench = new DriverBench(new("s1"), new("s2"), new("s3"), Failed("s4"), Failed("s5")) { CarriesOut = false };
        bench.Started();
        bench.Run(Duration.Seconds(10));
        bench.Driver.ActionCompleted(bench.Actions[0].Id, false, "not now", bench.Now);
        bench.Run(Duration.Zero);
        Assert.Equal(["s4", "s5"], bench.Actions.Select(action => action.Server.ToString()));

        bench = new DriverBench(new("s1"), new("s2"), new("s3"), Stale("s4"), Stale("s5")) { CarriesOut = false };
        bench.Started();
        bench.Run(Duration.Seconds(10));
        bench.Driver.ActionCompleted(bench.Actions[0].Id, false, "not now", bench.Now);
        bench.Run(Duration.Zero);
        Assert.Single(bench.Actions);
    }

    // Goal: a round is not held up for ever, nor doubled: a tick that finds an action in flight runs when that is over.
    [Fact]
    public void Rounds_that_fall_due_meanwhile_merge_into_one()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(45));
        Assert.Single(bench.Actions);
        bench.Peers.Add(new("s3"), NonVoter("s3"));
        bench.Run(Duration.Seconds(14));

        bench.CarriesOut = true;
        bench.CarryOut(bench.Actions[0]);
        bench.Run(Duration.Zero);

        Assert.Equal(["s2", "s3"], bench.Actions.Select(action => action.Server.ToString()));
    }

    // Goal: what was lost on the way must not come back: the end of a leadership ends its round.
    [Fact]
    public void Stop_in_the_middle_drops_the_round()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(10));
        AutopilotAction first = Assert.Single(bench.Actions);
        bench.Driver.Stop();
        bench.Driver.ActionCompleted(first.Id, true, "", bench.Now);
        Assert.Equal(MonoTime.Never, bench.Driver.NextDeadline);

        bench.Started();
        bench.Driver.ActionCompleted(first.Id, true, "", bench.Now);
        bench.Run(Duration.Seconds(9));
        Assert.Single(bench.Actions);
    }

    // Goal: the end of an action of an earlier run does not end one of this run.
    [Fact]
    public void Completion_of_an_earlier_run_is_ignored()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(10));
        bench.Driver.Stop();
        bench.Started();
        bench.Run(Duration.Seconds(10));
        Assert.Equal(2, bench.Actions.Count);

        bench.Driver.ActionCompleted(bench.Actions[0].Id, true, "", bench.Now);
        bench.Run(Duration.Seconds(1));

        Assert.Equal(2, bench.Actions.Count);
    }

    // Goal: several wishes, one prune, without waiting for the tick (published case prune-request-is-queued).
    [Fact]
    public void Prune_requests_merge()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2"), Stale("s3"), NonVoter("s4")).Started();
        bench.Driver.RequestPrune(bench.Now);
        bench.Driver.RequestPrune(bench.Now);
        Assert.Equal(bench.Now, bench.Driver.NextDeadline);

        bench.Run(Duration.Zero);

        AutopilotAction removal = Assert.Single(bench.Actions);
        Assert.Equal(AutopilotActionKind.RemoveStale, removal.Kind);
        Assert.True(bench.Driver.NextDeadline > bench.Now);
    }

    // Goal: a wish that comes while an action is in flight is remembered, and does not spin the shell.
    [Fact]
    public void Prune_request_waits_for_the_action_in_flight()
    {
        DriverBench bench = new DriverBench(new("s1"), new("s2"), new("s3"), NonVoter("s4")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(10));
        bench["s3"].Status = null;
        bench.Run(DriverBench.StateInterval);
        bench.Driver.RequestPrune(bench.Now);
        bench.Run(Duration.Zero);
        Assert.Single(bench.Actions);
        Assert.True(bench.Driver.NextDeadline > bench.Now);

        bench.CarryOut(bench.Actions[0]);
        bench.Run(Duration.Zero);
        Assert.Equal(["s4", "s3"], bench.Actions.Select(action => action.Server.ToString()));
    }

    // Goal: a wish to a stopped driver is no wish.
    [Fact]
    public void Prune_request_while_stopped_is_dropped()
    {
        DriverBench bench = new(new("s1"), new("s2"), Stale("s3"));
        bench.Driver.RequestPrune(bench.Now);
        bench.Started();
        Assert.Empty(bench.Actions);
    }

    // Goal: off means no change of any kind, while health is still watched; on again, it goes on (published case
    // reconciliation-can-be-re-enabled).
    [Fact]
    public void Reconciliation_can_be_switched_off_and_on()
    {
        DriverBench bench = new(new("s1"), new("s2"), Stale("s3"), NonVoter("s4")) { ReconciliationEnabled = false };
        bench.Started();
        bench.Driver.RequestPrune(bench.Now);
        bench.Run(Duration.Seconds(30));
        Assert.Empty(bench.Actions);
        Assert.NotEmpty(bench.States);

        bench.ReconciliationEnabled = true;
        bench.Run(Duration.Seconds(10));
        Assert.Equal(2, bench.Actions.Count);
    }

    // Goal: switching off in the middle of a round stops the rest of it.
    [Fact]
    public void Switching_off_in_the_middle_drops_the_rest()
    {
        DriverBench bench = new DriverBench(new("s1"), NonVoter("s2"), NonVoter("s3")).Started();
        bench.CarriesOut = false;
        bench.Run(Duration.Seconds(10));
        bench.ReconciliationEnabled = false;
        bench.CarryOut(bench.Actions[0]);
        bench.Run(Duration.Zero);
        Assert.Single(bench.Actions);
        Assert.Contains("did not promote s3: reconciliation is off", bench.Events);
    }

    // Goal: a dead server stays when MinQuorum says so, and the reason is told once, not every round.
    [Fact]
    public void Refusal_is_told_once()
    {
        DriverBench bench = new(new("s1"), new("s2"), Failed("s3"));
        bench.Config = bench.Config! with { MinQuorum = 3 };
        bench.Started();
        bench.Run(Duration.Seconds(60));
        Assert.Empty(bench.Actions);
        Assert.Single(bench.Events, text => text == "kept s3: removing it would leave 2 voters, fewer than MinQuorum 3");

        bench.Config = bench.Config with { MinQuorum = 0 };
        bench.Run(Duration.Seconds(10));
        Assert.Single(bench.Actions);
    }

    // Goal: a round without a leader says why it does nothing, once (raft-autopilot, reconcile).
    [Fact]
    public void Round_without_a_state_says_so()
    {
        DriverBench bench = new(new("s2"), new("s3"));
        bench.Started();
        bench.Run(Duration.Seconds(30));
        Assert.Single(bench.Events, text => text == "cannot reconcile: there is no state with a leader in it yet");
    }

    private static Peer NonVoter(string id) => new(id) { Suffrage = RaftSuffrage.NonVoter };

    private static Peer Failed(string id) => new(id) { Status = NodeStatus.Failed, Answers = false };

    private static Peer Stale(string id) => new(id) { Status = null, Answers = false };
}
