using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation;

// A world whose make-up is drawn from the seed as well: what the command line and campaigns run.
public sealed partial class SimWorld
{
    private const int SwarmPart = 1_000;

    private bool _isSwarm;
    private SwarmTraits _calm;
    private int? _zones;

    /// <summary>Most zones that can be asked for: 100.</summary>
    public const int ZonesMax = 100;

    /// <summary>
    /// Makes a world whose every trait follows from the seed: its size, timings, the pace of disks and state machines,
    /// clocks, whether messages travel as bytes.
    /// </summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="servers">How many servers; <see langword="null"/>: by the seed, mostly 3 to 5.</param>
    /// <param name="faults">What goes wrong in <see cref="Run"/>. Default: <see cref="FaultPlan.All"/>.</param>
    /// <param name="calm">What is not drawn but left as it is by default. Default: nothing.</param>
    /// <param name="zones">
    /// How many redundancy zones, 0 to <see cref="ZonesMax"/>; 0: no read replicas and newcomers either. <see langword="null"/>:
    /// by the seed.
    /// </param>
    public static SimWorld Swarm(
        ulong seed, int? servers = null, FaultPlan? faults = null, SwarmTraits calm = SwarmTraits.None, int? zones = null) =>
        MakeSwarm(seed, servers, zones, faults ?? FaultPlan.All, calm, options => options);

    /// <summary>How many servers the world of a seed has that has nothing but voters.</summary>
    internal static int UsualSizeOf(ulong seed) => 3 + Draw.Of(seed, Concern.Swarm).At(SwarmPart).Below(11, 3);

    internal static SimWorld MakeSwarm(
        ulong seed, int? servers, int? zones, FaultPlan plan, SwarmTraits calm, Func<SimOptions, SimOptions> adjust)
    {
        Rule.Require(zones is null or (>= 0 and <= ZonesMax), nameof(zones), zones ?? 0, $"must be 0 to {ZonesMax}");
        ClusterShape shape = ClusterShape.Of(seed, servers, zones, plan, !Has(SwarmTraits.Zones));
        Draw draw = Draw.Of(seed, Concern.Swarm).At(SwarmPart);
        IReadOnlyList<FaultKind> kinds = plan.KindsOf(seed);
        bool drifts = kinds.Contains(FaultKind.Drift);
        bool hasLeases = draw.PerMille(12, drifts ? 600 : 300);
        int driftPpmMax = drifts && Has(SwarmTraits.Clocks) ? DriftMaxOf(draw, hasLeases) : 0;
        bool hasSkew = kinds.Contains(FaultKind.Skew) && Has(SwarmTraits.Clocks);
        int distance = draw.PerMille(17, 400) || !Has(SwarmTraits.Distance) ? 1 : 2 << draw.Below(18, 8);
        SimOptions options = new()
        {
            Network = LinkOptions.Calm with
            {
                DelayMin = LinkOptions.Calm.DelayMin * distance,
                DelayMean = LinkOptions.Calm.DelayMean * distance,
            },
            EncodesMessages = draw.PerMille(3, 500) && Has(SwarmTraits.Messages),
            DriftPpmMax = driftPpmMax,
            WallSkewMax = hasSkew ? Duration.Seconds(6 * 3600) : Duration.Zero,
            Newcomers = shape.Newcomers,
            Configure = (server, options) => shape.Dress(server, Configure(options)),
        };
        Workload work = new()
        {
            Gap = Duration.Milliseconds(10L << draw.Below(9, 6)),
            ReadsPerMille = (hasLeases ? 200 : 100) << draw.Below(10, 3),
            SessionsPerMille = draw.PerMille(13, 500) && Has(SwarmTraits.Sessions) ? 100 << draw.Below(14, 3) : 0,
            SessionClients = 1 + draw.Below(15, 4),
        };
        options = Has(SwarmTraits.Pace) ? WithPace(options, draw) : options;
        options = Has(SwarmTraits.Jitter) ? options : Even(options);
        SimWorld world = new(seed, shape.Servers, adjust(options)) { _isSwarm = true, _calm = calm, _zones = zones };
        return world.WithFaults(plan).WithWorkload(work);

        bool Has(SwarmTraits trait) => (calm & trait) == SwarmTraits.None;

        // The bound is what the clocks do and no more, so that leases are put to the test at their very edge.
        ServerOptions Configure(ServerOptions options)
        {
            options = draw.PerMille(2, 500) && Has(SwarmTraits.Timeouts) ? Quicken(options) : options;
            options = Has(SwarmTraits.Snapshots) ? WithSnapshots(options, draw) : options;
            options = Has(SwarmTraits.Limits) ? WithLimits(options, draw) : options;
            return options with
            {
                // A server that was given its id has it again when its disk was emptied.
                Id = draw.PerMille(16, 500) && Has(SwarmTraits.Ids) ? new ServerId(options.Name) : options.Id,
                ReadLease = hasLeases && Has(SwarmTraits.Leases),
                ClockDriftPpmMax = driftPpmMax,
            };
        }
    }

