using RaftSim.Autopilot;

namespace RaftSim.Simulation.States;

// Zones, replicas and upgrades, by what autopilots tell and by their states.
internal sealed partial class StateWatch
{
    private int _upgrading = -1;

    private void TellPolicy(string text)
    {
        bool isPromotion = text.StartsWith("promoting ", StringComparison.Ordinal);
        bool isDemotion = text.StartsWith("demoting ", StringComparison.Ordinal);
        Mark(SimState.StandbyTakesOver, isPromotion && Has(text, " has no healthy voter"));
        Mark(SimState.StandsInForZone, isPromotion && Has(text, "stands in for a zone that is lost"));
        Mark(SimState.SurplusDemoted, isDemotion && Has(text, " has a voter already"));
        Mark(SimState.DeadOfLostZoneDemoted, isDemotion && text.EndsWith(" is lost", StringComparison.Ordinal));
        Mark(SimState.ReplicaDemoted, isDemotion && Has(text, "it is a read replica"));
        Mark(SimState.UpgradeMovesLeader, Has(text, "moving leadership to ") && Has(text, ", and the cluster moves to "));
    }

    private void LookAtUpgrade(int server)
    {
        if (look?.Invoke(server) is not { State: { Upgrade: { } upgrade } state, Wall: var wall })
        {
            return;
        }

        Mark(SimState.UpgradeAwaitsVoters, upgrade.Status == UpgradeStatus.AwaitNewVoters);
        Mark(SimState.UpgradePromotes, upgrade.Status == UpgradeStatus.Promoting);
        Mark(SimState.UpgradeDemotes, upgrade.Status == UpgradeStatus.Demoting);
        Mark(SimState.UpgradeAwaitsServers, upgrade.Status == UpgradeStatus.AwaitNewServers);
        Mark(SimState.UpgradeAwaitsRemoval, upgrade.Status == UpgradeStatus.AwaitServerRemoval);
        Mark(SimState.UpgradeDisabled, upgrade.Status == UpgradeStatus.Disabled
            && upgrade.Other.Voters.Count + upgrade.Other.NonVoters.Count + upgrade.Other.ReadReplicas.Count > 0);
        bool isUnderWay = upgrade.Status is UpgradeStatus.AwaitNewVoters or UpgradeStatus.Promoting or UpgradeStatus.Demoting
            or UpgradeStatus.LeaderTransfer;
        Mark(SimState.UpgradeOutlivesLeader, isUnderWay && _upgrading >= 0 && _upgrading != server);
        _upgrading = isUnderWay ? server : -1;
        foreach (ServerId id in state.ReadReplicas)
        {
            // As long as the settings ask for at most.
            Mark(SimState.ReplicaKept, state.Find(id) is { State: RaftState.NonVoter, Health.Healthy: true } replica
                && wall - replica.Health.StableSince > Duration.Seconds(10));
        }
    }
}
