using RaftSim.Storage;

namespace RaftSim.Simulation;

// Single faults, one at a time, where options give chances.
public sealed partial class SimDisk
{
    private SimDiskFault? _next;

    /// <summary>Told of every fault that comes to pass.</summary>
    internal Action<SimDiskFault>? Noted { get; init; }

    /// <summary>
    /// The next operation that it can befall suffers this: a failure, a failed sync, a sync that is confirmed and not done, a
    /// write that goes to another place, a write of several sectors after which the power fails. Null: none.
    /// </summary>
    internal void FailNext(SimDiskFault? fault) => _next = fault;

    /// <summary>From now on nothing fails or stalls, neither by chance nor because it was announced.</summary>
    internal void Calm()
    {
        _next = null;
        _options = _options with { StallsPerMillion = 0, FailuresPerMillion = 0, SyncFailuresPerMillion = 0 };
    }

    /// <summary>The operation that was announced with <paramref name="wake"/>; false if a crash took it.</summary>
    internal bool TryPeek(ulong wake, out DiskOp op)
    {
        op = _underWay;
        return wake == _wake && _isBusy;
    }

    /// <summary>Whether a crash could lose something: it was written, or got its name, and no sync covers it.</summary>
    internal bool HasUnsynced => _nameChanges.Count > 0 || _durableNames.Values.Any(file => file.HasUnsynced);

    /// <summary>Whether a write reaches over more than one sector, so that a crash can keep some of it.</summary>
    internal static bool CanTear(in DiskOp op) => op.Kind == DiskOpKind.Write && op.Data.Length > 0
        && op.Offset / SimDiskFile.SectorBytes != (op.Offset + op.Data.Length - 1) / SimDiskFile.SectorBytes;

    /// <summary>Whether what <see cref="FailNext"/> announced has not come to pass yet.</summary>
    internal bool IsArmed => _next is not null;

    /// <summary>Whether the power is to fail now, right after a write of several sectors.</summary>
    internal bool IsTearing { get; private set; }

    /// <summary>
    /// Lets a bit rot where a program that reads all of its files must notice, if it matters: in a snapshot, in a segment of
    /// the log that two others were begun behind, or in any as far as something behind says that it was synced. A damaged end of
    /// a log looks as if it had been torn, which no checksum can tell from a crash. False when there is nothing durable.
    /// </summary>
    internal bool Rot(Prng prng)
    {
        List<FileId> files =
            [.. _durableNames.Keys.Where(name => _durableNames[name].DurableLength >= LogFormat.SegmentHeaderBytes)];
        if (files.Count == 0)
        {
            return false;
        }

        FileId chosen = files[(int)prng.Below((ulong)files.Count)];
        SimDiskFile file = _durableNames[chosen];
        bool isSnapshot = SnapshotFormat.TryParseName(chosen, out _);
        int later = files.Count(other => other.CompareTo(chosen) > 0 && !SnapshotFormat.TryParseName(other, out _));
        int bytes = isSnapshot || later > 1 ? file.DurableLength : ProvenBytes(file.Durable);
        file.FlipBit((int)prng.Below((ulong)bytes), (int)prng.Below(8));
        Note(SimDiskFault.BitFlip);
        return true;
    }

    // Up to the first frame of which no later one says that it was synced.
    private static int ProvenBytes(ReadOnlySpan<byte> segment)
    {
        if (LogFormat.ReadSegmentHeader(segment, out SegmentHeader header) is not null)
        {
            return LogFormat.SegmentHeaderBytes;
        }

        LogReplay replay = new();
        replay.Begin(header);
        return SegmentReader.Read(segment, header, replay).Unproven;
    }

    private bool IsNext(SimDiskFault fault)
    {
        if (_next != fault)
        {
            return false;
        }

        _next = null;
        return true;
    }

    private void TearIfNext(in DiskOp op)
    {
        if (CanTear(op))
        {
            IsTearing = IsNext(SimDiskFault.WriteTorn);
        }
    }

    // Half as far from the beginning as it should go.
    private int PlaceOf(in DiskOp op)
    {
        if (op.Offset == 0 || !IsNext(SimDiskFault.Misdirected))
        {
            return (int)op.Offset;
        }

        Note(SimDiskFault.Misdirected);
        return (int)op.Offset / 2;
    }
}
