using RaftSim.Autopilot;

namespace RaftSim.Server;

/// <summary>What stands in a snapshot in front of the client sessions and the bytes of the user's state machine.</summary>
/// <param name="ConfigurationIndex">The index of the configuration that was in force at the snapshot's last entry.</param>
/// <param name="Configuration">That configuration, as its entry holds it.</param>
/// <param name="Autopilot">The autopilot settings; <see langword="null"/> when nobody had written any.</param>
/// <param name="CreateIndex">The index of the entry that first wrote them; 0 for none.</param>
/// <param name="ModifyIndex">The index of the entry that last wrote them; 0 for none.</param>
/// <param name="ClusterTime">How long the cluster had been led, by its leaders' clocks.</param>
public sealed record SnapshotManifest(
    LogIndex ConfigurationIndex,
    ReadOnlyMemory<byte> Configuration,
    AutopilotConfig? Autopilot,
    LogIndex CreateIndex,
    LogIndex ModifyIndex,
    Duration ClusterTime);
