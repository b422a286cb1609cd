namespace RaftSim.Raft;

/// <summary>
/// The Appends on their way to one follower, oldest first, each known by its last index. Bounded, so that a slow
/// follower cannot pile up copies of the log. Source: dissertation §10.2.1 (pipelining).
/// </summary>
internal sealed class Inflights(int appendsMax)
{
    private LogIndex[] _ring = new LogIndex[Math.Min(appendsMax, 8)];
    private int _start;

    /// <summary>How many are on their way.</summary>
    public int Count { get; private set; }

    /// <summary>Whether no more may be sent before one is answered.</summary>
    public bool IsFull => Count == appendsMax;

    /// <summary>One more was sent; its last index is above that of the one before.</summary>
    public void Add(LogIndex last)
    {
        Invariant.Require(!IsFull, "the window bounds what is in flight");
        if (Count == _ring.Length)
        {
            Grow();
        }

        _ring[Wrap(_start + Count)] = last;
        Count++;
    }

    /// <summary>All that end at or before <paramref name="match"/> have arrived.</summary>
    public void FreeThrough(LogIndex match)
    {
        while (Count > 0 && _ring[_start] <= match)
        {
            _start = Wrap(_start + 1);
            Count--;
        }
    }

    /// <summary>Forgets all: they are taken for lost.</summary>
    public void Clear()
    {
        _start = 0;
        Count = 0;
    }

    private int Wrap(int position) => position >= _ring.Length ? position - _ring.Length : position;

    private void Grow()
    {
        var larger = new LogIndex[(int)Math.Min((long)_ring.Length * 2, appendsMax)];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = _ring[Wrap(_start + i)];
        }

        _ring = larger;
        _start = 0;
    }
}
