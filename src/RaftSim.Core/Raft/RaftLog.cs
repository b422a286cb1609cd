namespace RaftSim.Raft;

/// <summary>
/// The log in memory: chunks of entries that are written once and never again, so that a slice handed out stays as it
/// was even when the log is truncated behind it. Source: dissertation §3.5.
/// </summary>
internal sealed class RaftLog
{
    // 1,024 entries of 40 bytes stay below the large-object heap; the first chunk is small for the sake of small worlds.
    private const int ChunkEntriesMin = 64;
    private const int ChunkEntriesMax = 1024;

    private Chunk[] _chunks = new Chunk[4];
    private int _chunkCount;
    private bool _tailIsSealed = true;

    /// <summary>The place before the first entry that is kept; (0, 0) before the log was ever compacted.</summary>
    public LogPosition Start { get; private set; }

    /// <summary>The index of the last entry; that of <see cref="Start"/> when the log is empty.</summary>
    public LogIndex LastIndex { get; private set; }

    /// <summary>The term of the last entry; that of <see cref="Start"/> when the log is empty.</summary>
    public Term LastTerm { get; private set; }

    /// <summary>The entry at an index behind the start, up to the last.</summary>
    public ref readonly LogEntry this[LogIndex index]
    {
        get
        {
            ref readonly Chunk chunk = ref ChunkOf(index);
            return ref chunk.Entries[(int)(index - chunk.First)];
        }
    }

    /// <summary>The term at an index from the start to the last.</summary>
    public Term TermAt(LogIndex index)
    {
        if (index == LastIndex)
        {
            return LastTerm;
        }

        return index == Start.Index ? Start.Term : this[index].Term;
    }

    /// <summary>Whether the entry at a place is the one with that term; also at the start.</summary>
    public bool Has(in LogPosition position) =>
        position.Index >= Start.Index && position.Index <= LastIndex && TermAt(position.Index) == position.Term;

    /// <summary>Drops everything: the log begins anew behind a place. Dissertation §5.2: a snapshot replaces it.</summary>
    public void Restart(in LogPosition start)
    {
        Array.Clear(_chunks, 0, _chunkCount);
        _chunkCount = 0;
        _tailIsSealed = true;
        Start = start;
        LastIndex = start.Index;
        LastTerm = start.Term;
    }

    /// <summary>
    /// Forgets the entries up to <paramref name="through"/>, which a snapshot holds. Memory is given back by whole chunks;
    /// what was handed out stays readable. Dissertation §5.1.
    /// </summary>
    public void Compact(LogIndex through)
    {
        Invariant.Require(through >= Start.Index && through <= LastIndex, "a log is compacted inside itself");
        Start = new LogPosition(through, TermAt(through));
        int dropped = 0;
        while (dropped < _chunkCount && _chunks[dropped].First + (ulong)_chunks[dropped].Count <= through.Next)
        {
            dropped++;
        }

        Array.Copy(_chunks, dropped, _chunks, 0, _chunkCount - dropped);
        Array.Clear(_chunks, _chunkCount - dropped, dropped);
        _chunkCount -= dropped;
        _tailIsSealed |= _chunkCount == 0;
    }

    /// <summary>Appends the entry that follows the last one, of its term or a later one.</summary>
    public void Append(in LogEntry entry)
    {
        Invariant.Require(entry.Index == LastIndex.Next, "entries are appended without a gap");
        Invariant.Require(entry.Term >= LastTerm && entry.Term > Term.Zero, "terms never fall along the log");
        if (_tailIsSealed || _chunks[_chunkCount - 1].Count == _chunks[_chunkCount - 1].Entries.Length)
        {
            AddChunk();
        }

        ref Chunk tail = ref _chunks[_chunkCount - 1];
        tail.Entries[tail.Count++] = entry;
        LastIndex = entry.Index;
        LastTerm = entry.Term;
    }

    /// <summary>
    /// Drops the entry at <paramref name="from"/> and all behind it. What was handed out of them stays readable.
    /// </summary>
    public void Truncate(LogIndex from)
    {
        Invariant.Require(from > Start.Index && from <= LastIndex, "only entries that are there can be dropped");
        while (_chunkCount > 0 && _chunks[_chunkCount - 1].First >= from)
        {
            _chunks[--_chunkCount] = default;
        }

        if (_chunkCount > 0)
        {
            ref Chunk tail = ref _chunks[_chunkCount - 1];
            tail.Count = (int)Math.Min((ulong)tail.Count, from - tail.First);
        }

        // Whatever follows goes into a new chunk: slices of the dropped entries may still be in flight.
        _tailIsSealed = true;
        LastIndex = from.Previous;
        LastTerm = LastIndex == Start.Index ? Start.Term : this[LastIndex].Term;
    }

    /// <summary>
    /// The entries from <paramref name="first"/> to at most <paramref name="last"/> that lie in one chunk: at least one.
    /// </summary>
    public ReadOnlyMemory<LogEntry> Slice(LogIndex first, LogIndex last)
    {
        ref readonly Chunk chunk = ref ChunkOf(first);
        int start = (int)(first - chunk.First);
        int count = (int)Math.Min((ulong)(chunk.Count - start), last - first + 1);
        return chunk.Entries.AsMemory(start, count);
    }

    /// <summary>
    /// The largest index at or before <paramref name="index"/> whose term is at most <paramref name="term"/>; 0 if there is
    /// none, and some index before the start when it lies there, where terms are no longer known. A log that has
    /// <paramref name="term"/> at <paramref name="index"/> can match this one no later than there, because terms never fall
    /// along a log (dissertation §3.5).
    /// </summary>
    public LogIndex LastWithTermAtMost(LogIndex index, Term term)
    {
        if (index < Start.Index)
        {
            return index;
        }

        if (Start.Term > term)
        {
            return Start.Index.Previous;
        }

        ulong low = Start.Index.Value;
        ulong high = LogIndex.Min(index, LastIndex).Value;
        while (low < high)
        {
            ulong middle = high - ((high - low) / 2);
            if (TermAt(new LogIndex(middle)) <= term)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return new LogIndex(low);
    }

    private void AddChunk()
    {
        if (_chunkCount == _chunks.Length)
        {
            Array.Resize(ref _chunks, _chunkCount * 2);
        }

        int capacity = (int)Math.Clamp(LastIndex.Value, ChunkEntriesMin, ChunkEntriesMax);
        _chunks[_chunkCount++] = new Chunk { Entries = new LogEntry[capacity], First = LastIndex.Next };
        _tailIsSealed = false;
    }

    private ref readonly Chunk ChunkOf(LogIndex index)
    {
        Invariant.Require(index > Start.Index && index <= LastIndex, "the index lies in the log");
        int low = 0;
        int high = _chunkCount - 1;
        if (_chunks[high].First <= index)
        {
            return ref _chunks[high];
        }

        while (low < high)
        {
            int middle = high - ((high - low) / 2);
            if (_chunks[middle].First <= index)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ref _chunks[low];
    }

    private struct Chunk
    {
        public LogEntry[] Entries;
        public LogIndex First;
        public int Count;
    }
}
