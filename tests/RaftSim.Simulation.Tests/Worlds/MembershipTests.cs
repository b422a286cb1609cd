using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>Scripts about who belongs: servers that are removed, wiped or dead, and what the autopilot makes of them.</summary>
public sealed class MembershipTests
{
    // Goal: a live server that an operator removed is let in again, first without a vote and then with one.
    [Fact]
    public void A_removed_live_server_is_let_in_again_and_promoted()
    {
        SimWorld world = new(seed: 11);
        int leader = world.AwaitLeader();
        int removed = world.Next(leader);
        ServerId id = world.Status(removed).Self;
        world.Ask<DoneReply>(world.Next(removed), new RemoveServerRequest(id.Value, null));
        Assert.Null(world.Standing(removed));

        world.Await(() => world.Standing(removed) == Suffrage.NonVoter, "let in as a non-voter");
        world.Await(() => world.Standing(removed) == Suffrage.Voter, "promoted");
        Assert.Equal(id, world.Status(removed).Self);
        world.Commit(removed, "through the one that came back");
    }

    // Goal: a leader that an operator removes hands over by stepping down, and is let in again by its successor.
    [Fact]
    public void A_removed_leader_steps_down_and_is_let_in_again()
    {
        SimWorld world = new(seed: 12);
        int removed = world.AwaitLeader();
        world.Ask<DoneReply>(world.Next(removed), new RemoveServerRequest(null, $"s{removed}:4647"));
        world.AwaitLeaderOtherThan(removed);
        world.Await(() => world.Standing(removed) == Suffrage.Voter, "promoted");
        world.Commit(removed, "through the one that came back");
    }

    // Goal: a server whose disk was emptied comes back as a new server; its former self is removed and never counts again.
    [Fact]
    public void A_wiped_server_comes_back_as_a_new_one_and_is_promoted()
    {
        SimWorld world = new(seed: 13);
        int leader = world.AwaitLeader();
        int wiped = world.Next(leader);
        world.Commit(leader, "before");
        ServerId former = world.Status(wiped).Self;
        DiskId formerDisk = world.DiskOf(wiped);
        world.Wipe(wiped);
        world.Restart(wiped);
        world.Await(() => world.IsUp(wiped) && world.Status(wiped).Self != former, "a new identity");
        Assert.NotEqual(formerDisk, world.DiskOf(wiped));
        world.Await(() => world.Standing(wiped) == Suffrage.NonVoter, "let in as a non-voter");
        Assert.False(world.Status(leader).Configuration.TryFind(former, out _));
        world.Await(() => world.Standing(wiped) == Suffrage.Voter, "promoted");
        world.AwaitTally(1);
    }

    // Goal: servers that were given their ids come back under the same ones when their disks are emptied, one after the other:
    // whoever catches up from the beginning of the log, where the others still have the disks that they had then, must
    // answer the leader at the disk that it has now. Found by seed 241.
    [Fact]
    public void Servers_with_given_ids_come_back_after_each_of_them_was_emptied()
    {
        SimWorld world = new(seed: 46, servers: 4, new SimOptions
        {
            Configure = (_, options) => options with { Id = new ServerId(options.Name) },
        });
        int leader = world.AwaitLeader();
        for (int i = 0; i < 200; i++)
        {
            // More than fits into one message: there must be a moment at which a server that catches up knows the old disks.
            world.Commit(leader, $"before {i}");
        }

        int first = world.Next(leader);
        Replace(first);
        world.Ask<TransferLeadershipReply>(leader, new TransferLeadershipRequest(world.Status(first).Self.Value, null));
        world.Await(() => world.Leader == first, "the emptied server leads");

        Replace(world.Next(first));

        world.AwaitTally(200);

        bool VotesWith(int server, DiskId disk) => world.Leader is int leads
            && world.Status(leads).Configuration.TryFind(world.Status(server).Self, out ConfiguredServer member)
            && member.Disk == disk && member.Suffrage == Suffrage.Voter;

        void Replace(int server)
        {
            DiskId former = world.DiskOf(server);
            world.Wipe(server);
            world.Restart(server);
            world.Await(
                () => world.DiskOf(server) is { IsNone: false } disk && disk != former && VotesWith(server, disk),
                $"server {server} votes with its new disk");
        }
    }

