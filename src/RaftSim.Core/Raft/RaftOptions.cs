namespace RaftSim.Raft;

/// <summary>Settings of one Raft server. All servers of a cluster should have the same timings.</summary>
public sealed record RaftOptions
{
    /// <summary>The default of <see cref="ClockDriftPpmMax"/>: a tenth.</summary>
    public const int ClockDriftPpmDefault = 100_000;

    /// <summary>
    /// The largest <see cref="ClockDriftPpmMax"/>: the lease is then two thirds of the election timeout.
    /// </summary>
    public const int ClockDriftPpmLimit = 200_000;

    /// <summary>Most that <see cref="AppendEntriesMax"/> may be.</summary>
    public const int AppendEntriesLimit = 4096;

    internal const int AppendEntriesDefault = 256;
    internal const int AppendBytesDefault = 1 << 20;
    internal const int InflightAppendsDefault = 64;
    internal const int UncommittedEntriesDefault = 65_536;
    private const int Million = 1_000_000;

    // Clocks show whole ticks, of at most 100 ns on the systems that .NET runs on: a span of time may be off by one
    // at each end.
    private static readonly Duration _clockTicks = Duration.Microseconds(1);

    /// <summary>This server.</summary>
    public required ServerId Self { get; init; }

    /// <summary>How configurations are written into the log.</summary>
    public required ConfigurationCodec Codec { get; init; }

    /// <summary>
    /// Shortest silence of the leader before a server campaigns; the longest is twice as much. Positive; default 1 s.
    /// Source: dissertation §3.4; HashiCorp's default election timeout.
    /// </summary>
    public Duration ElectionTimeout { get; init; } = Duration.Seconds(1);

    /// <summary>Time between heartbeats. Positive, at most half of <see cref="ElectionTimeout"/>; default 100 ms.</summary>
    public Duration HeartbeatInterval { get; init; } = Duration.Milliseconds(100);

    /// <summary>Most entries in one Append. 1 to 4096; default 256.</summary>
    public int AppendEntriesMax { get; init; } = AppendEntriesDefault;

    /// <summary>Most payload bytes in one Append, but always at least one entry. Positive; default 1 MiB.</summary>
    public int AppendBytesMax { get; init; } = AppendBytesDefault;

    /// <summary>Most Appends in flight to one follower. Positive; default 64.</summary>
    public int InflightAppendsMax { get; init; } = InflightAppendsDefault;

    /// <summary>Most entries that wait to be committed before proposals are refused. Positive; default 65,536.</summary>
    public int UncommittedEntriesMax { get; init; } = UncommittedEntriesDefault;

    /// <summary>
    /// How many entries are kept in front of a snapshot for followers that lag: whoever is further behind gets the snapshot.
    /// Default 10,240. Source: HashiCorp's TrailingLogs.
    /// </summary>
    public ulong TrailingEntries { get; init; } = 10_240;

    /// <summary>Most payload bytes of them. Not negative; default 64 MiB.</summary>
    public long TrailingBytes { get; init; } = 64L << 20;

    /// <summary>How many entries a server may be behind the leader and still be promoted; default 250.</summary>
    public ulong PromoteLagMax { get; init; } = 250;

    /// <summary>
    /// Whether a leader answers reads without asking a majority while none of the others can have been elected, by
    /// the clocks. Rests on <see cref="ClockDriftPpmMax"/>, and on all servers having this on and the same
    /// <see cref="ElectionTimeout"/>. A server then gives no vote for one election timeout after its start.
    /// Default: off. Source: dissertation §6.4.1.
    /// </summary>
    public bool ReadLease { get; init; }

    /// <summary>
    /// With <see cref="ReadLease"/>: how many millionths any server's monotonic clock may run fast or slow against
    /// true time. Beyond it, or with a clock that jumps or stands still, reads may be stale. The lease gets shorter
    /// by twice as much. 0 to 200,000; default 100,000, a tenth, more than what time services slew clocks by (chrony:
    /// up to 83,333).
    /// </summary>
    public int ClockDriftPpmMax { get; init; } = ClockDriftPpmDefault;

    /// <summary>
    /// How long a leader's lease is on its own clock. On one as slow as may be it ends when
    /// <see cref="ElectionTimeout"/> ends on one as fast as may be. Source: dissertation §6.4.1, with the bound taken
    /// for both clocks.
    /// </summary>
    internal Duration LeaseSpan => new Duration((long)((Int128)ElectionTimeout.Nanos
        * (Million - ClockDriftPpmMax) / (Million + ClockDriftPpmMax))) - _clockTicks;

    /// <summary>
    /// Throws <see cref="ArgumentException"/> that names the value and the rule when a setting is out of range.
    /// </summary>
    public void Validate()
    {
        Check(!Self.IsNone, nameof(Self), Self.ToString(), "must not be empty");
        Check(ElectionTimeout > Duration.Zero, nameof(ElectionTimeout), ElectionTimeout, "must be positive");
        Check(HeartbeatInterval > Duration.Zero, nameof(HeartbeatInterval), HeartbeatInterval, "must be positive");
        Check(HeartbeatInterval <= ElectionTimeout / 2, nameof(HeartbeatInterval), HeartbeatInterval,
            $"must be at most half of the election timeout, {ElectionTimeout}");
        Check(AppendEntriesMax is >= 1 and <= AppendEntriesLimit, nameof(AppendEntriesMax), AppendEntriesMax,
            $"must be 1 to {AppendEntriesLimit}");
        Check(AppendBytesMax > 0, nameof(AppendBytesMax), AppendBytesMax, "must be positive");
        Check(InflightAppendsMax > 0, nameof(InflightAppendsMax), InflightAppendsMax, "must be positive");
        Check(UncommittedEntriesMax > 0, nameof(UncommittedEntriesMax), UncommittedEntriesMax, "must be positive");
        Check(TrailingBytes >= 0, nameof(TrailingBytes), TrailingBytes, "must not be negative");
        Check(ClockDriftPpmMax is >= 0 and <= ClockDriftPpmLimit, nameof(ClockDriftPpmMax), ClockDriftPpmMax,
            $"must be 0 to {ClockDriftPpmLimit}");
    }

    private static void Check(bool holds, string name, object value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} {value}: {rule}", name);
        }
    }
}
