using System.Globalization;

namespace RaftSim.Autopilot;

// One server's health, and how long it lasts.
public static partial class AutopilotEngine
{
    /// <summary>
    /// Judges one server against the leader's log. Being exactly at the threshold, or exactly as far behind as allowed,
    /// is healthy; so is being ahead. The leader gets no exemption: it passes because its contact is 0 and its log is
    /// the one that is compared with.
    /// </summary>
    /// <param name="status">Membership's opinion.</param>
    /// <param name="stats">What the server reported; a negative contact means never.</param>
    /// <param name="leaderTerm">The term of the last entry of the leader's log; 0 if not known.</param>
    /// <param name="leaderIndex">The index of the last entry of the leader's log; 0 if not known.</param>
    /// <param name="config">The limits.</param>
    public static HealthVerdict Judge(
        NodeStatus status, in ServerStats stats, Term leaderTerm, LogIndex leaderIndex, AutopilotConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (status != NodeStatus.Alive)
        {
            return HealthVerdict.NotAlive;
        }

        if (leaderTerm == Term.Zero || leaderIndex == LogIndex.Zero)
        {
            return HealthVerdict.NoReference;
        }

        if (stats.LastContact < Duration.Zero)
        {
            return HealthVerdict.NeverContacted;
        }

        if (stats.LastContact > config.LastContactThreshold)
        {
            return HealthVerdict.LastContactTooOld;
        }

        if (stats.LastTerm != leaderTerm)
        {
            return stats == default ? HealthVerdict.NoReport : HealthVerdict.OtherTerm;
        }

        // Written so that it cannot overflow: the original adds up and wraps near 2^64.
        ulong behind = stats.LastIndex >= leaderIndex ? 0 : leaderIndex - stats.LastIndex;
        return behind > config.MaxTrailingLogs ? HealthVerdict.TooFarBehind : HealthVerdict.Healthy;
    }

    /// <summary>Whether a server is healthy; see <see cref="Judge"/>.</summary>
    public static bool IsHealthy(
        NodeStatus status, in ServerStats stats, Term leaderTerm, LogIndex leaderIndex, AutopilotConfig config) =>
        Judge(status, in stats, leaderTerm, leaderIndex, config) == HealthVerdict.Healthy;

    /// <summary>
    /// Says for people why a server of a state is as it is, judged against the log that the inputs name:
    /// "last contact 312ms over 200ms". Needs a configuration in the inputs.
    /// </summary>
    public static string ExplainHealth(AutopilotInputs inputs, AutopilotServerState server)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(server);
        if (inputs.Config is null)
        {
            return "there is no autopilot configuration yet";
        }

        (Term term, LogIndex index) = Reference(inputs);
        ServerStats stats = server.Stats;
        AutopilotConfig config = inputs.Config;
        return Judge(server.Server.NodeStatus, in stats, term, index, config) switch
        {
            HealthVerdict.Healthy => "answers, in contact and up to date",
            HealthVerdict.NotAlive => $"not alive: membership has it as {StatusText(server.Server.NodeStatus)}",
            HealthVerdict.NoReference => "the leader's log is not known",
            HealthVerdict.NoReport => "it has not reported yet",
            HealthVerdict.NeverContacted => "never contacted by the leader",
            HealthVerdict.LastContactTooOld => $"last contact {stats.LastContact} over {config.LastContactThreshold}",
            HealthVerdict.OtherTerm => $"term {stats.LastTerm} is not {term}",
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"{index - stats.LastIndex} entries behind, more than {config.MaxTrailingLogs}"),
        };
    }

    /// <summary>Whether a server is healthy and has been so for at least <paramref name="least"/>.</summary>
    public static bool IsStable(in ServerHealth health, WallTime now, Duration least) =>
        health.Healthy && now - health.StableSince >= least;

    /// <summary>
    /// How long a server must be healthy before it is promoted. Nothing until autopilot itself has run for longer than
    /// the configured time: it could not have seen anybody stable for so long, and waiting would leave a cluster
    /// without votes after an election.
    /// </summary>
    public static Duration EffectiveStabilizationTime(AutopilotConfig config, WallTime now, WallTime firstStateTime)
    {
        ArgumentNullException.ThrowIfNull(config);
        return now - firstStateTime > config.ServerStabilizationTime ? config.ServerStabilizationTime : Duration.Zero;
    }

    private static string StatusText(NodeStatus status) => status switch
    {
        NodeStatus.Alive => "alive",
        NodeStatus.Failed => "failed",
        NodeStatus.Left => "left",
        _ => "unknown",
    };
}