    // Goal: a dead server makes the cluster unhealthy, is removed, and counts again when it is back. Any server may be asked.
    [Fact]
    public void A_dead_server_is_pruned_and_the_health_is_right_all_along()
    {
        SimWorld world = new(seed: 14, servers: 5);
        int leader = world.AwaitLeader();
        int dead = world.Next(leader);
        int asked = world.Next(dead);
        AutopilotState calm = AwaitHealth(world, asked, state => state is { Healthy: true, FailureTolerance: 2 });
        Assert.Equal(5, calm.Servers.Count);
        Assert.Equal(world.Status(leader).Self, calm.Leader);

        ServerId id = world.Status(dead).Self;
        world.Crash(dead);
        AutopilotState hurt = AwaitHealth(world, asked, state => !state.Healthy);
        Assert.Equal(1, hurt.FailureTolerance);
        Assert.False(hurt.Find(id)!.Health.Healthy);

        world.Await(() => world.Members() == 4, "the dead server is removed");
        AutopilotState pruned = AwaitHealth(world, asked, state => state.Healthy && state.Servers.Count == 4);
        Assert.Equal(1, pruned.FailureTolerance);
        Assert.Null(pruned.Find(id));

        world.Restart(dead);
        world.Await(() => world.Standing(dead) == Suffrage.Voter, "the server is back and promoted");
        AwaitHealth(world, asked, state => state is { Healthy: true, FailureTolerance: 2 });
    }

    // Goal: whoever joins brings a round of removals with it, once its addition is committed and without waiting for the next
    // round, which is never here (raft-autopilot, AddServer).
    [Fact]
    public void When_a_server_joins_a_dead_one_is_pruned_at_once()
    {
        SimWorld world = new(seed: 47, servers: 5, new SimOptions
        {
            Configure = (_, options) => options with { AutopilotReconcileInterval = Duration.Seconds(3_600) },
        });
        int leader = world.AwaitLeader();
        int dead = world.Next(leader);
        int joins = world.Next(dead);
        ServerId id = world.Status(dead).Self;
        world.Crash(dead);
        AwaitHealth(world, leader, state => state.Find(id)?.Server.NodeStatus == NodeStatus.Failed);
        world.RunFor(Duration.Seconds(30));
        Assert.Equal(5, world.Members());

        world.Ask<DoneReply>(leader, new RemoveServerRequest(world.Status(joins).Self.Value, null));
        world.Await(() => world.Standing(joins) == Suffrage.NonVoter, "let in again");
        Duration joined = world.Now;
        world.Await(() => world.Members() == 4, "the dead server is removed");
        Assert.True(world.Now < joined + Duration.Seconds(1), $"joined at {joined}, pruned at {world.Now}");
        Assert.Equal(Suffrage.NonVoter, world.Standing(joins));
    }

    // Goal: with the clean-up switched off a dead server stays; it counts against the tolerance.
    [Fact]
    public void Without_clean_up_a_dead_server_stays()
    {
        SimWorld world = new(seed: 15, servers: 5);
        int leader = world.AwaitLeader();
        int dead = world.Next(leader);
        AutopilotConfig config = AutopilotConfig.Default with { CleanupDeadServers = false };
        Assert.True(world.Ask<SetAutopilotConfigReply>(leader, new SetAutopilotConfigRequest(config, null)).Applied);
        world.Crash(dead);
        world.RunFor(Duration.Seconds(60));
        Assert.Equal(5, world.Members());
        AwaitHealth(world, leader, state => state is { Healthy: false, FailureTolerance: 1, Servers.Count: 5 });
    }

