using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Tests.Worlds;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Worlds in which nothing is committed any more: rightly so, or not.</summary>
public sealed class LivenessUnderFaultsTests
{
    private readonly SimWorld _world = new(seed: 711, servers: 5);
    private readonly LivenessUnderFaults _checker;

    /// <summary>A world that works.</summary>
    public LivenessUnderFaultsTests()
    {
        _world.AwaitLeader();
        _world.RunFor(Duration.Seconds(40));
        _checker = new LivenessUnderFaults(_world);
    }

    // Goal: when a majority could go on and does not, that is seen. Here nothing arrives, of which the checker is not told.
    [Fact]
    public void A_majority_that_gets_nothing_done_is_seen()
    {
        _world.Network.Options = LinkOptions.Calm with { DropPerMille = 1_000 };
        ViolationException violation = Assert.Throws<ViolationException>(() => Watch(Duration.Seconds(60)));
        Assert.Equal("liveness-under-faults", violation.Checker);
        Assert.StartsWith("for 20s nothing was committed", violation.Message, StringComparison.Ordinal);
    }

    // Goal: a server that the leader reaches and that does not follow it is seen, though all others go on. Here nothing comes
    // through to it in time, of which the checker is not told; where it is told, nothing is asked for.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_that_is_left_behind_is_seen(bool isKnown)
    {
        int leader = _world.Leader!.Value;
        int behind = _world.Next(leader);
        if (isKnown)
        {
            _world.Block(leader, behind);
            Watch(Duration.Seconds(60));
            return;
        }

        _world.Network.Slow(leader, behind, 1 << 20);
        ViolationException violation = Assert.Throws<ViolationException>(() => Watch(Duration.Seconds(60)));
        Assert.Equal("liveness-under-faults", violation.Checker);
        Assert.StartsWith(
            $"for 20s server {leader} led and reached server {behind}, which does not follow it",
            violation.Message,
            StringComparison.Ordinal);
    }

    // Goal: no false alarm: nobody reaches a majority of sound servers both ways, for one reason or another.
    [Theory]
    [InlineData("cut")]
    [InlineData("deaf")]
    [InlineData("down")]
    [InlineData("full")]
    [InlineData("restless")]
    public void Where_nobody_has_a_majority_nothing_is_asked_for(string reason)
    {
        _world.Network.Options = LinkOptions.Calm with { DropPerMille = 1_000 };
        for (int server = 0; server < 3; server++)
        {
            switch (reason)
            {
                case "cut":
                    _world.Partition(0, 1);
                    _world.Block(2, 3);
                    _world.Block(4, 2);
                    break;
                case "deaf":
                    _world.Block(server, 3);
                    _world.Block(server, 4);
                    _world.Block(server, (server + 1) % 3);
                    break;
                case "down":
                    _world.Crash(server);
                    break;
                case "full":
                    _world.FillDisk(server, isFull: true);
                    break;
            }
        }

        for (int second = 0; second < 60; second += 10)
        {
            if (reason is "restless")
            {
                _world.Pause(0, Duration.Milliseconds(1));
                _world.Pause(1, Duration.Milliseconds(1));
                _world.Pause(2, Duration.Milliseconds(1));
            }

            Watch(Duration.Seconds(10));
        }
    }

    // Goal: no false alarm: a pause does not end the stall of a disk.
    [Fact]
    public void Servers_that_wait_for_their_disks_are_asked_for_nothing()
    {
        for (int server = 0; server < 3; server++)
        {
            _world.StallDisk(server, Duration.Seconds(300));
        }

        _world.Propose(_world.Leader!.Value, "written nowhere"u8.ToArray());
        Watch(Duration.Seconds(1));
        for (int server = 0; server < 3; server++)
        {
            _world.Pause(server, Duration.Milliseconds(1));
        }

        Watch(Duration.Seconds(60));
    }

    // Goal: no false alarm: a world that commits something now and then is alive.
    [Fact]
    public void A_world_that_commits_is_alive()
    {
        for (int i = 0; i < 6; i++)
        {
            _world.Commit(_world.Leader!.Value, $"{i}");
            Watch(Duration.Seconds(15));
        }
    }

    // Goal: no false alarm: a leader that is asked for nothing, or for a write that may be lost with its predecessor, need not
    // commit anything.
    [Fact]
    public void A_leader_that_is_asked_for_nothing_is_alive()
    {
        Watch(Duration.Seconds(60));
        _world.Commit(_world.Leader!.Value, "one");
        Watch(Duration.Seconds(60));
    }

    // Goal: no false alarm: when a leader that had nothing to do for long is gone, the time of the others begins.
    [Fact]
    public void The_time_without_a_leader_begins_when_it_is_gone()
    {
        Watch(Duration.Seconds(60));
        _world.Crash(_world.Leader!.Value);
        Watch(Duration.Seconds(15));
        Assert.NotNull(_world.Leader);
    }

    // Goal: no false alarm: what is asked of a server that nobody hears cannot be done.
    [Fact]
    public void What_is_asked_of_a_server_that_is_cut_off_counts_for_nothing()
    {
        int cut = (_world.Leader!.Value + 1) % _world.ServerCount;
        _world.Isolate(cut);
        for (int i = 0; i < 60; i++)
        {
            _world.Propose(cut, new[] { (byte)i });
            Watch(Duration.Seconds(1));
        }
    }

    private void Watch(Duration span)
    {
        Duration end = _world.Now + span;
        while (_world.Now < end)
        {
            _world.RunFor(Duration.Milliseconds(50));
            _checker.Look(_world.Now.Nanos);
        }
    }
}