    // Upper ends are exclusive: the time is the average, to the nanosecond.
    private static SimOptions Even(SimOptions options)
    {
        Duration operation = (options.Disk.OperationMin + options.Disk.OperationMax) / 2;
        Duration sync = (options.Disk.SyncMin + options.Disk.SyncMax) / 2;
        return options with
        {
            Network = options.Network with
            {
                DelayMin = options.Network.DelayMin + options.Network.DelayMean,
                DelayMean = Duration.Zero,
            },
            Disk = options.Disk with
            {
                OperationMin = operation,
                OperationMax = operation,
                SyncMin = sync,
                SyncMax = sync,
            },
        };
    }

    private static SimOptions WithPace(SimOptions options, Draw draw) => options with
    {
        ApplyMean = Duration.Microseconds(10L << draw.Below(4, 12)),
        StepMean = draw.PerMille(5, 500) ? Duration.Zero : Duration.Microseconds(20L << draw.Below(6, 6)),
        Disk = new SimDiskOptions { SyncMax = Duration.Microseconds(200L << draw.Below(8, 8)) },
    };

    // Leases rest on the clocks, so there it matters how much they drift: up to all that may be promised of them.
    private static int DriftMaxOf(Draw draw, bool hasLeases) =>
        hasLeases ? RaftOptions.ClockDriftPpmLimit >> draw.Below(7, 3) : 100 << draw.Below(7, 10);

    // Snapshots from every few entries to never, and logs kept behind them from none to long.
    private static ServerOptions WithSnapshots(ServerOptions options, Draw draw) => draw.PerMille(20, 250)
        ? options
        : options with
        {
            SnapshotEntries = 5UL << draw.Below(21, 7),
            SnapshotBytes = 1L << (10 + draw.Below(22, 8)),
            SnapshotChunkBytes = 64 << draw.Below(23, 5),
            TrailingEntries = draw.PerMille(24, 300) ? 0UL : 1UL << draw.Below(25, 8),
        };

    // Appends from one entry at a time to many, segments of a few entries to some hundreds.
    private static ServerOptions WithLimits(ServerOptions options, Draw draw)
    {
        ServerOptions limited = options with
        {
            SegmentBytes = 4L << (10 + draw.Below(30, 5)),
            InitialAutopilot = options.InitialAutopilot with { MinQuorum = draw.PerMille(37, 500) ? draw.Below(38, 6UL) : 0UL },
            UncommittedEntriesMax = draw.PerMille(35, 300) ? 16 << draw.Below(36, 8) : options.UncommittedEntriesMax,
        };
        return draw.PerMille(31, 500)
            ? limited
            : limited with
            {
                AppendEntriesMax = 1 << draw.Below(32, 4),
                AppendBytesMax = 64 << draw.Below(33, 10),
                InflightAppendsMax = 1 << draw.Below(34, 6),
            };
    }

    // More rounds of elections and of the autopilot in the same time.
    private static ServerOptions Quicken(ServerOptions options) => options with
    {
        ElectionTimeout = Duration.Milliseconds(400),
        HeartbeatInterval = Duration.Milliseconds(40),
        AnnounceInterval = Duration.Milliseconds(500),
        FailureTimeout = Duration.Seconds(2),
        AutopilotStateInterval = Duration.Milliseconds(500),
        AutopilotReconcileInterval = Duration.Seconds(2),
        InitialAutopilot = options.InitialAutopilot with { ServerStabilizationTime = Duration.Seconds(2) },
    };
}
