using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Runtime;

namespace RaftSim.Cli.Settings;

/// <summary>All settings. Their defaults are those of the library, wherever it has one.</summary>
public static class KnownSettings
{
    private const string Cluster = "Cluster";
    private const string Server = "Server";
    private const string Timing = "Raft and membership (the same on all servers)";
    private const string Autopilot =
        "Autopilot (written once, when the cluster is formed; then changed by the API; 0 counts as not set)";
    private const string AutopilotLoop = "Autopilot loop";
    private const string Snapshots = "Snapshots";
    private const string General = "General";

    private static readonly RaftServerOptions _defaults = new();
    private static readonly AutopilotConfig _autopilot = AutopilotConfig.Default;

    /// <summary>How many servers.</summary>
    public static Setting Servers { get; } = new("servers", Cluster, "1-9", "How many servers", "3");

    /// <summary>The port that all others are counted from.</summary>
    public static Setting BasePort { get; } = new("base-port", Cluster, "PORT",
        "Server i from 0 serves HTTP at PORT+10i and Raft at PORT+1+10i; 0 takes free ports", "4646");

    /// <summary>The folder of a cluster.</summary>
    public static Setting ClusterDataDir { get; } = new("data-dir", Cluster, "DIR",
        "Where each server has its folder: DIR/s1, DIR/s2, …", "./raftsim-data");

    /// <summary>The zones of a cluster.</summary>
    public static Setting RedundancyZones { get; } = new("redundancy-zones", Cluster, Setting.List,
        "ZONE,…: server i from 0 stands in the zone i modulo their number; count while --enable-redundancy-zones or the API has "
        + "zones on",
        "none");

    /// <summary>The own versions of a cluster.</summary>
    public static Setting UpgradeVersions { get; } = new("upgrade-versions", Cluster, Setting.List,
        "X.Y.Z,…: versions for upgrades, given to the servers in the same way; count while --enable-custom-upgrades or the API "
        + "has those on",
        "their build version");

    /// <summary>How many servers of a cluster never vote.</summary>
    public static Setting NonVotingServers { get; } = new("non-voting-servers", Cluster, "COUNT",
        "How many servers, the last ones, are read replicas: they receive the log and never vote", "0");

    /// <summary>A server's name.</summary>
    public static Setting Name { get; } = new("name", Server, "NAME", "The server's name, one of those in --peers", null);

    /// <summary>The folder of a server.</summary>
    public static Setting DataDir { get; } = new("data-dir", Server, "DIR", "The folder of its log", null);

    /// <summary>Where the API is served.</summary>
    public static Setting Http { get; } = new("http", Server, "IP:PORT", "Where the HTTP API is served", "127.0.0.1:4646");

    /// <summary>Where Raft listens.</summary>
    public static Setting Rpc { get; } = new("rpc", Server, "IP:PORT", "Where other servers reach it", "127.0.0.1:4647");

    /// <summary>All servers.</summary>
    public static Setting Peers { get; } = new("peers", Server, Setting.List,
        "NAME=IP:PORT,… (or IP:PORT,…; host names work, too): the Raft addresses of all servers, itself included",
        "itself alone");

    /// <summary>A server's id.</summary>
    public static Setting Id { get; } = new("id", Server, "ID",
        "Its id", "the one in its folder, or a new UUID");

    /// <summary>The zone.</summary>
    public static Setting RedundancyZone { get; } = new("redundancy-zone", Server, "ZONE",
        "The zone that it stands in; counts while --enable-redundancy-zones or the API has zones on", "none");

    /// <summary>The own version.</summary>
    public static Setting UpgradeVersion { get; } = new("upgrade-version", Server, "X.Y.Z",
        "Its version for upgrades; counts while --enable-custom-upgrades or the API has those on", "its build version");

    /// <summary>Whether it never votes.</summary>
    public static Setting NonVotingServer { get; } = Flag("non-voting-server", Server,
        "A read replica: it receives the log and never votes", false);

    /// <summary>Whether nothing is stored.</summary>
    public static Setting Ephemeral { get; } = new("ephemeral", General, "", "Keep everything in memory", "false");

    /// <summary>The region.</summary>
    public static Setting Region { get; } = new("region", General, "REGION", "The region of the servers", _defaults.Region);

    /// <summary>Election timeout.</summary>
    public static Setting ElectionTimeout { get; } = Span("election-timeout", Timing,
        "Shortest silence of the leader before an election", _defaults.ElectionTimeout);

    /// <summary>Heartbeat interval.</summary>
    public static Setting HeartbeatInterval { get; } = Span("heartbeat-interval", Timing,
        "Time between heartbeats, at most half of the election timeout", _defaults.HeartbeatInterval);

    /// <summary>Leases.</summary>
    public static Setting ReadLease { get; } = Flag("read-lease", Timing,
        "Answer reads without asking a majority, trusting the clocks", _defaults.ReadLease);

    /// <summary>The bound that leases rest on.</summary>
    public static Setting ClockDriftPpmMax { get; } = new("clock-drift-ppm-max", Timing, "PPM",
        "With --read-lease: how many millionths a clock may run fast or slow",
        _defaults.ClockDriftPpmMax.ToString(CultureInfo.InvariantCulture));

    /// <summary>Announce interval.</summary>
    public static Setting AnnounceInterval { get; } = Span("announce-interval", Timing,
        "Time between a server's announcements of itself", _defaults.AnnounceInterval);

