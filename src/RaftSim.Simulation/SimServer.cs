using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Crashes;

namespace RaftSim.Simulation;

/// <summary>What must become of a disk that is not what it should be.</summary>
internal enum DiskDoom : byte
{
    /// <summary>Nothing: it is good.</summary>
    None,

    /// <summary>A bit has rotted: if the server refuses it at its next start, it is emptied.</summary>
    Rotten,

    /// <summary>What was confirmed is not on it: it is emptied at the next crash.</summary>
    Lost,
}

/// <summary>Whether a server is part of the world.</summary>
internal enum Presence : byte
{
    /// <summary>It is, up or down.</summary>
    Here,

    /// <summary>It has not come yet.</summary>
    Coming,

    /// <summary>It was taken away for good.</summary>
    Gone,
}

/// <summary>One place for a server in a world: its disk stays, its incarnations come and go.</summary>
internal sealed class SimServer(int number, ServerOptions options, SimDisk disk)
{
    /// <summary>Those who wait for an operation of its slow disk.</summary>
    public Bites SlowDiskBites;

    /// <summary>Those who wait for the operation with which its disk is to stall.</summary>
    public Bites StalledDiskBites;

    /// <summary>Those who wait for its full disk to refuse something.</summary>
    public Bites FullDiskBites;

    /// <summary>Those who wait for it to crash at an operation of its disk.</summary>
    public Bites CrashAtIoBites;

    /// <summary>Those who wait for a step to take longer than usual.</summary>
    public Bites SlowStepBites;

    /// <summary>Those who wait for a batch of commands to take longer than usual.</summary>
    public Bites SlowApplyBites;

    private Bites _pauseBites;
    private ServerInput[] _inbox = new ServerInput[16];
    private RaftStatus _status = SimWorld.Unknown;

    public int Number { get; } = number;

    /// <summary>What it is started with next.</summary>
    public ServerOptions Options { get; set; } = options;

    public SimDisk Disk { get; } = disk;

    /// <summary>Whether it is part of the world: who is not never starts.</summary>
    public Presence Presence { get; set; }

    /// <summary>How often it was started.</summary>
    public int Incarnation { get; set; }

    /// <summary>The running server; <see langword="null"/> while it is down.</summary>
    public ServerNode? Node { get; set; }

    public SimClock Clock { get; set; }

    public SimApplyStage? Apply { get; set; }

    /// <summary>It does nothing before this moment, paused or busy as it is.</summary>
    public long BusyUntil { get; set; }

    /// <summary>When the last of its pauses ends, if it has not stopped since.</summary>
    public long PausedUntil { get; set; }

    /// <summary>Whether a Resume event is under way.</summary>
    public bool IsResumeScheduled { get; set; }

    /// <summary>How many steps it has made in this incarnation.</summary>
    public ulong Steps { get; set; }

    /// <summary>The earliest Deadline event under way.</summary>
    public long DeadlineAt { get; set; } = long.MaxValue;

    /// <summary>What it last said of itself; stays while it is down.</summary>
    public ref readonly RaftStatus Status => ref _status;

    /// <summary>Whether this incarnation has said anything of itself yet.</summary>
    public bool IsObserved { get; set; }

    /// <summary>A copy of its log, made by this incarnation.</summary>
    public ReplicaLog Log { get; set; } = new();

    /// <summary>The identity of its data folder as last seen; none after a wipe, until it has started.</summary>
    public DiskId DiskId { get; set; }

    /// <summary>When the last time ended that it was down, paused, slow or cut off; of a pause, perhaps a time to come.</summary>
    public long DisturbedAt { get; set; }

    /// <summary>How many times as long as usual its disk takes.</summary>
    public int DiskSlowness { get; set; } = 1;

    /// <summary>How much longer the next operation of its disk takes.</summary>
    public Duration DiskStall { get; set; }

