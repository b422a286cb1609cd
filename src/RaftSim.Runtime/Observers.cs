namespace RaftSim.Runtime;

/// <summary>Who wants to be told. Adding and removing make a new array, so telling needs no lock.</summary>
/// <typeparam name="T">The kind of delegate.</typeparam>
internal sealed class Observers<T>
    where T : Delegate
{
    private readonly Lock _changing = new();
    private T[] _all = [];

    /// <summary>Everybody, in the order in which they were added.</summary>
    public IReadOnlyList<T> All => Volatile.Read(ref _all);

    /// <summary>Adds one, until the result is disposed.</summary>
    public IDisposable Add(T observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_changing)
        {
            _all = [.. _all, observer];
        }

        return new Subscription(this, observer);
    }

    private void Remove(T observer)
    {
        lock (_changing)
        {
            int at = Array.IndexOf(_all, observer);
            _all = at < 0 ? _all : [.. _all[..at], .. _all[(at + 1)..]];
        }
    }

    private sealed class Subscription(Observers<T> observers, T observer) : IDisposable
    {
        private Observers<T>? _observers = observers;

        public void Dispose() => Interlocked.Exchange(ref _observers, null)?.Remove(observer);
    }
}
