using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Storage;

namespace RaftSim.Server;

/// <summary>A server that the operator listed.</summary>
/// <param name="Name">Its name; empty if not known.</param>
/// <param name="Address">Its Raft address.</param>
public readonly record struct ListedPeer(string Name, ServerAddress Address);

/// <summary>Settings of one server.</summary>
public sealed record ServerOptions
{
    /// <summary>Its name, without region: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its region. Default <c>global</c>.</summary>
    public string Region { get; init; } = "global";

    /// <summary>The Raft address that it is reached at.</summary>
    public required ServerAddress Address { get; init; }

    /// <summary>Its id; none: the one of its data folder, or a UUID made at its first start.</summary>
    public ServerId Id { get; init; }

    /// <summary>All servers of the cluster to form, itself included.</summary>
    public required IReadOnlyList<ListedPeer> Peers { get; init; }

    /// <summary>Its build version, as reported to autopilot. Default: the version of this library.</summary>
    public string Version { get; init; } = "0.1.0";

    /// <summary>Its tags (zone, upgrade version, …), in ordinal order of the keys.</summary>
    public IReadOnlyDictionary<string, string> Meta { get; init; } = SortedTags.Empty;

    /// <summary>
    /// The wall clock at <see cref="MonoTime"/> 0: entries are stamped with it, StableSince is counted from it.
    /// </summary>
    public required WallTime WallClockOrigin { get; init; }

    /// <summary>The autopilot settings that this server writes if it is the first leader ever.</summary>
    public AutopilotConfig InitialAutopilot { get; init; } = AutopilotConfig.Default;

    /// <summary>Time between autopilot states. Positive; default 2 s.</summary>
    public Duration AutopilotStateInterval { get; init; } = Duration.Seconds(2);

    /// <summary>Time between reconcile and prune rounds. Positive; default 10 s.</summary>
    public Duration AutopilotReconcileInterval { get; init; } = Duration.Seconds(10);

    /// <summary>
    /// Whether this server's autopilot, while it leads, promotes, demotes, removes and moves leadership. Health is judged all the
    /// same. Default: true. Source: raft-autopilot, EnableReconciliation.
    /// </summary>
    public bool ReconciliationEnabled { get; init; } = true;

    /// <summary>Shortest silence of the leader before an election. Default 1 s.</summary>
    public Duration ElectionTimeout { get; init; } = Duration.Seconds(1);

    /// <summary>Time between heartbeats; at most half of <see cref="ElectionTimeout"/>. Default 50 ms.</summary>
    public Duration HeartbeatInterval { get; init; } = Duration.Milliseconds(50);

    /// <inheritdoc cref="RaftOptions.ReadLease"/>
    public bool ReadLease { get; init; }

    /// <inheritdoc cref="RaftOptions.ClockDriftPpmMax"/>
    public int ClockDriftPpmMax { get; init; } = RaftOptions.ClockDriftPpmDefault;

    /// <inheritdoc cref="RaftOptions.AppendEntriesMax"/>
    public int AppendEntriesMax { get; init; } = RaftOptions.AppendEntriesDefault;

    /// <inheritdoc cref="RaftOptions.AppendBytesMax"/>
    public int AppendBytesMax { get; init; } = RaftOptions.AppendBytesDefault;

    /// <inheritdoc cref="RaftOptions.InflightAppendsMax"/>
    public int InflightAppendsMax { get; init; } = RaftOptions.InflightAppendsDefault;

    /// <inheritdoc cref="RaftOptions.UncommittedEntriesMax"/>
    public int UncommittedEntriesMax { get; init; } = RaftOptions.UncommittedEntriesDefault;

    /// <summary>
    /// Time between announcements to the leader, or to all listed servers while there is none. Positive; default 1 s.
    /// </summary>
    public Duration AnnounceInterval { get; init; } = Duration.Seconds(1);

    /// <summary>Silence after which the leader takes a server for failed. Positive; default 5 s.</summary>
    public Duration FailureTimeout { get; init; } = Duration.Seconds(5);

    /// <summary>How long a request waits for a leader. Positive; default 5 s. Source: Nomad's RPC hold timeout.</summary>
    public Duration RpcHoldTimeout { get; init; } = Duration.Seconds(5);

    /// <summary>
    /// How long a request that was sent or proposed waits before its outcome counts as unknown. Positive; default 10 s.
    /// </summary>
    public Duration RequestTimeout { get; init; } = Duration.Seconds(10);

    /// <summary>Bytes of one segment of the log. 4 KiB to 1 GiB; default 64 MiB.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Entries applied since the last snapshot that make another one due. At least 1; default 8,192. Source: HashiCorp's
    /// SnapshotThreshold.
    /// </summary>
    public ulong SnapshotEntries { get; init; } = 8_192;

