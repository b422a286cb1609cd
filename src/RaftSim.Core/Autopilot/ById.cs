using System.Diagnostics.CodeAnalysis;

namespace RaftSim.Autopilot;

/// <summary>
/// Finds things by server id. A list that is in order, as it should be, is searched in place; whoever asks in order, too, as most
/// do, is answered without a search.
/// </summary>
/// <typeparam name="T">What is found.</typeparam>
internal sealed class ById<T>
{
    private readonly IReadOnlyList<T> _items;
    private readonly Func<T, ServerId> _idOf;
    private int _next;

    public ById(IReadOnlyList<T> items, Func<T, ServerId> idOf)
    {
        _idOf = idOf;
        _items = Order(items, idOf);
    }

    /// <summary>The same things, ordered by id.</summary>
    public static IReadOnlyList<T> Order(IReadOnlyList<T> items, Func<T, ServerId> idOf) =>
        IsOrdered(items, idOf) ? items : [.. items.OrderBy(idOf)];

    /// <summary>Finds one by its id.</summary>
    public bool TryFind(ServerId id, [MaybeNullWhen(false)] out T found)
    {
        if (_next < _items.Count && _idOf(_items[_next]) == id)
        {
            found = _items[_next];
            _next++;
            return true;
        }

        int low = 0;
        int high = _items.Count - 1;
        while (low <= high)
        {
            int middle = low + ((high - low) / 2);
            int order = _idOf(_items[middle]).CompareTo(id);
            if (order == 0)
            {
                found = _items[middle];
                _next = middle + 1;
                return true;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        found = default;
        return false;
    }

    private static bool IsOrdered(IReadOnlyList<T> items, Func<T, ServerId> idOf)
    {
        for (int i = 1; i < items.Count; i++)
        {
            if (idOf(items[i - 1]).CompareTo(idOf(items[i])) > 0)
            {
                return false;
            }
        }

        return true;
    }
}
