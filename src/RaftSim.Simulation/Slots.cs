namespace RaftSim.Simulation;

/// <summary>Large values that wait for an event: the event carries the number of the slot. Slots are used again.</summary>
/// <typeparam name="T">What is stored.</typeparam>
internal sealed class Slots<T>
{
    private T[] _values = new T[64];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _used;

    /// <summary>Stores a value and returns the number of its slot.</summary>
    public int Put(in T value)
    {
        int slot;
        if (_freeCount > 0)
        {
            slot = _free[--_freeCount];
        }
        else
        {
            slot = _used++;
            if (slot == _values.Length)
            {
                Array.Resize(ref _values, slot * 2);
                Array.Resize(ref _free, slot * 2);
            }
        }

        _values[slot] = value;
        return slot;
    }

    /// <summary>The value in a slot, left where it is; only until the next one is stored.</summary>
    public ref readonly T At(int slot) => ref _values[slot];

    /// <summary>Takes a value out; its slot is free again.</summary>
    public T Take(int slot)
    {
        T value = _values[slot];
        Free(slot);
        return value;
    }

    /// <summary>Forgets a value; its slot is free again.</summary>
    public void Free(int slot)
    {
        _values[slot] = default!;
        _free[_freeCount++] = slot;
    }
}