    /// <summary>How long it is busy after each step, on average, when that is longer than usual.</summary>
    public Duration StepMean { get; set; }

    /// <summary>How long its state machine takes for a batch, on average, when that is longer than usual.</summary>
    public Duration ApplyMean { get; set; }

    /// <summary>After so many more operations of its disk it crashes; 0: it does not.</summary>
    public int CrashAtIo { get; set; }

    /// <summary>How many operations of its disk were carried out or failed, in all of its lives.</summary>
    public long DiskOperations { get; set; }

    /// <summary>Where it is to crash; <see langword="null"/>: nowhere.</summary>
    public CrashPoint? CrashPoint { get; set; }

    /// <summary>How long it is down when it crashes there, or gives up; zero: until it is restarted.</summary>
    public Duration Downtime { get; set; }

    /// <summary>When it starts again by itself.</summary>
    public long RestartAt { get; set; } = long.MaxValue;

    /// <summary>How much its wall clock is ahead.</summary>
    public Duration WallSkew { get; set; }

    /// <summary>What its wall clock showed when its clock showed 0.</summary>
    public WallTime WallClockOrigin { get; set; }

    /// <summary>What must become of its disk.</summary>
    public DiskDoom Doom { get; set; }

    /// <summary>With <see cref="DiskDoom.Rotten"/>: the incarnation at that time, which may have read the disk before.</summary>
    public int RottenSince { get; set; }

    /// <summary>Whether its disk has reported a failure to this incarnation.</summary>
    public bool HasDiskFailed { get; set; }

    /// <summary>How many faults under way make it seem dead, perhaps.</summary>
    public int Impairments { get; set; }

    /// <summary>How many of them do not show in which links are cut: slowness of all kinds, links that come and go.</summary>
    public int Handicaps { get; set; }

    /// <summary>The operation of its disk that was last begun.</summary>
    public int DiskWake { get; set; }

    /// <summary>Why it gave up in the step under way, if it did.</summary>
    public string? Failure { get; set; }

    /// <summary>Requests that this incarnation has not answered yet.</summary>
    public List<SimRequest> Open { get; } = [];

    public bool IsUp => Node is not null;

    public int InboxCount { get; private set; }

    public ReadOnlySpan<ServerInput> Inbox => _inbox.AsSpan(0, InboxCount);

    /// <summary>It does nothing for a while; somebody is told when something first has to wait for that.</summary>
    public void Pause(long now, long until, Action bite)
    {
        if (PausedUntil <= now)
        {
            _pauseBites.Set(null);
        }

        _pauseBites.Add(bite);
        PausedUntil = Math.Max(PausedUntil, until);
        BusyUntil = Math.Max(BusyUntil, until);
        DisturbedAt = Math.Max(DisturbedAt, BusyUntil);
    }

    /// <summary>Something has to wait.</summary>
    public void Hold(long now)
    {
        if (PausedUntil > now)
        {
            _pauseBites.Happen();
        }
    }

    /// <summary>How long it is busy after a step, on average.</summary>
    public Duration StepTime(Duration usual)
    {
        if (StepMean <= usual)
        {
            return usual;
        }

        SlowStepBites.Happen();
        return StepMean;
    }

    /// <summary>How long its state machine takes for a batch, on average.</summary>
    public Duration ApplyTime(Duration usual)
    {
        if (ApplyMean <= usual)
        {
            return usual;
        }

        SlowApplyBites.Happen();
        return ApplyMean;
    }

    /// <summary>Takes down what it says of itself.</summary>
    public void Saw(in RaftStatus status) => _status = status;

    public void Enqueue(in ServerInput input)
    {
        if (InboxCount == _inbox.Length)
        {
            Array.Resize(ref _inbox, InboxCount * 2);
        }

        _inbox[InboxCount++] = input;
    }

    public void ClearInbox()
    {
        Array.Clear(_inbox, 0, InboxCount);
        InboxCount = 0;
    }
}