    // Goal: a majority that dies together is not removed by the rest: there is no leader that could.
    [Fact]
    public void A_dead_majority_is_waited_for()
    {
        SimWorld world = new(seed: 16, servers: 5);
        int leader = world.AwaitLeader();
        int[] dead = [.. Enumerable.Range(0, 5).Where(server => server != leader).Take(3)];
        foreach (int server in dead)
        {
            world.Crash(server);
        }

        world.RunFor(Duration.Seconds(60));
        Assert.Null(world.Leader);
        foreach (int server in dead)
        {
            world.Restart(server);
        }

        world.Commit(leader, "all together");
        Assert.Equal(5, world.Members());
    }

    // Goal: check-and-set writes only at the right index, says so, and changes nothing otherwise (Nomad's rule).
    [Fact]
    public void Check_and_set_writes_only_at_the_right_index()
    {
        SimWorld world = new(seed: 17);
        int follower = world.Next(AwaitSettings(world));
        GetAutopilotConfigRequest get = new(Stale: false);
        AutopilotConfigReply first = world.Ask<AutopilotConfigReply>(follower, get);
        AutopilotConfig changed = first.Config with { MaxTrailingLogs = 99 };

        ulong wrong = first.ModifyIndex.Value + 1;
        Assert.False(world.Ask<SetAutopilotConfigReply>(follower, new SetAutopilotConfigRequest(changed, wrong)).Applied);
        Assert.Equal(first, world.Ask<AutopilotConfigReply>(follower, get));

        ulong right = first.ModifyIndex.Value;
        Assert.True(world.Ask<SetAutopilotConfigReply>(follower, new SetAutopilotConfigRequest(changed, right)).Applied);
        AutopilotConfigReply second = world.Ask<AutopilotConfigReply>(follower, get);
        Assert.Equal(changed, second.Config);
        Assert.Equal(first.CreateIndex, second.CreateIndex);
        Assert.True(second.ModifyIndex > first.ModifyIndex);

        Assert.False(world.Ask<SetAutopilotConfigReply>(follower, new SetAutopilotConfigRequest(first.Config, right)).Applied);
        Assert.Equal(second, world.Ask<AutopilotConfigReply>(follower, get));
    }

    // Goal: of two writers that start from the same index exactly one wins.
    [Fact]
    public void Of_two_check_and_sets_from_one_index_one_wins()
    {
        SimWorld world = new(seed: 18);
        int leader = AwaitSettings(world);
        ulong index = world.Ask<AutopilotConfigReply>(leader, new GetAutopilotConfigRequest(false)).ModifyIndex.Value;
        SimRequest[] writes =
        [
            .. Enumerable.Range(0, 3).Select(server => world.Request(server, new SetAutopilotConfigRequest(
                AutopilotConfig.Default with { MinQuorum = (ulong)server }, index))),
        ];
        world.Await(() => writes.All(write => write.IsOver), "all answers");
        Assert.Single(writes, write => write.Reply is SetAutopilotConfigReply { Applied: true });
        Assert.Equal(2, writes.Count(write => write.Reply is SetAutopilotConfigReply { Applied: false }));
    }

    // The first leader ever writes the first settings, one entry after its own; until then there are none to be read.
    private static int AwaitSettings(SimWorld world)
    {
        int leader = world.AwaitLeader();
        world.Await(() => world.Node(leader).State.Autopilot is not null, "the first settings");
        return leader;
    }

    // Asks again until the autopilot has seen what is to be seen.
    private static AutopilotState AwaitHealth(SimWorld world, int asked, Func<AutopilotState, bool> condition)
    {
        Duration until = world.Now + Script.Patience;
        AutopilotState? state;
        do
        {
            world.RunFor(Duration.Milliseconds(500));
            state = world.Ask<AutopilotHealthReply>(asked, new GetAutopilotHealthRequest()).State;
        }
        while (world.Now < until && (state is null || !condition(state)));

        Assert.NotNull(state);
        Assert.True(condition(state), $"health at {world.Now}: {state}");
        return state;
    }
}
