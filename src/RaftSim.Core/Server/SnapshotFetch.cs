using RaftSim.Storage;

namespace RaftSim.Server;

/// <summary>
/// A snapshot that is being fetched: which chunks to ask for, and which to write next. Nothing that arrived is asked for
/// again, whoever has to send the rest; at most <see cref="WindowBytes"/> or <see cref="WindowChunks"/> are under way or wait
/// to be written.
/// </summary>
/// <param name="from">Who has it.</param>
/// <param name="last">The last entry that it includes.</param>
internal sealed class SnapshotFetch(ServerId from, LogPosition last)
{
    public const int WindowBytes = 1 << 20;
    public const int WindowChunks = 32;

    private readonly SortedDictionary<ulong, ReadOnlyMemory<byte>> _arrived = [];
    private ulong _nextToAsk;
    private ulong _nextToWrite;
    private ulong _end = ulong.MaxValue;

    public ServerId From { get; set; } = from;

    public LogPosition Last { get; } = last;

    /// <summary>What it is, once the first chunk has arrived.</summary>
    public StoredSnapshot? Snapshot { get; private set; }

    /// <summary>When to ask again for what did not come.</summary>
    public MonoTime RetryAt { get; set; }

    /// <summary>When to give up, if nothing comes until then.</summary>
    public MonoTime GiveUpAt { get; set; }

    /// <summary>How many chunks it has taken.</summary>
    public ulong Taken { get; private set; }

    /// <summary>Whether a chunk was handed to the store and is not durable yet.</summary>
    public bool IsChunkBeingWritten { get; private set; }

    /// <summary>The next chunk to ask for; false when enough is under way.</summary>
    public bool TryNextToAsk(out ulong chunk)
    {
        ulong window = Snapshot is { } known ? (ulong)Math.Clamp(WindowBytes / known.ChunkBytes, 1, WindowChunks) : 1;
        while (_arrived.ContainsKey(_nextToAsk))
        {
            _nextToAsk++;
        }

        chunk = _nextToAsk;
        if (chunk >= _nextToWrite + window || chunk > _end)
        {
            return false;
        }

        _nextToAsk++;
        return true;
    }

    /// <summary>Asks again for everything in the window that is not there.</summary>
    public void AskAgain() => _nextToAsk = _nextToWrite;

    /// <summary>
    /// Takes a chunk; false when it is of another snapshot than the chunks before, or none. One that is damaged, was not asked
    /// for or is there already is dropped.
    /// </summary>
    public bool TryTake(SnapshotChunk chunk)
    {
        if (Snapshot is { } known && known != chunk.Snapshot)
        {
            return false;
        }

        StoredSnapshot snapshot = chunk.Snapshot;
        if (chunk.Bytes.IsEmpty || chunk.Number >= chunk.Chunks || snapshot.Id.IsNone
            || snapshot.ChunkBytes is < SnapshotFormat.ChunkBytesMin or > SnapshotFormat.ChunkBytesMax)
        {
            return false;
        }

        string? broken = SnapshotFormat.CheckChunk(
            chunk.Bytes.Span, snapshot, chunk.Number, out int length, out bool isLast);
        if (broken is null && length == chunk.Bytes.Length && chunk.Number >= _nextToWrite && chunk.Number < _nextToAsk)
        {
            Snapshot = snapshot;
            Taken += _arrived.TryAdd(chunk.Number, chunk.Bytes) ? 1UL : 0UL;
            _end = isLast ? chunk.Number : chunk.Chunks - 1;
        }

        return true;
    }

    /// <summary>The next chunk to write, if it has arrived and the one before is durable.</summary>
    public bool TryNextToWrite(out ReadOnlyMemory<byte> chunk)
    {
        chunk = default;
        if (IsChunkBeingWritten || !_arrived.Remove(_nextToWrite, out chunk))
        {
            return false;
        }

        IsChunkBeingWritten = true;
        _nextToWrite++;
        _nextToAsk = Math.Max(_nextToAsk, _nextToWrite);
        return true;
    }

    /// <summary>The chunk that was written is durable.</summary>
    public void Written() => IsChunkBeingWritten = false;
}
