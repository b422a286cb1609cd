using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Tests.Worlds;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>A real world for its clock and its settings, and a leader 0 that does what no autopilot may.</summary>
public sealed class AutopilotSafetyTests
{
    private static readonly int[] All = [0, 1, 2, 3, 4];

    private readonly SimWorld _world = new(seed: 721, servers: 5);
    private readonly AutopilotSafety _checker;
    private readonly Forge _leader = new(0);

    /// <summary>The leader has led for a while, over servers 0 to 4.</summary>
    public AutopilotSafetyTests()
    {
        _checker = new AutopilotSafety(_world);
        _world.AwaitLeader();
        _world.RunFor(Duration.Seconds(5));
        Say(Members(All), index: 1);
    }

    // Goal: who was heard a moment ago is not removed; who was silent for the failure timeout may be.
    [Fact]
    public void The_removal_of_a_server_that_was_heard_is_seen()
    {
        Hear(30, 1, 2, 3);
        Say(Members([0, 1, 2, 3]), index: 2);
        Assert.Contains(
            "removed id3, of which it has been the leader, or heard, ",
            Caught(_checker, () => Say(Members([0, 1, 2]), index: 3)),
            StringComparison.Ordinal);
    }

    // Goal: nobody is removed while the clean-up is off, or when fewer than MinQuorum voters would be left.
    [Theory]
    [InlineData(false, 3, "removed id4, but the clean-up of dead servers is off")]
    [InlineData(true, 5, "removed id4: 4 voters are left, fewer than MinQuorum 5")]
    public void A_removal_that_the_settings_forbid_is_seen(bool cleansUp, ulong minQuorum, string expected)
    {
        AutopilotConfig config = AutopilotConfig.Default with { CleanupDeadServers = cleansUp, MinQuorum = minQuorum };
        _world.Ask<SetAutopilotConfigReply>(0, new SetAutopilotConfigRequest(config, null));
        Hear(30, 1, 2, 3);
        Assert.Contains(
            expected, Caught(_checker, () => Say(Members([0, 1, 2, 3]), index: 2)), StringComparison.Ordinal);
    }

    // Goal: a removal that leaves voters of whom no majority can have been heard is seen.
    [Fact]
    public void A_removal_without_a_live_majority_is_seen()
    {
        Hear(30, 1);
        Assert.Contains(
            "removed id4: of the 4 voters left it can have heard only 2 lately",
            Caught(_checker, () => Say(Members([0, 1, 2, 3]), index: 2)),
            StringComparison.Ordinal);
    }

    // Goal: a vote for whom nobody heard, or who was heard for less than the stabilization time, is seen.
    [Theory]
    [InlineData(0, 30, "gave a vote to id6, of which it has heard nothing lately")]
    [InlineData(4, 0, "gave a vote to id6, which it has known for less than the stabilization time of 10s")]
    public void A_vote_given_too_early_is_seen(int heard, int silent, string expected)
    {
        _world.Ask<SetAutopilotConfigReply>(0, new SetAutopilotConfigRequest(AutopilotConfig.Default, null));
        Hear(60, 1, 2, 3);
        Say(Members([0, 1, 2, 3]), index: 2);
        Hear(60, 1, 2, 3);
        Say(Members([0, 1, 2, 3], 5), index: 3);
        Hear(30, 1, 2, 3, 5);
        Say(Members([0, 1, 2, 3, 5]), index: 4);
        Say(Members([0, 1, 2, 3, 5], 6), index: 5);
        Hear(heard, 1, 2, 3, 6);
        Hear(silent, 1, 2, 3);
        Assert.Contains(
            expected, Caught(_checker, () => Say(Members([0, 1, 2, 3, 5, 6]), index: 6)), StringComparison.Ordinal);
    }

    // Goal: no false alarm: what an operator asks for is no deed of the autopilot.
    [Fact]
    public void What_an_operator_removes_is_left_out()
    {
        Hear(5, All);
        _checker.Requested(0, new RemoveServerRequest("id4", null));
        Say(Members([0, 1, 2, 3]), index: 2);
    }

    private DiskId DiskOf(int server) => server < _world.ServerCount ? _world.DiskOf(server) : new DiskId(1, (ulong)server);

    private Configuration Members(int[] voters, params int[] nonVoters) => new(
    [
        .. voters.Select(server => Member(server, Suffrage.Voter)),
        .. nonVoters.Select(server => Member(server, Suffrage.NonVoter)),
    ]);

    private ConfiguredServer Member(int server, Suffrage suffrage) => new(
        new ServerId($"id{server}"), new ServerAddress($"s{server}:1"), DiskOf(server), suffrage, LogIndex.Zero);

    private void Say(Configuration configuration, ulong index) => _checker.Observe(_leader.Say(
        term: 2, role: RaftRole.Leader, configuration: configuration, configurationIndex: index, hasCommitted: true));

    // So many seconds go by, in which the leader hears these servers.
    private void Hear(int seconds, params int[] servers)
    {
        for (int i = 0; i < seconds * 2; i++)
        {
            _world.RunFor(Duration.Milliseconds(500));
            foreach (int server in servers)
            {
                _checker.Received(0, new Envelope
                {
                    From = new ServerId($"id{server}"),
                    FromDisk = DiskOf(server),
                    FromAddress = new ServerAddress($"s{server}:1"),
                    ToAddress = new ServerAddress("s0:1"),
                    Lane = Lane.Control,
                    Message = default,
                });
            }
        }
    }
}
