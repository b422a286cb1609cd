using RaftSim.Storage;

namespace RaftSim.Simulation;

// What a script, or a fault, can do to a disk. All of it can be done while the server is down, too, if not said otherwise.
public sealed partial class SimWorld
{
    /// <summary>
    /// From now on every operation of a disk takes so many times as long as usual; it is counted when one first does.
    /// </summary>
    /// <param name="server">Whose disk.</param>
    /// <param name="times">
    /// 1 to 1,000,000; 1 is as quick as usual, and what was begun slowly is done at once then. Else
    /// <see cref="ArgumentOutOfRangeException"/>.
    /// </param>
    public void SlowDisk(int server, int times)
    {
        SimServer slow = ServerOf(server);
        RequireTimes(times);
        slow.DiskSlowness = times;
        slow.SlowDiskBites.Set(times > 1 ? Once(FaultKind.SlowDisk) : null);
        Disturb(slow);
        if (times == 1)
        {
            // What was begun slowly is done now; its later completion will find nothing to do.
            Timeline.Schedule(Timeline.Now, SimEventKind.Disk, server, 0, slow.DiskWake);
        }

        Say(slow, $"has a disk that takes {times} times as long");
    }

    /// <summary>From now on a disk has no space left, or has some again; it is counted when it first refuses something.</summary>
    /// <param name="server">Whose disk.</param>
    /// <param name="isFull">Whether it is full. Files that are there can be read, and written where they are long enough.</param>
    public void FillDisk(int server, bool isFull)
    {
        SimServer full = ServerOf(server);
        full.Disk.IsFull = isFull;
        full.FullDiskBites.Set(isFull ? Once(FaultKind.FullDisk) : null);
        Disturb(full);
        Say(full, isFull ? "has a full disk" : "has space on its disk");
    }

    /// <summary>
    /// The next operation that a disk begins takes longer, and so do all that wait behind it; it is counted when that begins. A
    /// second stall takes the place of one that has not begun.
    /// </summary>
    /// <param name="server">Whose disk.</param>
    /// <param name="span">How much longer: above 0, or <see cref="ArgumentOutOfRangeException"/>.</param>
    public void StallDisk(int server, Duration span)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(span.Nanos, 0, nameof(span));
        SimServer stalled = ServerOf(server);
        stalled.DiskStall = span;
        stalled.StalledDiskBites.Set(Once(FaultKind.StalledDisk));
        Say(stalled, $"has a disk that stalls for {span}");
        Disturb(stalled);
    }

    /// <summary>
    /// The next operation of a disk that this can befall suffers it, and is counted then. The server must stop over a failure,
    /// and after a sync that lies and a write that goes astray its disk is replaced at the next crash: a minority of those is
    /// survived. Nothing happens to a server that is down, or whose disk is to be replaced or has rotted.
    /// </summary>
    /// <param name="server">Whose disk.</param>
    /// <param name="fault">
    /// <see cref="SimDiskFault.SyncFailure"/>, <see cref="SimDiskFault.Failure"/>, <see cref="SimDiskFault.SyncLie"/>,
    /// <see cref="SimDiskFault.Misdirected"/>, or <see cref="SimDiskFault.WriteTorn"/> for a crash in the middle of a write of
    /// several sectors; else <see cref="ArgumentException"/>.
    /// </param>
    public void FailNext(int server, SimDiskFault fault)
    {
        if (fault is not (SimDiskFault.SyncFailure or SimDiskFault.Failure or SimDiskFault.SyncLie or SimDiskFault.Misdirected
            or SimDiskFault.WriteTorn))
        {
            throw new ArgumentException($"{fault} befalls no operation", nameof(fault));
        }

        SimServer failing = ServerOf(server);
        if (failing.IsUp && failing.Doom == DiskDoom.None)
        {
            failing.Disk.FailNext(fault);
            Say(failing, $"has a disk whose next operation suffers {fault}");
            failing.Doom = fault is SimDiskFault.SyncLie or SimDiskFault.Misdirected ? DiskDoom.Lost : DiskDoom.None;
        }
    }

    /// <summary>
    /// A bit rots on a disk, where a server that reads all of it must notice, if it matters: then it refuses the disk at its next
    /// start, and is given an empty one. A minority of those is survived. Nothing happens when nothing durable is on the disk, or
    /// it has rotted before or is to be replaced.
    /// </summary>
    /// <param name="server">Whose disk. Which bit follows from the seed and from how many operations the disk has seen.</param>
    public void Rot(int server) => Rot(
        server, Draw.Of(Seed, Concern.Disk).At(server).At(4).At((ulong)DiskOperations(server)).Stream());

    internal void Rot(int server, Prng prng)
    {
        SimServer rotten = _servers[server];
        if (rotten.Doom == DiskDoom.None && rotten.Disk.Rot(prng))
        {
            rotten.Doom = DiskDoom.Rotten;
            rotten.RottenSince = rotten.Incarnation;
            _faults.Fired(FaultKind.BitRot);
            Say(rotten, "has a rotten disk");
        }
    }

    /// <summary>Whether a disk is to be given up; one to which nothing has happened yet is good again.</summary>
    internal bool EndDoom(int server)
    {
        SimServer doomed = _servers[server];
        if (doomed.Doom == DiskDoom.Lost && doomed.Disk.IsArmed)
        {
            doomed.Disk.FailNext(null);
            doomed.Doom = DiskDoom.None;
        }

        return doomed.Doom != DiskDoom.None;
    }

    private void ReplaceDisk(SimServer server)
    {
        server.Disk.Wipe();
        server.DiskId = default;
        server.Doom = DiskDoom.None;
        Say(server, "is wiped");
    }

    private void TakeDisk(SimServer server, in DiskCompletion completion)
    {
        if (server.CrashAtIo == 1 || server.Disk.IsTearing)
        {
            // Carried out, but the server never hears of it.
            if (server.CrashAtIo == 1)
            {
                _faults.Fired(FaultKind.CrashAtIo);
                server.CrashAtIoBites.Happen();
            }

            Crash(server.Number, server.Disk.IsTearing ? SimDiskCrash.Tear : SimDiskCrash.Any);
            RestartLater(server);
            return;
        }

        // Who starts on a full disk can begin nothing, and says so a little later, when there may be room again.
        server.HasDiskFailed |= completion.Status == DiskStatus.Full && !server.IsObserved;
        server.CrashAtIo -= server.CrashAtIo > 0 ? 1 : 0;
        Take(server, Server.ServerInput.DiskCompleted(completion));
    }

    private void NoteDisk(SimServer server, SimDiskFault fault)
    {
        FaultKind? kind = fault switch
        {
            SimDiskFault.WriteLost => FaultKind.UnsyncedLoss,
            SimDiskFault.WriteTorn => FaultKind.TornWrite,
            SimDiskFault.SyncFailure => FaultKind.FailedSync,
            SimDiskFault.Failure => FaultKind.FailedIo,
            SimDiskFault.SyncLie => FaultKind.LyingSync,
            SimDiskFault.Misdirected => FaultKind.MisdirectedWrite,
            _ => null,
        };
        server.HasDiskFailed |= fault is SimDiskFault.SyncFailure or SimDiskFault.Failure;
        if (kind is { } fired)
        {
            _faults.Fired(fired);
        }
        else if (fault == SimDiskFault.Full)
        {
            server.FullDiskBites.Happen();
        }
    }

    private static void RequireTimes(int times)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(times, TimesMax);
    }
}
