using RaftSim.Simulation.Crashes;
using RaftSim.Storage;

namespace RaftSim.Simulation;

// Operations of disks, one by one, and crashes at a chosen one.
public sealed partial class SimWorld
{
    /// <summary>Told of every operation of a disk; for whoever lists them.</summary>
    internal Action<DiskStep>? DiskSteps { get; set; }

    /// <summary>How many operations of a server's disk have taken place, since the start of the world.</summary>
    public long DiskOperations(int server) => ServerOf(server).DiskOperations;

    /// <summary>
    /// Lets a server crash at an operation of its disk that is still to come, and start again after <paramref name="downtime"/>,
    /// unless a script crashes or starts it before. A server has one such point at a time. Throws
    /// <see cref="ArgumentException"/> when the operation is over.
    /// </summary>
    /// <param name="point">Who, where and how.</param>
    /// <param name="downtime">How long it is down; also when it gives up later. Zero: until a script restarts it.</param>
    public void CrashAt(CrashPoint point, Duration downtime)
    {
        SimServer server = ServerOf(point.Server, nameof(point));
        if (point.Operation <= server.DiskOperations)
        {
            throw new ArgumentException(
                $"server {server.Number} is past operation {point.Operation} of its disk", nameof(point));
        }

        server.CrashPoint = point;
        server.Downtime = downtime;
    }

    private void CompleteDisk(SimServer server, in SimEvent next)
    {
        ulong wake = (ulong)next.Slot;
        if (!server.Disk.TryPeek(wake, out DiskOp op))
        {
            return;
        }

        server.DiskOperations++;
        CrashPoint? point = server.CrashPoint is { } set && set.Operation == server.DiskOperations ? set : null;
        if (point is { Moment: CrashMoment.Before } before)
        {
            Note(next, Describe(op, default));
            CrashNow(server, before);
            return;
        }

        if (point is { Moment: CrashMoment.Failure })
        {
            server.CrashPoint = null;
            bool isSync = op.Kind is DiskOpKind.Sync or DiskOpKind.SyncDirectory;
            server.Disk.FailNext(isSync ? SimDiskFault.SyncFailure : SimDiskFault.Failure);
        }

        bool hadUnsynced = DiskSteps is not null && server.Disk.HasUnsynced;
        server.Disk.TryComplete(wake, out DiskCompletion completion);
        Note(next, Describe(op, completion));
        _states.Operated(server.Number, op.Kind, op.File);
        DiskSteps?.Invoke(new(server.Number, server.DiskOperations, op, hadUnsynced, server.Disk.HasUnsynced));
        if (point is { Moment: CrashMoment.After } after)
        {
            CrashNow(server, after);
            return;
        }

        TakeDisk(server, completion);
    }

    // The bytes too, so that a run which writes something else is another run.
    private static ulong Describe(in DiskOp op, in DiskCompletion completion)
    {
        ulong gist = Prng.Hash(op.Ticket, ((ulong)op.Kind << 8) | (ulong)completion.Status);
        gist = Prng.Hash(gist, (ulong)(op.Offset ^ (op.Length << 32)));
        gist = Prng.Hash(gist, (ulong)completion.Length);
        return op.Kind == DiskOpKind.Write ? TraceHash.Of(op.Data.Span, gist) : gist;
    }

    private void CrashNow(SimServer server, CrashPoint point)
    {
        server.CrashPoint = null;
        if (server.IsUp)
        {
            Stop(server, $"crashes, as {point.Loss} has it");
        }

        Draw draw = Draw.Of(Seed, Concern.Disk).At(server.Number).At(server.Incarnation).At(3);
        server.Disk.CrashAtOnce(draw.At((ulong)point.Operation).Stream(), point.Loss);
        _faults.Fired(FaultKind.CrashAtIo);
        if (server.Doom == DiskDoom.Lost)
        {
            ReplaceDisk(server);
        }

        RestartLater(server);
    }

    // By the rules of the faults in a run; in a script as it said when it chose the point, if it did.
    private void RestartLater(SimServer server)
    {
        _injector?.RestartLater(server.Number);
        if (_injector is null && server.Downtime > Duration.Zero)
        {
            server.RestartAt = checked(Timeline.Now + server.Downtime.Nanos);
            Timeline.Schedule(server.RestartAt, SimEventKind.Restart, server.Number, server.Incarnation);
        }
    }
}
