using RaftSim.Autopilot;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Scripts in which the autopilot is asked why. Source: the item "Explain".</summary>
public sealed class ExplanationTests
{
    // Goal: any server may be asked; the leader's answer tells of a dead server before it is gone, and the events after.
    [Fact]
    public void The_leader_says_why_a_server_goes_and_that_it_is_gone()
    {
        SimWorld world = new(seed: 19, servers: 5);
        int leader = world.AwaitLeader();
        int dead = world.Next(leader);
        int asked = world.Next(dead);
        AutopilotExplanation calm = AwaitExplanation(world, asked, now => now.Servers.Count == 5);
        Assert.All(calm.Servers, server => Assert.Equal("nothing to do", server.Outlook));
        Assert.Equal(RaftState.Leader, calm.Servers.Single(server => server.Id == world.Status(leader).Self).State);
        Assert.True(calm.NextRound >= calm.Time && calm.StateTime <= calm.Time && calm.FirstStateTime <= calm.StateTime);

        ServerId id = world.Status(dead).Self;
        world.Crash(dead);
        AutopilotExplanation hurt = AwaitExplanation(world, asked, now => now.Servers.Any(server =>
            server.Outlook.StartsWith("is to remove failed server", StringComparison.Ordinal)));
        ServerExplanation failed = hurt.Servers.Single(server => !server.Health.Healthy);
        Assert.Equal((id, $"s{dead}.global"), (failed.Id, failed.Name));
        Assert.Equal("not alive: membership has it as failed", failed.HealthReason);

        world.Await(() => world.Members() == 4, "the dead server is removed");
        AutopilotExplanation gone = AwaitExplanation(world, asked, now => now.Servers.Count == 4);
        PastAutopilotEvent[] told = [.. gone.Events.Where(one => one.Server == id)];
        Assert.Equal(
            [AutopilotEventKind.Health, AutopilotEventKind.Action, AutopilotEventKind.Action], told.Select(one => one.Kind));
        Assert.All(told, one => Assert.Equal($"s{dead}.global", one.Name));
        Assert.Equal($"removed failed server s{dead}.global", told[^1].Text);
        Assert.Equal(gone.Events.OrderBy(one => one.Time), gone.Events);
        Assert.All(gone.Events, one => Assert.True(one.Time >= calm.FirstStateTime && one.Time <= gone.Time));
    }

    // Goal: with reconciliation off a leader judges health, and removes nobody; asked why, it says so.
    [Fact]
    public void A_leader_that_is_to_do_nothing_says_so()
    {
        SimWorld world = new(seed: 22, servers: 5, new SimOptions
        {
            Configure = static (_, options) => options with { ReconciliationEnabled = false },
        });
        int leader = world.AwaitLeader();
        world.Crash(world.Next(leader));
        world.RunFor(Duration.Seconds(60));
        Assert.Equal(5, world.Members());
        AutopilotExplanation why = AwaitExplanation(world, leader, now => now.Servers.Any(server => !server.Health.Healthy));
        Assert.Equal("reconciliation is off", why.Problem);
    }

    // Goal: what a leader knows ends with its leadership: the next one tells of its own run alone, and so does the first
    // when it leads again.
    [Fact]
    public void Events_are_forgotten_with_the_leadership()
    {
        SimWorld world = new(seed: 20);
        int first = world.AwaitLeader();
        AutopilotExplanation before = AwaitExplanation(world, first, now => now.Events.Count > 0);
        int second = world.Next(first);
        Lead(second);
        AutopilotExplanation after = AwaitExplanation(world, first, now => now.Events.Count > 0);
        Lead(first);
        AutopilotExplanation again = AwaitExplanation(world, second, now => now.Events.Count > 0);

        Assert.True(after.Events[0].Time > before.Time, $"{after.Events[0]} is not of the second run");
        Assert.True(again.Events[0].Time > after.Time, $"{again.Events[0]} is not of the third run");
        Assert.True(again.FirstStateTime > after.FirstStateTime);

        void Lead(int server)
        {
            world.Ask<TransferLeadershipReply>(first, new TransferLeadershipRequest(world.Status(server).Self.Value, null));
            world.Await(() => world.Leader == server, "leadership moves");
        }
    }

    // Goal: only the leader knows: without one there is no answer, however long ago this server led.
    [Fact]
    public void Without_a_leader_nobody_explains()
    {
        SimWorld world = new(seed: 21);
        int left = world.AwaitLeader();
        AwaitExplanation(world, left, now => now.Events.Count > 0);
        world.Crash(world.Next(left));
        world.Crash(world.Next(world.Next(left)));
        world.Await(() => world.Leader is null, "the leader steps down");
        ErrorReply error = world.Ask<ErrorReply>(left, new GetAutopilotExplanationRequest());
        Assert.Equal(ServerErrorKind.NoLeader, error.Kind);
    }

    private static AutopilotExplanation AwaitExplanation(
        SimWorld world, int asked, Func<AutopilotExplanation, bool> condition)
    {
        Duration until = world.Now + Script.Patience;
        AutopilotExplanation now;
        do
        {
            world.RunFor(Duration.Milliseconds(500));
            now = world.Ask<AutopilotExplanationReply>(asked, new GetAutopilotExplanationRequest()).Explanation;
        }
        while (world.Now < until && !condition(now));

        Assert.True(condition(now), $"asked at {world.Now}: {now}");
        return now;
    }
}