    /// <summary>Bytes of such entries that make another one due. At least 1; default 64 MiB.</summary>
    public long SnapshotBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of content in each chunk of a snapshot. 64 to 4 MiB; default 256 KiB.</summary>
    public int SnapshotChunkBytes { get; init; } = 256 << 10;

    /// <summary>
    /// Most entries kept in front of a snapshot for servers that lag: whoever is further behind fetches the snapshot. Default
    /// 10,240. Source: HashiCorp's TrailingLogs.
    /// </summary>
    public ulong TrailingEntries { get; init; } = 10_240;

    /// <summary>Most bytes of them. Not negative; default 64 MiB.</summary>
    public long TrailingBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Throws <see cref="ArgumentException"/> that names the value and the rule when a setting is out of range.
    /// </summary>
    public void Validate()
    {
        Check(IsName(Name), nameof(Name), $"\"{Name}\"", "must be letters, digits, '-', '_' and '.', not empty");
        Check(IsName(Region), nameof(Region), $"\"{Region}\"", "must be letters, digits, '-', '_' and '.', not empty");
        Check(Version.Length > 0, nameof(Version), "\"\"", "must not be empty");
        CheckPositive(ElectionTimeout, nameof(ElectionTimeout));
        CheckPositive(HeartbeatInterval, nameof(HeartbeatInterval));
        Check(HeartbeatInterval <= ElectionTimeout / 2, nameof(HeartbeatInterval), HeartbeatInterval,
            $"must be at most half of the election timeout, {ElectionTimeout}");
        Check(ClockDriftPpmMax is >= 0 and <= RaftOptions.ClockDriftPpmLimit,
            nameof(ClockDriftPpmMax), ClockDriftPpmMax, $"must be 0 to {RaftOptions.ClockDriftPpmLimit}");
        Check(AppendEntriesMax is >= 1 and <= RaftOptions.AppendEntriesLimit,
            nameof(AppendEntriesMax), AppendEntriesMax, $"must be 1 to {RaftOptions.AppendEntriesLimit}");
        Check(AppendBytesMax >= 1, nameof(AppendBytesMax), AppendBytesMax, "must be at least 1");
        Check(InflightAppendsMax >= 1, nameof(InflightAppendsMax), InflightAppendsMax, "must be at least 1");
        Check(UncommittedEntriesMax >= 1, nameof(UncommittedEntriesMax), UncommittedEntriesMax, "must be at least 1");
        CheckPositive(AutopilotStateInterval, nameof(AutopilotStateInterval));
        CheckPositive(AutopilotReconcileInterval, nameof(AutopilotReconcileInterval));
        CheckPositive(AnnounceInterval, nameof(AnnounceInterval));
        CheckPositive(FailureTimeout, nameof(FailureTimeout));
        CheckPositive(RpcHoldTimeout, nameof(RpcHoldTimeout));
        CheckPositive(RequestTimeout, nameof(RequestTimeout));
        Check(SegmentBytes is >= 4 << 10 and <= 1 << 30, nameof(SegmentBytes), SegmentBytes, "must be 4096 to 1073741824");
        Check(SnapshotEntries >= 1, nameof(SnapshotEntries), SnapshotEntries, "must be at least 1");
        Check(SnapshotBytes >= 1, nameof(SnapshotBytes), SnapshotBytes, "must be at least 1");
        Check(SnapshotChunkBytes is >= SnapshotFormat.ChunkBytesMin and <= SnapshotFormat.ChunkBytesMax,
            nameof(SnapshotChunkBytes), SnapshotChunkBytes, "must be 64 to 4194304");
        Check(TrailingBytes >= 0, nameof(TrailingBytes), TrailingBytes, "must not be negative");
        CheckPeers();
    }

    private void CheckPeers()
    {
        SortedSet<ServerAddress> addresses = [];
        SortedSet<string> names = new(StringComparer.Ordinal);
        foreach (ListedPeer peer in Peers)
        {
            Check(!peer.Address.IsNone, nameof(Peers), $"\"{peer.Name}\"", "must have an address");
            Check(addresses.Add(peer.Address), nameof(Peers), peer.Address, "must not be listed twice");
            Check(peer.Name.Length == 0 || names.Add(peer.Name), nameof(Peers), peer.Name, "must not be listed twice");
        }

        Check(addresses.Contains(Address), nameof(Peers), string.Join(", ", addresses),
            $"must include this server's own address, {Address}");
    }

    private static void CheckPositive(Duration value, string name) =>
        Check(value > Duration.Zero, name, value, "must be positive");

    private static bool IsName(string text) => text.Length > 0
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static void Check(bool holds, string name, object value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} {value}: {rule}", name);
        }
    }
}
