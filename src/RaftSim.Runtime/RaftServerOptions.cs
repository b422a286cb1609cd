using System.Net;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>Settings of a server that runs in this process. Read once, when the server starts.</summary>
public sealed class RaftServerOptions
{
    // Zeros in a file cost nothing; in memory they do.
    private const long MemorySegmentBytesMax = 1 << 20;

    /// <summary>Its name, without region: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its region: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. Default <c>global</c>.</summary>
    public string Region { get; set; } = "global";

    /// <summary>Its id; none: the one of its data folder, or a UUID made at its first start.</summary>
    public ServerId Id { get; set; }

    /// <summary>
    /// The folder that holds its log; made if it is missing, used by one server at a time. <see langword="null"/>:
    /// everything is kept in memory and lost when the server stops.
    /// </summary>
    public string? DataFolder { get; set; }

    /// <summary>Where the transport listens; port 0 lets the system choose. Default <c>127.0.0.1:0</c>.</summary>
    public IPEndPoint Bind { get; set; } = new(IPAddress.Loopback, 0);

    /// <summary>The Raft address that other servers reach it at. None: where it listens.</summary>
    public ServerAddress Address { get; set; }

    /// <summary>
    /// All servers of the cluster to form, itself included, the same on every server. Empty: itself alone. Needed at every
    /// start: the leader lets in who is listed.
    /// </summary>
    public IList<ListedPeer> Peers { get; } = [];

    /// <summary>Its build version, as reported to autopilot. Default: the version of this library.</summary>
    public string Version { get; set; } = "0.1.0";

    /// <summary>Its tags (zone, upgrade version, …).</summary>
    public IDictionary<string, string> Meta { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The autopilot settings that this server writes if it is the first leader ever. Later ones come by the API.
    /// </summary>
    public AutopilotConfig InitialAutopilot { get; set; } = AutopilotConfig.Default;

    /// <summary>Time between autopilot states. Positive; default 2 s.</summary>
    public Duration AutopilotStateInterval { get; set; } = Duration.Seconds(2);

    /// <summary>Time between reconcile and prune rounds. Positive; default 10 s.</summary>
    public Duration AutopilotReconcileInterval { get; set; } = Duration.Seconds(10);

    /// <inheritdoc cref="ServerOptions.ReconciliationEnabled"/>
    public bool ReconciliationEnabled { get; set; } = true;

    /// <summary>Shortest silence of the leader before an election. Positive; default 1 s.</summary>
    public Duration ElectionTimeout { get; set; } = Duration.Seconds(1);

    /// <summary>Time between heartbeats. Positive, at most half of <see cref="ElectionTimeout"/>; default 50 ms.</summary>
    public Duration HeartbeatInterval { get; set; } = Duration.Milliseconds(50);

    /// <inheritdoc cref="RaftOptions.ReadLease"/>
    public bool ReadLease { get; set; }

    /// <inheritdoc cref="RaftOptions.ClockDriftPpmMax"/>
    public int ClockDriftPpmMax { get; set; } = RaftOptions.ClockDriftPpmDefault;

    /// <summary>
    /// Time between announcements to the leader, or to all listed servers while there is none. Positive; default 1 s.
    /// </summary>
    public Duration AnnounceInterval { get; set; } = Duration.Seconds(1);

    /// <summary>Silence after which the leader takes a server for failed. Positive; default 5 s.</summary>
    public Duration FailureTimeout { get; set; } = Duration.Seconds(5);

    /// <summary>How long a request waits for a leader. Positive; default 5 s. Source: Nomad's RPC hold timeout.</summary>
    public Duration RpcHoldTimeout { get; set; } = Duration.Seconds(5);

    /// <summary>
    /// How long a request that was sent or proposed waits before its outcome counts as unknown. Positive; default 10 s.
    /// </summary>
    public Duration RequestTimeout { get; set; } = Duration.Seconds(10);

    /// <summary>Bytes of one segment of the log. 4 KiB to 1 GiB; default 64 MiB. In memory, 1 MiB at most is taken.</summary>
    public long SegmentBytes { get; set; } = 64L << 20;

    /// <summary>
    /// Entries applied since the last snapshot that make another one due. At least 1; default 8,192. Only if the state
    /// machine takes snapshots, or there is none.
    /// </summary>
    public ulong SnapshotEntries { get; set; } = 8_192;

    /// <summary>Bytes of such entries that make another one due. At least 1; default 64 MiB.</summary>
    public long SnapshotBytes { get; set; } = 64L << 20;

    /// <summary>Bytes of content in each chunk of a snapshot. 64 to 4 MiB; default 256 KiB.</summary>
    public int SnapshotChunkBytes { get; set; } = 256 << 10;

    /// <summary>Most entries kept in front of a snapshot for servers that lag; default 10,240.</summary>
    public ulong TrailingEntries { get; set; } = 10_240;

    /// <summary>Most bytes of them. Not negative; default 64 MiB.</summary>
    public long TrailingBytes { get; set; } = 64L << 20;

    /// <summary>
    /// Makes the transport, given where to hand over what arrives; <see langword="null"/>: TCP. With a transport of one's
    /// own, <see cref="Address"/> must be set. Disposed with the server if it is disposable.
    /// </summary>
    public Func<Action<Envelope>, ITransport>? Transport { get; set; }

    /// <summary>
    /// What is wrong with the settings, each in one line that names the value and the rule; empty if nothing is.
    /// </summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (DataFolder is { Length: 0 })
        {
            problems.Add("DataFolder \"\": must name a folder, or be null to keep everything in memory");
        }

        if (Transport is not null && Address.IsNone)
        {
            problems.Add("Address: must be set when Transport is, because nothing else says where the server is reached");
        }

        // The port may not be known yet; what the address is does not matter to the other rules.
        ServerAddress address = Address.IsNone ? new ServerAddress(Bind.ToString()) : Address;
        try
        {
            ToServerOptions(address, default).Validate();
        }
        catch (ArgumentException e)
        {
            problems.Add(ServerLog.LineOf(e));
        }

        return problems;
    }

    /// <summary>The settings as the server itself takes them.</summary>
    internal ServerOptions ToServerOptions(ServerAddress address, WallTime wallClockOrigin) => new()
    {
        Name = Name,
        Region = Region,
        Address = address,
        Id = Id,
        Peers = Peers.Count == 0 ? [new ListedPeer(Name, address)] : [.. Peers],
        Version = Version,
        Meta = new SortedDictionary<string, string>(Meta, StringComparer.Ordinal),
        WallClockOrigin = wallClockOrigin,
        InitialAutopilot = InitialAutopilot,
        AutopilotStateInterval = AutopilotStateInterval,
        AutopilotReconcileInterval = AutopilotReconcileInterval,
        ReconciliationEnabled = ReconciliationEnabled,
        ElectionTimeout = ElectionTimeout,
        HeartbeatInterval = HeartbeatInterval,
        ReadLease = ReadLease,
        ClockDriftPpmMax = ClockDriftPpmMax,
        AnnounceInterval = AnnounceInterval,
        FailureTimeout = FailureTimeout,
        RpcHoldTimeout = RpcHoldTimeout,
        RequestTimeout = RequestTimeout,
        SnapshotEntries = SnapshotEntries,
        SnapshotBytes = SnapshotBytes,
        SnapshotChunkBytes = SnapshotChunkBytes,
        TrailingEntries = TrailingEntries,
        TrailingBytes = TrailingBytes,
        SegmentBytes = DataFolder is null ? Math.Min(SegmentBytes, MemorySegmentBytesMax) : SegmentBytes,
    };
}
