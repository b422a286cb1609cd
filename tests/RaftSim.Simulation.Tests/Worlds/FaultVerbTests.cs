using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>What scripts can do to disks, links and single messages.</summary>
public sealed class FaultVerbTests
{
    // Goal: a leader whose disk stalls makes way for another, although it could still send heartbeats (hashicorp/raft #503).
    // It is the sample of the documentation.
    [Fact]
    public void A_leader_whose_disk_stalls_makes_way()
    {
        SimWorld world = new(seed: 503, servers: 3);
        int stalled = world.AwaitLeader();
        world.StallDisk(stalled, Duration.Seconds(60));
        world.Propose(stalled, "never written here"u8.ToArray());
        Assert.True(world.RunUntil(() => world.Leader is int leader && leader != stalled, Duration.Seconds(15)));
        world.Commit(world.AwaitLeaderOtherThan(stalled), "written by the others");
        Assert.Equal(1, world.Faults[FaultKind.StalledDisk]);
    }

    // Goal: a rule takes out the very message that it means, and no other; without it the run is the same again.
    [Fact]
    public void A_rule_loses_the_message_that_it_means()
    {
        (ulong Lost, ulong Sent, UInt128 Hash) with = Play(1);
        Assert.Equal(1UL, with.Lost);
        Assert.True(with.Sent > 1);
        Assert.Equal(with, Play(1));
        Assert.Equal(Play(0).Hash, Play(null).Hash);
        Assert.NotEqual(Play(0).Hash, with.Hash);

        static (ulong Lost, ulong Sent, UInt128 Hash) Play(ulong? lose)
        {
            SimWorld world = new(seed: 31);
            int leader = world.AwaitLeader();
            ulong lost = 0;
            ulong sent = 0;
            world.Network.Rule = lose is null ? null : (from, _, envelope) =>
            {
                bool isMeant = from != leader && envelope.Message.Kind == ServerMessageKind.Raft
                    && envelope.Message.Raft.Kind == RaftMessageKind.AppendReply;
                sent += isMeant ? 1UL : 0UL;
                if (!isMeant || lost == lose)
                {
                    return Verdict.Keep;
                }

                lost++;
                return Verdict.Drop;
            };
            world.Commit(leader, "a command");
            world.RunFor(Duration.Seconds(2));
            return (lost, sent, world.Result.TraceHash);
        }
    }

    // Goal: a rule holds messages up for as long as it says; peace ends it.
    [Fact]
    public void A_rule_holds_messages_up_until_peace_comes()
    {
        SimWorld world = new(seed: 32);
        int leader = world.AwaitLeader();
        world.Network.Rule = (_, _, _) => Verdict.Delay(Duration.Milliseconds(100));
        Duration before = world.Now;
        world.Commit(leader, "slow");
        Assert.True(world.Now >= before + Duration.Milliseconds(200));
        world.Settle();
        Assert.Null(world.Network.Rule);
        Assert.Throws<ArgumentOutOfRangeException>(() => Verdict.Delay(new Duration(-1)));
    }

    // Goal: what has no meaning is refused, and nothing is done.
    [Fact]
    public void What_has_no_meaning_is_refused()
    {
        SimWorld world = new(seed: 33);
        Assert.Throws<ArgumentOutOfRangeException>(() => world.SlowDisk(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.StallDisk(0, Duration.Zero));
        Assert.Throws<ArgumentException>(() => world.FailNext(0, SimDiskFault.Wipe));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.SlowLink(0, 1, 1_000_001));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.LimitLink(0, 1, 99));
        Assert.Throws<ArgumentException>(() => world.CutLink(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.ResetLink(0, 3));
        world.RunFor(Duration.Seconds(5));
        Assert.All(FaultCounts.Kinds.ToArray(), kind => Assert.Equal(0, world.Faults[kind]));
    }
}
