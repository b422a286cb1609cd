namespace RaftSim.Simulation;

/// <summary>
/// Those who wait for what they have begun to do something: a link is slow, but nothing was sent on it yet; a disk is full, but
/// nobody has written. Each is told once, when it first does. So faults are counted that had an effect.
/// </summary>
internal struct Bites
{
    private Action? _waiting;

    /// <summary>One of several for whom the same will be an effect.</summary>
    public void Add(Action? bite) => _waiting += bite;

    /// <summary>It is over without an effect here, if it had none yet.</summary>
    public void Remove(Action? bite) => _waiting -= bite;

    /// <summary>Whoever waited until now waits no more; one takes their place, or nobody.</summary>
    public void Set(Action? bite) => _waiting = bite;

    /// <summary>It has an effect.</summary>
    public void Happen()
    {
        Action? waiting = _waiting;
        _waiting = null;
        waiting?.Invoke();
    }
}
