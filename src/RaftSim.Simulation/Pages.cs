namespace RaftSim.Simulation;

/// <summary>
/// A list that grows and shrinks at its end, in pages. A log of thousands of entries in one array would be copied again and
/// again as it grows, and arrays of that size are collected only together with everything else.
/// </summary>
/// <typeparam name="T">What is listed.</typeparam>
internal sealed class Pages<T>
{
    private const int Shift = 8;
    private const int PageSize = 1 << Shift;

    private readonly List<T[]> _pages = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>One of them, by its position from 0.</summary>
    public ref readonly T this[int position]
    {
        get
        {
            Invariant.Require((uint)position < (uint)Count, "only what is there can be read");
            return ref _pages[position >> Shift][position & (PageSize - 1)];
        }
    }

    /// <summary>Adds one at the end.</summary>
    public void Add(in T item)
    {
        if (Count >> Shift == _pages.Count)
        {
            _pages.Add(new T[PageSize]);
        }

        _pages[Count >> Shift][Count & (PageSize - 1)] = item;
        Count++;
    }

    /// <summary>Puts one in the place of another, or of nothing behind the end; what is between stays default.</summary>
    public void Put(int position, in T item)
    {
        while (Count <= position)
        {
            Add(default!);
        }

        _pages[position >> Shift][position & (PageSize - 1)] = item;
    }

    /// <summary>Drops everything behind the first <paramref name="count"/>.</summary>
    public void Keep(int count)
    {
        while (Count > count)
        {
            Count--;
            _pages[Count >> Shift][Count & (PageSize - 1)] = default!;
        }

        int used = (Count + PageSize - 1) >> Shift;
        _pages.RemoveRange(used, _pages.Count - used);
    }
}
