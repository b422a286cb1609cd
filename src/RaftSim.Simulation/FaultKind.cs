namespace RaftSim.Simulation;

/// <summary>
/// Everything that can go wrong in a world, or that its operators do. Each has a counter of how often it happened.
/// </summary>
public enum FaultKind : byte
{
    /// <summary>A message is lost.</summary>
    Drop,

    /// <summary>A message arrives twice.</summary>
    Duplicate,

    /// <summary>A message overtakes another.</summary>
    Reorder,

    /// <summary>A message is held up.</summary>
    Delay,

    /// <summary>The network splits in two; messages between the sides are lost.</summary>
    Partition,

    /// <summary>One server does not reach another, but the other reaches it.</summary>
    OneWay,

    /// <summary>One server is cut off from all others.</summary>
    Isolate,

    /// <summary>A server stops; what its disk had not synced may be lost. It starts again later.</summary>
    Crash,

    /// <summary>All servers stop at once, as in a power failure.</summary>
    PowerLoss,

    /// <summary>A server stops and starts again with an empty disk, within what the protocol survives.</summary>
    Wipe,

    /// <summary>A server does nothing for a while and does not know it, as in a long garbage collection.</summary>
    Pause,

    /// <summary>A disk takes much longer than usual for a while.</summary>
    SlowDisk,

    /// <summary>A server's clock runs fast or slow.</summary>
    Drift,

    /// <summary>An operator writes the autopilot configuration, sometimes with check-and-set.</summary>
    Configure,

    /// <summary>An operator removes a server that is alive.</summary>
    Remove,

    /// <summary>An operator moves leadership to another server.</summary>
    Transfer,

    /// <summary>A disk has no space left for a while.</summary>
    FullDisk,

    /// <summary>A message arrives a second time, many seconds after the first.</summary>
    LateCopy,

    /// <summary>Bytes of a message change on the way: its checksum betrays it, and the connection is dropped.</summary>
    CorruptFrame,

    /// <summary>The network splits in two, and one server reaches both sides.</summary>
    Bridge,

    /// <summary>Two servers do not reach each other; all others reach both.</summary>
    CutLink,

    /// <summary>A link fails and recovers again and again.</summary>
    FlappingLink,

    /// <summary>A link takes many times as long as usual for a while.</summary>
    SlowLink,

    /// <summary>A link carries few bytes a second for a while: what is long takes long, and holds up what follows.</summary>
    Bandwidth,

    /// <summary>A connection breaks: what is under way on it in both directions is lost.</summary>
    ConnectionReset,

    /// <summary>A server is heard, but hears nobody.</summary>
    Deaf,

    /// <summary>A server hears, but is not heard.</summary>
    Mute,

    /// <summary>The whole network takes many times as long as usual for a while.</summary>
    Congestion,

    /// <summary>Large messages do not come through on a link, while small ones do.</summary>
    BulkStall,

    /// <summary>Most messages of the whole network are lost for a moment.</summary>
    BurstLoss,

    /// <summary>A server's process is killed: what was written is there, what was not may be lost. It starts again.</summary>
    Kill,

    /// <summary>A server crashes at a certain one of its next disk operations.</summary>
    CrashAtIo,

    /// <summary>A server takes long for every step for a while.</summary>
    SlowServer,

    /// <summary>A state machine takes long for every command for a while.</summary>
    SlowApply,

    /// <summary>A server crashes several times in a row, soon after each start.</summary>
    RestartLoop,

    /// <summary>A server is down for so long that it is taken for dead.</summary>
    LongOutage,

    /// <summary>All servers are restarted, one after the other.</summary>
    RollingRestart,

    /// <summary>Just enough servers stop at once that the others are no majority.</summary>
    QuorumLoss,

    /// <summary>A server crashes, and all that its disk had not synced is lost.</summary>
    UnsyncedLoss,

    /// <summary>A server crashes, and what its disk had not synced is kept in parts.</summary>
    TornWrite,

    /// <summary>A sync fails: the server must stop.</summary>
    FailedSync,

    /// <summary>A read, write or change of names fails: the server must stop.</summary>
    FailedIo,

    /// <summary>A sync is confirmed, but what it covers is lost at the next crash; the disk is replaced then.</summary>
    LyingSync,

    /// <summary>A bit changes in what is durable; a server that refuses its disk is given an empty one.</summary>
    BitRot,

    /// <summary>A write goes to another place of its file; the disk is replaced at the next crash.</summary>
    MisdirectedWrite,

    /// <summary>One operation of a disk takes seconds.</summary>
    StalledDisk,

    /// <summary>Servers' wall clocks differ, by up to hours.</summary>
    Skew,

    /// <summary>A server starts again with a wall clock that has jumped, ahead or back.</summary>
    ClockJump,

    /// <summary>Callers ask for a hundred things at once.</summary>
    Burst,

    /// <summary>All servers are restarted with another version of the program, one after the other, and perhaps back.</summary>
    Upgrade,

    /// <summary>Servers are struck right after they have done a certain thing: were elected, have voted, and so on.</summary>
    Ambush,

    /// <summary>All servers stand still for the same while, as when the machine that they run on is suspended.</summary>
    Freeze,

    /// <summary>Several operators remove several servers at the same time.</summary>
    Churn,

    /// <summary>All servers of a redundancy zone crash at once, and come back later.</summary>
    ZoneLoss,

    /// <summary>All servers of a redundancy zone are cut off from all others.</summary>
    ZoneCut,

    /// <summary>Servers die one after the other, each as soon as autopilot has dealt with the one before.</summary>
    Cascade,

    /// <summary>An operator moves leadership in the middle of an upgrade.</summary>
    UpgradeTransfer,

    /// <summary>An operator changes autopilot's settings while a dead server is about to be dealt with.</summary>
    SettingsRace,

    /// <summary>Another server takes over, and the leader until then hears of it late, while callers go on asking it.</summary>
    LateNews,

    /// <summary>Leaders are cut off soon after their election, each until the next one is.</summary>
    Relay,
}
