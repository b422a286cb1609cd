using RaftSim.Simulation.Checkers;
using RaftSim.Storage;

namespace RaftSim.Simulation.Crashes;

/// <summary>
/// Plays a short script over and over, and lets one server crash at another operation of its disk each time: at every
/// operation that takes place during the script, before and after it, with every kind of loss, and with the operation
/// failing. After the script all must be well, as after <see cref="SimWorld.Run"/>: the cluster recovers, logs agree.
/// </summary>
public sealed class CrashEnumeration
{
    private static readonly SimDiskCrash[] _losses =
        [SimDiskCrash.LoseAll, SimDiskCrash.KeepAll, SimDiskCrash.PointInTime, SimDiskCrash.Each];

    private readonly Func<SimWorld> _make;
    private readonly Action<SimWorld> _script;
    private readonly List<CrashPoint> _points = [];
    private readonly SortedDictionary<(int Server, long Number), string> _operations = [];

    /// <summary>Plays the script once without a crash, to see which points there are; throws what it throws.</summary>
    /// <param name="make">Makes the same world each time, and may let it run already: that part is not enumerated.</param>
    /// <param name="script">
    /// What is done to the world. It must bear the crash of any one server: ask again what is lost, wait for what takes
    /// longer. What it throws is a failure.
    /// </param>
    public CrashEnumeration(Func<SimWorld> make, Action<SimWorld> script)
    {
        ArgumentNullException.ThrowIfNull(make);
        ArgumentNullException.ThrowIfNull(script);
        _make = make;
        _script = script;
        SimWorld world = make();
        world.DiskSteps = Add;
        script(world);
        world.DiskSteps = null;
        Finish(world);
    }

    /// <summary>How long the server is down after its crash. Positive; default 10 ms.</summary>
    public Duration Downtime { get; init; } = Duration.Milliseconds(10);

    /// <summary>
    /// All points, in the order of the operations. Where nothing is unsynced all losses are the same, and there is one.
    /// </summary>
    public IReadOnlyList<CrashPoint> Points => _points;

    /// <summary>Plays the script for every point until one fails; <see langword="null"/> when none does.</summary>
    /// <param name="progress">Told how many points are done, and of how many. Default: nobody.</param>
    public CrashFailure? Run(Action<int, int>? progress = null)
    {
        for (int i = 0; i < _points.Count; i++)
        {
            if (Run(_points[i]) is { } failure)
            {
                return failure;
            }

            progress?.Invoke(i + 1, _points.Count);
        }

        return null;
    }

    /// <summary>Plays the script for one point; <see langword="null"/> when all is well.</summary>
    public CrashFailure? Run(CrashPoint point)
    {
        SimWorld world = _make();
        try
        {
            world.CrashAt(point, Downtime);
            _script(world);
            if (world.DiskOperations(point.Server) < point.Operation)
            {
                throw new InvalidOperationException("the script did not come to the operation: it is not the same each time");
            }

            Finish(world);
            return null;
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or OperationCanceledException))
        {
            string operation = _operations.GetValueOrDefault((point.Server, point.Operation), "an operation not known");
            return new CrashFailure(point, operation, exception);
        }
    }

    private static void Finish(SimWorld world)
    {
        world.Settle();
        new Liveness(world).Check();
        world.RequireLogs();
    }

    private void Add(DiskStep step)
    {
        DiskOp op = step.Operation;
        _operations.Add((step.Server, step.Number), op.Kind is DiskOpKind.List or DiskOpKind.SyncDirectory
            ? $"{op.Kind}"
            : $"{op.Kind} of {op.File}");
        Add(step, CrashMoment.Before, step.HadUnsynced);
        Add(step, CrashMoment.After, step.HasUnsynced);
        if (SimDisk.CanTear(op))
        {
            _points.Add(new(step.Server, step.Number, CrashMoment.After, SimDiskCrash.Tear));
        }

        _points.Add(new(step.Server, step.Number, CrashMoment.Failure, SimDiskCrash.LoseAll));
    }

    private void Add(DiskStep step, CrashMoment moment, bool canLose)
    {
        foreach (SimDiskCrash loss in canLose ? _losses : _losses.AsSpan(0, 1))
        {
            _points.Add(new(step.Server, step.Number, moment, loss));
        }
    }
}
