namespace RaftSim.Simulation;

/// <summary>A 4-ary heap of structs: half the levels of a binary one, and four children share a cache line or two.</summary>
internal sealed class EventHeap : IEventQueue
{
    private SimEvent[] _items = new SimEvent[256];

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public ref readonly SimEvent Peek() => ref _items[0];

    /// <inheritdoc/>
    public void Push(in SimEvent item)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        SimEvent[] items = _items;
        int hole = Count++;
        while (hole > 0)
        {
            int parent = (hole - 1) >> 2;
            if (!Before(item, items[parent]))
            {
                break;
            }

            items[hole] = items[parent];
            hole = parent;
        }

        items[hole] = item;
    }

    /// <inheritdoc/>
    public SimEvent Pop()
    {
        SimEvent[] items = _items;
        SimEvent first = items[0];
        int count = --Count;
        SimEvent moved = items[count];
        int hole = 0;
        while (true)
        {
            int child = (hole << 2) + 1;
            if (child >= count)
            {
                break;
            }

            int least = child;
            int end = Math.Min(child + 4, count);
            for (int other = child + 1; other < end; other++)
            {
                if (Before(items[other], items[least]))
                {
                    least = other;
                }
            }

            if (!Before(items[least], moved))
            {
                break;
            }

            items[hole] = items[least];
            hole = least;
        }

        items[hole] = moved;
        return first;
    }

    private static bool Before(in SimEvent left, in SimEvent right) =>
        left.Time < right.Time || (left.Time == right.Time && left.Sequence < right.Sequence);
}
