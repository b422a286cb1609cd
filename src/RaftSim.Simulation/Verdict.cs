namespace RaftSim.Simulation;

/// <summary>What becomes of a message, by a rule of your own: <see cref="SimNetwork.Rule"/>.</summary>
public readonly record struct Verdict
{
    /// <summary>It goes its way, as chance has it.</summary>
    public static Verdict Keep => default;

    /// <summary>It is lost, and the sender does not hear of it.</summary>
    public static Verdict Drop => new() { IsDropped = true };

    /// <summary>Whether it is lost.</summary>
    public bool IsDropped { get; private init; }

    /// <summary>How much longer it takes.</summary>
    public Duration Late { get; private init; }

    /// <summary>It takes longer, and what follows in its lane of the link waits behind it.</summary>
    /// <param name="late">
    /// How much longer: not negative, or <see cref="ArgumentOutOfRangeException"/>. <see cref="Duration.Zero"/> is
    /// <see cref="Keep"/>.
    /// </param>
    public static Verdict Delay(Duration late)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(late.Nanos, nameof(late));
        return new() { Late = late };
    }
}
