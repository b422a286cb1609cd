using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation;

/// <summary>One place for a server in a world: its disk stays, its incarnations come and go.</summary>
internal sealed class SimServer(int number, ServerOptions options, SimDisk disk)
{
    private ServerInput[] _inbox = new ServerInput[16];

    public int Number { get; } = number;

    public ServerOptions Options { get; } = options;

    public SimDisk Disk { get; } = disk;

    /// <summary>How often it was started.</summary>
    public int Incarnation { get; set; }

    /// <summary>The running server; <see langword="null"/> while it is down.</summary>
    public ServerNode? Node { get; set; }

    public SimClock Clock { get; set; }

    public SimApplyStage? Apply { get; set; }

    /// <summary>It does nothing before this moment, paused or busy as it is.</summary>
    public long BusyUntil { get; set; }

    /// <summary>Whether a Resume event is under way.</summary>
    public bool IsResumeScheduled { get; set; }

    /// <summary>How many steps it has made in this incarnation.</summary>
    public ulong Steps { get; set; }

    /// <summary>The earliest Deadline event under way.</summary>
    public long DeadlineAt { get; set; } = long.MaxValue;

    /// <summary>What it last said of itself; stays while it is down.</summary>
    public RaftStatus Status { get; set; } = SimWorld.Unknown;

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

    /// <summary>The operation of its disk that was last begun.</summary>
    public int DiskWake { get; set; }

    /// <summary>Why it gave up in the step under way, if it did.</summary>
    public string? Failure { get; set; }

    /// <summary>Requests that this incarnation has not answered yet.</summary>
    public List<SimRequest> Open { get; } = [];

    public bool IsUp => Node is not null;

    public int InboxCount { get; private set; }

    public ReadOnlySpan<ServerInput> Inbox => _inbox.AsSpan(0, InboxCount);

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
