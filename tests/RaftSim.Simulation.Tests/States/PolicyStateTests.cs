using RaftSim.Autopilot;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.States;

namespace RaftSim.Simulation.Tests.States;

/// <summary>States of zones, replicas and upgrades, each from what an autopilot tells or shows, and not from less.</summary>
public sealed class PolicyStateTests
{
    private readonly StateWatch _watch;
    private AutopilotState? _state;

    public PolicyStateTests() => _watch = new StateWatch(
        2, () => default, _ => new ServerSight(default, new(Duration.Seconds(100).Nanos), 1, default, _state));

    // Goal: the reasons of promotions and demotions are told apart.
    [Theory]
    [InlineData("promoting s1: zone z1 has no healthy voter", SimState.StandbyTakesOver)]
    [InlineData("promoting s1: it stands in for a zone that is lost", SimState.StandsInForZone)]
    [InlineData("demoting s1: zone z1 has a voter already", SimState.SurplusDemoted)]
    [InlineData("demoting s1: zone z1 is lost", SimState.DeadOfLostZoneDemoted)]
    [InlineData("demoting s1: it is a read replica", SimState.ReplicaDemoted)]
    [InlineData("moving leadership to s1: s0 runs 1.0, and the cluster moves to 2.0", SimState.UpgradeMovesLeader)]
    public void What_an_autopilot_does_is_told_by_its_reason(string text, SimState state)
    {
        Tell(0, "promoting s1: healthy for 10s");
        Assert.Equal(0, _watch.Reached.Count);
        Tell(0, text);
        Assert.True(_watch.Reached.Contains(state));
        Assert.Equal(1, _watch.Reached.Count);
    }

    // Goal: each status of an upgrade is a state, and one that goes on under another leader, too.
    [Fact]
    public void What_an_upgrade_is_at_is_seen_in_the_state()
    {
        Show(0, UpgradeStatus.Idle);
        Show(1, UpgradeStatus.Disabled);
        Assert.Equal(0, _watch.Reached.Count);
        Show(0, UpgradeStatus.AwaitNewVoters);
        Show(0, UpgradeStatus.Promoting);
        Assert.True(_watch.Reached.Contains(SimState.UpgradeAwaitsVoters));
        Assert.True(_watch.Reached.Contains(SimState.UpgradePromotes));
        Assert.False(_watch.Reached.Contains(SimState.UpgradeOutlivesLeader));
        Show(1, UpgradeStatus.Demoting);
        Assert.True(_watch.Reached.Contains(SimState.UpgradeDemotes));
        Assert.True(_watch.Reached.Contains(SimState.UpgradeOutlivesLeader));
        Show(1, UpgradeStatus.AwaitNewServers);
        Show(1, UpgradeStatus.AwaitServerRemoval);
        Show(1, UpgradeStatus.Disabled, isMixed: true);
        Assert.True(_watch.Reached.Contains(SimState.UpgradeAwaitsServers));
        Assert.True(_watch.Reached.Contains(SimState.UpgradeAwaitsRemoval));
        Assert.True(_watch.Reached.Contains(SimState.UpgradeDisabled));
    }

    // Goal: a replica is kept from voting only if it could have been given a vote.
    [Theory]
    [InlineData(90, false)]
    [InlineData(89, true)]
    public void A_replica_is_kept_from_voting_when_it_was_healthy_for_long(int since, bool isKept)
    {
        _state = new AutopilotState
        {
            Upgrade = new UpgradeInfo(),
            ReadReplicas = [new("id1")],
            Servers =
            [
                new AutopilotServerState
                {
                    Server = new AutopilotServer { Id = new("id1") },
                    State = RaftState.NonVoter,
                    Health = new(true, new(Duration.Seconds(since).Nanos)),
                },
            ],
        };
        Tell(0, "");
        Assert.Equal(isKept, _watch.Reached.Contains(SimState.ReplicaKept));
    }

    private void Show(int server, UpgradeStatus status, bool isMixed = false)
    {
        _state = new AutopilotState
        {
            Upgrade = new UpgradeInfo
            {
                Status = status,
                Other = isMixed ? new([new("id1")], [], []) : UpgradeSide.Empty,
            },
        };
        Tell(server, "");
    }

    private void Tell(int server, string text) =>
        _watch.Raised(server, new ServerEvent(ServerEventKind.Autopilot, text, new("id1")));
}
