using System.Collections;

namespace RaftSim.Simulation.Recording;

/// <summary>Items in the order of their time; the oldest can be dropped.</summary>
/// <typeparam name="T">What they are.</typeparam>
internal sealed class Tape<T>(Func<T, long> timeOf) : IReadOnlyCollection<T>
{
    private const int Shrinks = 1024;

    private readonly List<T> _items = [];
    private int _first;

    /// <inheritdoc/>
    public int Count => _items.Count - _first;

    public void Add(in T item) => _items.Add(item);

    /// <summary>When the item at a place is; the last one's time behind the end, and 0 when there is none.</summary>
    public long TimeAt(int place) => Count == 0 ? 0 : timeOf(_items[_first + Math.Min(place, Count - 1)]);

    /// <summary>Drops what comes before a time, as far as it stands in front of all that does not.</summary>
    public void DropBefore(long time, Action<T> dropped)
    {
        while (Count > 0 && timeOf(_items[_first]) < time)
        {
            dropped(_items[_first]);
            _items[_first++] = default!;
        }

        if (_first > Shrinks && _first > _items.Count / 2)
        {
            _items.RemoveRange(0, _first);
            _first = 0;
        }
    }

    /// <summary>The last one for which something is so; the default when there is none.</summary>
    public T? LastOrNull(Predicate<T> isSo)
    {
        int place = Count == 0 ? -1 : _items.FindLastIndex(_items.Count - 1, Count, isSo);
        return place < 0 ? default : _items[place];
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (int i = _first; i < _items.Count; i++)
        {
            yield return _items[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
