using RaftSim.Autopilot;
using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>A server that is there, healthy and for long enough so.</summary>
/// <param name="Id">Its id.</param>
/// <param name="True">What it is.</param>
internal readonly record struct QuietServer(ServerId Id, TrueServer True);

/// <summary>
/// A cluster in which nothing has gone wrong for long: who should vote follows from what the servers are and from the settings
/// alone. Source: docs/AUTOPILOT.md, "The whole policy".
/// </summary>
/// <param name="servers">All servers; nobody else is in the configuration.</param>
/// <param name="configuration">Who votes.</param>
/// <param name="config">The settings.</param>
internal sealed class QuietView(IReadOnlyList<QuietServer> servers, Configuration configuration, AutopilotConfig config)
{
    /// <summary>The settings.</summary>
    public AutopilotConfig Config => config;

    /// <summary>All but read replicas.</summary>
    public IReadOnlyList<QuietServer> Eligible { get; } = [.. servers.Where(static server => !server.True.IsReplica)];

    /// <summary>Read replicas.</summary>
    public IReadOnlyList<QuietServer> Replicas { get; } = [.. servers.Where(static server => server.True.IsReplica)];

    /// <summary>Those of <see cref="Eligible"/> that run the newest version of all servers.</summary>
    public IReadOnlyList<QuietServer> New => [.. Eligible.Where(IsNew)];

    /// <summary>Those that do not; none while upgrades are switched off.</summary>
    public IReadOnlyList<QuietServer> Old => config.DisableUpgradeMigration
        ? []
        : [.. Eligible.Where(server => !IsNew(server))];

    /// <summary>
    /// Whether the newer ones are enough to take over: as many as the older ones need votes, and one in each of their zones.
    /// </summary>
    public bool IsEnough
    {
        get
        {
            SortedSet<string> covered = new(New.Select(ZoneOf), StringComparer.Ordinal);
            SortedSet<string> zones = new(Old.Select(ZoneOf).Where(static zone => zone.Length > 0), StringComparer.Ordinal);
            int votes = zones.Count + Old.Count(server => ZoneOf(server).Length == 0);
            return New.Count >= votes && zones.IsSubsetOf(covered);
        }
    }

    /// <summary>The zone of a server; empty for none.</summary>
    public string ZoneOf(QuietServer server) => server.True.ZoneBy(config);

    /// <summary>Whether a server has a vote.</summary>
    public bool Votes(QuietServer server) => configuration.IsVoter(server.Id);

    private bool IsNew(QuietServer server) => servers.All(
        other => UpgradeVersion.Compare(other.True.VersionBy(config), server.True.VersionBy(config)) <= 0);
}
