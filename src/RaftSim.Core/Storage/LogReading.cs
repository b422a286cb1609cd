namespace RaftSim.Storage;

/// <summary>One segment of a log, as it was read.</summary>
/// <param name="File">Its file.</param>
/// <param name="Bytes">How long the file is.</param>
/// <param name="Frames">How many good frames it holds.</param>
/// <param name="FirstOrdinal">The ordinal of its first frame.</param>
/// <param name="SyncedThrough">The last ordinal that anything in it says was synced.</param>
/// <param name="End">The offset behind its last batch or mark.</param>
/// <param name="Rest">
/// How many bytes behind its last good frame are not the zeros they should be: what a crash left of a write that nobody
/// was told about. 0 for none.
/// </param>
/// <param name="RestRule">What is wrong with them at <paramref name="End"/>; empty when zeros come first.</param>
public sealed record LogSegment(
    FileId File,
    long Bytes,
    ulong Frames,
    ulong FirstOrdinal,
    ulong SyncedThrough,
    long End,
    long Rest,
    string RestRule);

/// <summary>A snapshot, as it was read, every chunk of it.</summary>
/// <param name="File">Its file.</param>
/// <param name="Snapshot">What it is.</param>
/// <param name="Chunks">How many chunks it has.</param>
/// <param name="Bytes">How long its content is.</param>
/// <param name="Manifest">The server's own part of it, encoded.</param>
public sealed record SnapshotReading(
    FileId File, StoredSnapshot Snapshot, ulong Chunks, long Bytes, ReadOnlyMemory<byte> Manifest);

/// <summary>A log, as it was read.</summary>
public sealed class LogReading
{
    private readonly LogPlaces _places;

    internal LogReading(LogPlaces places) => _places = places;

    /// <summary>The server that the log belongs to; none when there is no log.</summary>
    public required ServerId Id { get; init; }

    /// <summary>The identity of the folder; none when there is no log.</summary>
    public required DiskId Disk { get; init; }

    /// <summary>
    /// What a server would start from; only what stands before <see cref="Damage"/> if there is some.
    /// </summary>
    public required RecoveredState State { get; init; }

    /// <summary>The segments that could be read; empty when there is no log.</summary>
    public required IReadOnlyList<LogSegment> Segments { get; init; }

    /// <summary>The snapshot in front of the log; <see langword="null"/> for none.</summary>
    public SnapshotReading? Snapshot { get; init; }

    /// <summary>Segments and snapshots that were still being made; a server deletes them at its start.</summary>
    public required IReadOnlyList<FileId> Unfinished { get; init; }

    /// <summary>The ordinal of the last good frame.</summary>
    public required ulong Frames { get; init; }

    /// <summary>The last ordinal that anything in the log says was synced; what follows may be synced, too.</summary>
    public required ulong SyncedThrough { get; init; }

    /// <summary>Why a server would refuse this log; <see langword="null"/> when it would not.</summary>
    public required LogDamage? Damage { get; init; }

    /// <summary>
    /// What is wrong with an entry, told with the file and the offset of the frame that it stands in.
    /// </summary>
    public LogDamage DamageAt(LogIndex index, string rule)
    {
        (FileId file, int offset) = _places.Find(index);
        return new(file, offset, $"entry {index}: {rule}");
    }
}

/// <summary>Where the frames stand that hold the entries of a log.</summary>
internal sealed class LogPlaces
{
    private readonly List<(LogIndex First, FileId File, int Offset)> _places = [];

    /// <summary>A frame was applied.</summary>
    internal void Add(FileId file, int offset, LogReplay replay)
    {
        while (_places.Count > 0 && _places[^1].First >= replay.AppendedFrom)
        {
            _places.RemoveAt(_places.Count - 1);
        }

        if (replay.AppendedFrom <= replay.LastIndex)
        {
            _places.Add((replay.AppendedFrom, file, offset));
        }
    }

    /// <summary>The frame of an entry that is in the log.</summary>
    internal (FileId File, int Offset) Find(LogIndex index)
    {
        int i = _places.FindLastIndex(place => place.First <= index);
        return i < 0 ? default : (_places[i].File, _places[i].Offset);
    }
}
