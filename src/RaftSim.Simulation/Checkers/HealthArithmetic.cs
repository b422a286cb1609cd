using RaftSim.Autopilot;

namespace RaftSim.Simulation.Checkers;

/// <summary>The documented rules of health, written down a second time. Source: docs/AUTOPILOT.md, Rules.</summary>
internal static class HealthArithmetic
{
    /// <summary>
    /// Whether what a state says as a whole follows from its servers, and since when they are as they are from the state
    /// before it.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="before">The one before it under the same leader; <see langword="null"/> for none.</param>
    /// <param name="wall">The leader's wall clock when it was computed.</param>
    public static bool IsRight(AutopilotState state, AutopilotState? before, WallTime wall)
    {
        AutopilotServerState[] voters = [.. state.Servers.Where(one => one.State is RaftState.Leader or RaftState.Voter)];
        int healthy = voters.Count(one => one.Health.Healthy);
        return state.Servers.All(one => one.Health.StableSince == SinceWhen(one, before, wall))
            && state.Healthy == state.Servers.All(one => one.Health.Healthy)
            && state.FailureTolerance == Math.Max(0, healthy - (voters.Length / 2) - 1)
            && state.Voters.SequenceEqual(voters
                .OrderByDescending(one => one.State == RaftState.Leader)
                .ThenByDescending(one => one.Health.Healthy)
                .ThenBy(one => one.Health.Healthy ? one.Health.StableSince.UnixNanos : -one.Health.StableSince.UnixNanos)
                .ThenBy(one => one.Server.Id)
                .Select(one => one.Server.Id));
    }

    private static WallTime SinceWhen(AutopilotServerState one, AutopilotState? before, WallTime wall) =>
        before?.Find(one.Server.Id)?.Health is { } old && old.Healthy == one.Health.Healthy ? old.StableSince : wall;

    /// <summary>
    /// Whether each server's health follows from its report, the leader's and the settings. Without a leader in the list it is
    /// not known what they were compared with.
    /// </summary>
    public static bool Follows(AutopilotState state, AutopilotConfig config) =>
        state.Find(state.Leader) is not { } leader
        || state.Servers.All(one => one.Health.Healthy == IsHealthy(one, leader.Stats, config));

    private static bool IsHealthy(AutopilotServerState one, in ServerStats leader, AutopilotConfig config)
    {
        ServerStats stats = one.Stats;
        return leader.LastIndex > LogIndex.Zero
            && leader.LastTerm > Term.Zero
            && one.Server.NodeStatus == NodeStatus.Alive
            && stats.LastContact >= Duration.Zero
            && stats.LastContact <= config.LastContactThreshold
            && stats.LastTerm == leader.LastTerm
            && (stats.LastIndex >= leader.LastIndex || leader.LastIndex - stats.LastIndex <= config.MaxTrailingLogs);
    }
}