    /// <summary>Failure timeout.</summary>
    public static Setting FailureTimeout { get; } = Span("failure-timeout", Timing,
        "Silence after which a server is taken for failed", _defaults.FailureTimeout);

    /// <summary>Snapshot threshold.</summary>
    public static Setting SnapshotEntries { get; } = new("snapshot-entries", Snapshots, "COUNT",
        "Entries after which a snapshot is taken", _defaults.SnapshotEntries.ToString(CultureInfo.InvariantCulture));

    /// <summary>Trailing entries.</summary>
    public static Setting TrailingEntries { get; } = new("trailing-entries", Snapshots, "COUNT",
        "Entries kept in front of a snapshot for servers that lag",
        _defaults.TrailingEntries.ToString(CultureInfo.InvariantCulture));

    /// <summary>Autopilot: cleanup.</summary>
    public static Setting CleanupDeadServers { get; } = Flag("cleanup-dead-servers", Autopilot,
        "Remove dead servers", _autopilot.CleanupDeadServers);

    /// <summary>Autopilot: last contact.</summary>
    public static Setting LastContactThreshold { get; } = Span("last-contact-threshold", Autopilot,
        "Longest silence from the leader of a healthy server", _autopilot.LastContactThreshold);

    /// <summary>Autopilot: trailing logs.</summary>
    public static Setting MaxTrailingLogs { get; } = Count("max-trailing-logs",
        "Most log entries that a healthy server trails by", _autopilot.MaxTrailingLogs);

    /// <summary>Autopilot: quorum.</summary>
    public static Setting MinQuorum { get; } = Count("min-quorum",
        "Pruning never leaves fewer voters than this", _autopilot.MinQuorum);

    /// <summary>Autopilot: stabilization.</summary>
    public static Setting ServerStabilizationTime { get; } = Span("server-stabilization-time", Autopilot,
        "How long a server is healthy before it is promoted", _autopilot.ServerStabilizationTime);

    /// <summary>Autopilot: zones.</summary>
    public static Setting EnableRedundancyZones { get; } = Flag("enable-redundancy-zones", Autopilot,
        "Keep one voter for each redundancy zone", _autopilot.EnableRedundancyZones);

    /// <summary>Autopilot: migration.</summary>
    public static Setting DisableUpgradeMigration { get; } = Flag("disable-upgrade-migration", Autopilot,
        "Switch the upgrade migration off", _autopilot.DisableUpgradeMigration);

    /// <summary>Autopilot: custom upgrades.</summary>
    public static Setting EnableCustomUpgrades { get; } = Flag("enable-custom-upgrades", Autopilot,
        "Use the servers' custom upgrade versions", _autopilot.EnableCustomUpgrades);

    /// <summary>Autopilot: state interval.</summary>
    public static Setting AutopilotStateInterval { get; } = Span("autopilot-state-interval", AutopilotLoop,
        "Time between judgements of health", _defaults.AutopilotStateInterval);

    /// <summary>Autopilot: reconcile interval.</summary>
    public static Setting AutopilotReconcileInterval { get; } = Span("autopilot-reconcile-interval", AutopilotLoop,
        "Time between rounds of promotion and pruning", _defaults.AutopilotReconcileInterval);

    /// <summary>Autopilot: reconciliation.</summary>
    public static Setting AutopilotReconciliation { get; } = Flag("autopilot-reconciliation", AutopilotLoop,
        "Promote, demote, prune and move leadership; false: only judge health", _defaults.ReconciliationEnabled);

    /// <summary>How much is logged.</summary>
    public static Setting LogLevel { get; } = new("log-level", General, "LEVEL",
        "trace, debug, information, warning, error, critical or none; the log goes to standard error", "warning");

    /// <summary>What every server takes, in the order of help.</summary>
    public static IReadOnlyList<Setting> Common { get; } =
    [
        Ephemeral, Region, LogLevel,
        ElectionTimeout, HeartbeatInterval, ReadLease, ClockDriftPpmMax, AnnounceInterval, FailureTimeout,
        SnapshotEntries, TrailingEntries,
        CleanupDeadServers, LastContactThreshold, MaxTrailingLogs, MinQuorum, ServerStabilizationTime,
        EnableRedundancyZones, DisableUpgradeMigration, EnableCustomUpgrades,
        AutopilotStateInterval, AutopilotReconcileInterval, AutopilotReconciliation,
    ];

    /// <summary>What <c>cluster</c> takes.</summary>
    public static IReadOnlyList<Setting> OfCluster { get; } =
    [
        Servers, BasePort, ClusterDataDir, RedundancyZones, UpgradeVersions, NonVotingServers, .. Common,
    ];

    /// <summary>What <c>server</c> takes.</summary>
    public static IReadOnlyList<Setting> OfServer { get; } =
    [
        Name, DataDir, Http, Rpc, Peers, Id, RedundancyZone, UpgradeVersion, NonVotingServer, .. Common,
    ];

    private static Setting Span(string name, string group, string description, Duration value) =>
        new(name, group, "DURATION", description, value.ToString())
        {
            IsUnsetAtZero = string.Equals(group, Autopilot, StringComparison.Ordinal),
        };

    private static Setting Flag(string name, string group, string description, bool value) =>
        new(name, group, "", description, value ? "true" : "false");

    private static Setting Count(string name, string description, ulong value) =>
        new(name, Autopilot, "COUNT", description, value.ToString(CultureInfo.InvariantCulture)) { IsUnsetAtZero = true };
}
