namespace RaftSim.Simulation.Checkers;

/// <summary>What a checker keeps of each server, by its number, made when it is first asked for.</summary>
/// <typeparam name="T">What is kept.</typeparam>
/// <param name="make">Makes it, from the number.</param>
internal sealed class PerServer<T>(Func<int, T> make)
{
    private readonly List<T> _kept = [];

    /// <summary>What is kept of a server.</summary>
    public T this[int server]
    {
        get
        {
            while (_kept.Count <= server)
            {
                _kept.Add(make(_kept.Count));
            }

            return _kept[server];
        }

        set
        {
            _ = this[server];
            _kept[server] = value;
        }
    }
}
