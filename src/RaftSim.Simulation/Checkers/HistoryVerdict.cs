namespace RaftSim.Simulation.Checkers;

/// <summary>What <see cref="HistorySearch"/> says of a history.</summary>
/// <param name="IsDecided">Whether it is known; false when the search was given up, which says nothing of the history.</param>
/// <param name="Stuck">
/// The position in the history of an operation that no order reaches, in the attempt that came furthest (so far, when the search
/// was given up); <see langword="null"/> when there is an order.
/// </param>
public readonly record struct HistoryVerdict(bool IsDecided, int? Stuck)
{
    /// <summary>Whether there is an order.</summary>
    public bool IsLinearizable => Stuck is null;
}
