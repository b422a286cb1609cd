namespace RaftSim.Simulation.Checkers;

/// <summary>What an object does when it is asked one thing after the other: what histories are held against.</summary>
/// <typeparam name="TState">The state of one object, compared by value.</typeparam>
/// <typeparam name="TOperation">What was asked and, where it is known, what was answered.</typeparam>
public interface ISequentialModel<TState, TOperation>
    where TState : notnull
{
    /// <summary>The state of an object that nobody has asked for anything yet.</summary>
    TState Initial { get; }

    /// <summary>
    /// Carries an operation out; false when it would not be answered so. One whose answer is not known is always carried out.
    /// </summary>
    bool TryApply(TState state, TOperation operation, out TState after);

    /// <summary>
    /// Which object an operation is about. Objects are looked at one by one, which is much quicker. Default: all about one.
    /// </summary>
    string ObjectOf(TOperation operation) => "";
}

/// <summary>One operation of a recorded history.</summary>
/// <typeparam name="TOperation">What was asked and, where it is known, what was answered.</typeparam>
/// <param name="Operation">The operation.</param>
/// <param name="CalledAt">When it was asked, on the one clock of the history, whatever it counts.</param>
/// <param name="ReturnedAt">
/// When it was answered; an operation called at that very moment is concurrent. <see langword="null"/> when its outcome is not
/// known: it may take effect at any time after the call, or never.
/// </param>
public readonly record struct RecordedOperation<TOperation>(TOperation Operation, long CalledAt, long? ReturnedAt);
