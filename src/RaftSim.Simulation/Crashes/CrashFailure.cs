namespace RaftSim.Simulation.Crashes;

/// <summary>A point of an enumeration at which something went wrong.</summary>
/// <param name="Point">Where the server crashed; <see cref="CrashEnumeration.Run(CrashPoint)"/> repeats just this one.</param>
/// <param name="Operation">What its disk was asked for there, in words.</param>
/// <param name="Cause">A broken promise, or what the script threw.</param>
public sealed record CrashFailure(CrashPoint Point, string Operation, Exception Cause)
{
    /// <summary>What happened and how to see it again, in a few lines for people.</summary>
    public override string ToString()
    {
        string what = Point.Moment switch
        {
            CrashMoment.Before => $"crashes before operation {Point.Operation} of its disk",
            CrashMoment.After => $"crashes after operation {Point.Operation} of its disk, without having heard of it",
            _ => $"hears that operation {Point.Operation} of its disk failed",
        };
        string loss = Point.Moment == CrashMoment.Failure ? "" : $"; what was not synced: {Point.Loss}";
        return $"server {Point.Server} {what} ({Operation}){loss}\n{Cause.Message}\nonly this one: Run({Point})";
    }
}
