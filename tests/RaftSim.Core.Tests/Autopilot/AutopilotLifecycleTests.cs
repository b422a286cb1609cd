using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

// Start and stop. Each published case of the table lifecycle, which is prose, is a test: what it expects is read from the data.
public sealed class AutopilotLifecycleTests
{
    private static readonly Duration Second = Duration.Seconds(1);

    // Goal: none of the published cases is forgotten.
    [Fact]
    public void Lifecycle_cases_are_covered()
    {
        string[] covered =
        [
            "start-computes-state-synchronously",               // First_state_is_there_as_soon_as_all_have_answered
            "stop-when-stopped-returns-closed-channel",         // Stopping_twice_is_harmless
            "stop-erases-state",                                // Stop_erases_everything
            "restart-resets-first-state-time-and-stable-since", // Restart_begins_health_anew
            "prune-request-is-queued",                          // AutopilotDriverActionTests.Prune_requests_merge
            "reconciliation-can-be-re-enabled",                 // AutopilotDriverActionTests.Reconciliation_can_be_...
        ];
        Assert.Equal(covered.Order(), VectorTable.NameList("lifecycle").Order());
    }

    // Goal: the first state comes with the start, not an interval later, and is told once (raft-autopilot, Start).
    [Fact]
    public void First_state_is_there_as_soon_as_all_have_answered()
    {
        JsonElement expected = VectorTable.Load("lifecycle", "start-computes-state-synchronously").Expected;
        DriverBench bench = Three().Started();

        Assert.Equal(expected.Text("status") == "running", bench.Driver.IsRunning);
        Assert.Equal(expected.Flag("state_available_on_return"), bench.Driver.State is not null);
        Assert.Equal(expected.Long("notify_state_calls"), bench.States.Count);
        Assert.Equal([bench.Now], bench.States);
        Assert.Equal(["s2", "s3"], bench.Asked.Select(asked => asked.Server.ToString()));
        AutopilotState state = bench.Driver.State!;
        Assert.True(state.Healthy);
        Assert.Equal(1, state.FailureTolerance);
        Assert.Equal(bench.Wall, state.FirstStateTime);
    }

    // Goal: stopping what does not run is fine, and it is stopped at once.
    [Fact]
    public void Stopping_twice_is_harmless()
    {
        JsonElement expected = VectorTable.Load("lifecycle", "stop-when-stopped-returns-closed-channel").Expected;
        DriverBench bench = Three().Started();
        bench.Driver.Stop();
        bench.Driver.Stop();
        Assert.Equal(expected.Flag("done_channel_closed"), !bench.Driver.IsRunning);
        Assert.Equal(MonoTime.Never, bench.Driver.NextDeadline);
    }

    // Goal: nothing of a term of leadership survives it: no state, and nothing that was still to be told (published case
    // stop-erases-state).
    [Fact]
    public void Stop_erases_everything()
    {
        DriverBench bench = Three().Started();
        Assert.NotNull(bench.Driver.State);
        bench.Sleep(DriverBench.StateInterval);
        bench.Driver.Tick(bench.View, bench.Now);
        bench.Driver.Stop();

        Assert.Null(bench.Driver.State);
        Assert.False(bench.Driver.TryTakeReady(out _));
        bench.Driver.Tick(bench.View, bench.Now);
        Assert.False(bench.Driver.TryTakeReady(out _));
    }

    // Goal: a new term starts health from scratch, at the moment of its start.
    [Fact]
    public void Restart_begins_health_anew()
    {
        VectorTable.Case one = VectorTable.Load("lifecycle", "restart-resets-first-state-time-and-stable-since");
        WallTime published = VectorReader.Time(one.Input.Text("first_start"));
        DriverBench bench = Three().Started();
        WallTime start = bench.Wall;
        bench.Run(VectorReader.Time(one.Input.Text("restart")) - published);
        Assert.Equal(start, bench.Driver.State!.FirstStateTime);
        bench.Driver.Stop();
        bench.Started();

        Assert.Equal(
            VectorReader.Time(one.Expected.Text("first_state_time")) - published,
            bench.Driver.State.FirstStateTime - start);
        Duration stable = VectorReader.Time(one.Expected.Text("stable_since_of_all_servers")) - published;
        Assert.All(bench.Driver.State.Servers, server => Assert.Equal(stable, server.Health.StableSince - start));
    }

    // Goal: a reply to a run that has ended says nothing about the next one.
    [Fact]
    public void Reply_of_an_earlier_run_is_ignored()
    {
        DriverBench bench = Three();
        bench["s3"].Answers = false;
        bench.Started();
        ulong old = bench.Asked[^1].Round;
        bench.Driver.Stop();
        bench.Started();

        bench.Reply(new("s3"), old);
        bench.Run(Duration.Zero);

        Assert.Empty(bench.States);
    }

    // Goal: starting twice changes nothing (raft-autopilot, Start while running).
    [Fact]
    public void Start_while_running_does_nothing()
    {
        DriverBench bench = Three().Started();
        bench.Run(Second);
        MonoTime deadline = bench.Driver.NextDeadline;
        bench.Driver.Start(bench.Now);
        Assert.Equal(deadline, bench.Driver.NextDeadline);
        Assert.NotNull(bench.Driver.State);
    }

    private static DriverBench Three() => new(new("s1"), new("s2"), new("s3"));
}
