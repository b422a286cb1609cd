using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What a world must come to when all faults are over, each by messages that never arrive.</summary>
public sealed class PlantedLivenessTests
{
    // Goal: a world that finds no leader is seen: here nobody hears anybody.
    [Fact]
    public void A_world_without_a_leader_is_seen()
    {
        SimWorld world = Calm(631, out _);
        world.Network.Rule = static (_, _, _) => Verdict.Drop;
        world.RunFor(Duration.Seconds(20));
        Assert.Contains("no leader has committed an entry of its term", Unlively(world), StringComparison.Ordinal);
    }

    // Goal: a leader that takes somebody for dead who is back is seen: here autopilot looks once, when it begins to lead.
    [Fact]
    public void A_leader_that_does_not_hear_who_is_back_is_seen()
    {
        SimWorld world = Calm(632, out int gone, options => options with { AutopilotStateInterval = Duration.Seconds(86_400) });
        world.Crash(gone);
        world.RunFor(Duration.Seconds(60));
        int old = world.Leader!.Value;
        world.Crash(old);
        Assert.True(world.RunUntil(() => world.Leader is int leader && leader != old, Duration.Seconds(30)));
        world.RunFor(Duration.Seconds(10));
        world.Restart(gone);
        world.Restart(old);
        Assert.Contains("the leader does not take every server for alive", Unlively(world), StringComparison.Ordinal);
    }

    // Goal: a server that stays behind is seen: here it gets heartbeats and no entries.
    [Fact]
    public void A_server_that_does_not_catch_up_is_seen()
    {
        SimWorld world = Calm(633, out int behind);
        world.Network.Rule = (_, to, envelope) =>
            to == behind && envelope.Message.Kind == ServerMessageKind.Raft
                && envelope.Message.Raft.Kind is RaftMessageKind.Append or RaftMessageKind.Snapshot
                ? Verdict.Drop
                : Verdict.Keep;
        Assert.Contains("not every server has what is committed", Unlively(world), StringComparison.Ordinal);
    }

    // Five servers that know each other, none of which is removed for being silent; one that does not lead.
    private static SimWorld Calm(ulong seed, out int follower, Func<ServerOptions, ServerOptions>? adjust = null)
    {
        SimWorld world = new(seed, servers: 5, new SimOptions
        {
            Configure = (_, options) => (adjust?.Invoke(options) ?? options) with
            {
                InitialAutopilot = options.InitialAutopilot with { CleanupDeadServers = false },
            },
        });
        follower = world.Next(world.AwaitLeader());
        world.RunFor(Duration.Seconds(20));
        return world;
    }

    private static string Unlively(SimWorld world)
    {
        Violation violation = Assert.Throws<SimulationFailedException>(new Liveness(world).Check).Result!.Violation!;
        Assert.Equal("liveness", violation.Checker);
        return violation.Explanation;
    }
}
