#pragma warning disable RS0030 // Looked up only, never enumerated: the order of the hashes decides nothing.
namespace RaftSim;

/// <summary>Finds values by key. It cannot be enumerated.</summary>
/// <typeparam name="TKey">The key.</typeparam>
/// <typeparam name="TValue">The value.</typeparam>
internal sealed class Lookup<TKey, TValue>(IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _values = new(comparer);

    /// <summary>How many there are.</summary>
    public int Count => _values.Count;

    /// <summary>The value of a key, which is there.</summary>
    public TValue this[TKey key]
    {
        get => _values[key];
        set => _values[key] = value;
    }

    /// <summary>Adds a value under a new key; false when the key is taken.</summary>
    public bool Add(TKey key, TValue value) => _values.TryAdd(key, value);

    /// <summary>The value of a key, if there is one.</summary>
    public bool TryFind(TKey key, out TValue value) => _values.TryGetValue(key, out value!);

    /// <summary>Whether there is a value.</summary>
    public bool Contains(TKey key) => _values.ContainsKey(key);

    /// <summary>Forgets a key; false when it was not there.</summary>
    public bool Remove(TKey key) => _values.Remove(key);

    /// <summary>Forgets all keys.</summary>
    public void Clear() => _values.Clear();
}
