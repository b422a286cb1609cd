using RaftSim.Storage;

namespace RaftSim.Server;

/// <summary>A snapshot of this server's own state that is being taken: one chunk at a time is filled and written.</summary>
/// <param name="number">The number of its steps in the apply stage.</param>
/// <param name="handle">What it stands for.</param>
/// <param name="stored">What it is stored as.</param>
/// <param name="prefix">The first bytes of its content.</param>
internal sealed class SnapshotTaking(
    ulong number, SnapshotHandle handle, in StoredSnapshot stored, ReadOnlyMemory<byte> prefix)
{
    private readonly byte[] _chunk = new byte[SnapshotFormat.ChunkHeaderBytes + stored.ChunkBytes];
    private int _filled;
    private ReadOnlyMemory<byte> _prefix = prefix;
    private ulong _nextChunk;

    public ulong Number { get; } = number;

    public SnapshotHandle Handle { get; } = handle;

    public StoredSnapshot Stored { get; } = stored;

    /// <summary>The last entry that it includes.</summary>
    public LogIndex Through => Handle.Last.Index;

    /// <summary>Whether its state is captured, and its file begun.</summary>
    public bool IsCaptured { get; set; }

    /// <summary>Bytes of content so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins the next chunk; returns what the state machine has to fill of it.</summary>
    public Memory<byte> NextChunk()
    {
        int taken = Math.Min(_prefix.Length, Stored.ChunkBytes);
        _prefix[..taken].CopyTo(_chunk.AsMemory(SnapshotFormat.ChunkHeaderBytes));
        _prefix = _prefix[taken..];
        _filled = SnapshotFormat.ChunkHeaderBytes + taken;
        return _chunk.AsMemory(_filled);
    }

    /// <summary>The state machine has filled so many bytes; returns the chunk, sealed.</summary>
    public ReadOnlyMemory<byte> Seal(int read)
    {
        bool isLast = _filled + read < _chunk.Length;
        Memory<byte> chunk = _chunk.AsMemory(0, _filled + read);
        Length += chunk.Length - SnapshotFormat.ChunkHeaderBytes;
        SnapshotFormat.SealChunk(chunk.Span, Stored.Id, _nextChunk++, isLast);
        return chunk;
    }
}
