namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>A run can be ended from outside.</summary>
public sealed class CancellationTests
{
    // Goal: a world that is cancelled stops between two events and loses none: it goes on as if nothing had been.
    [Fact]
    public void A_world_that_was_cancelled_can_go_on()
    {
        int asked = 0;
        SimWorld world = new(seed: 5, servers: 3) { IsCancelled = () => ++asked > 500 };
        Assert.Throws<OperationCanceledException>(() => world.RunFor(Duration.Seconds(10)));
        Assert.InRange(world.Now.Nanos, 1, Duration.Seconds(9).Nanos);
        Assert.Throws<OperationCanceledException>(() => world.RunUntil(() => false, Duration.Seconds(1)));
        Assert.Equal(502, asked);
        Assert.Null(world.Result.Violation);

        world.IsCancelled = null;
        world.RunFor(Duration.Seconds(10) - world.Now);
        SimWorld other = new(seed: 5, servers: 3);
        other.RunFor(Duration.Seconds(10));
        Assert.Equal(other.Result.TraceHash, world.Result.TraceHash);
    }

    // Goal: so does a whole run, whatever it is doing.
    [Fact]
    public void A_run_that_is_cancelled_ends()
    {
        SimWorld world = SimWorld.Swarm(5);
        world.IsCancelled = () => world.Now > Duration.Seconds(3);
        Assert.Throws<OperationCanceledException>(() => world.Run(SimWorld.DurationMax));
        Assert.InRange(world.Now.Nanos, Duration.Seconds(3).Nanos, Duration.Seconds(4).Nanos);
    }
}
