using System.Globalization;

namespace RaftSim.Simulation.Crashes;

/// <summary>When a server crashes at an operation of its disk.</summary>
public enum CrashMoment : byte
{
    /// <summary>The operation is not carried out any more.</summary>
    Before,

    /// <summary>It is carried out, but the server never hears of it.</summary>
    After,

    /// <summary>
    /// It fails, of a sync with all that it covers, and the server is told so. It must stop by itself, unless it can do
    /// without.
    /// </summary>
    Failure,
}

/// <summary>A place for a server to crash at. Operations that wait behind this one are not carried out.</summary>
/// <param name="Server">Which server, by its number in the world.</param>
/// <param name="Operation">Which operation of its disk, counted from 1 since the start of the world, over all restarts.</param>
/// <param name="Moment">When.</param>
/// <param name="Loss">What becomes of what was not synced. Of a <see cref="CrashMoment.Failure"/>: not used.</param>
public readonly record struct CrashPoint(int Server, long Operation, CrashMoment Moment, SimDiskCrash Loss)
{
    /// <summary>The expression that makes it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"new CrashPoint({Server}, {Operation}, CrashMoment.{Moment}, SimDiskCrash.{Loss})");
}
