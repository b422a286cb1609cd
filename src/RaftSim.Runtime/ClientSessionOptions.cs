using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>Settings of a <see cref="ClientSession"/>.</summary>
public sealed record ClientSessionOptions
{
    /// <summary>
    /// How long the session may go unused before it expires: 1 s to 30 days; default 1 h. While nobody leads, no time passes.
    /// </summary>
    public Duration Lifetime { get; init; } = OpenSessionRequest.LifetimeDefault;

    /// <summary>Whether the session is kept when it was not used for a third of its lifetime. Default: yes.</summary>
    public bool KeepsAlive { get; init; } = true;

    /// <summary>How long a request is repeated when it does not come through. Not negative; default 1 min.</summary>
    public Duration RepeatFor { get; init; } = Duration.Seconds(60);

    /// <summary>The time. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What is wrong with them, by value and rule; <see langword="null"/> when nothing is.</summary>
    internal string? Problem()
    {
        if (Lifetime < OpenSessionRequest.LifetimeMin || Lifetime > OpenSessionRequest.LifetimeMax)
        {
            return $"Lifetime {Lifetime}: must be {OpenSessionRequest.LifetimeMin} to {OpenSessionRequest.LifetimeMax}";
        }

        return RepeatFor < Duration.Zero ? $"RepeatFor {RepeatFor}: must not be negative" : null;
    }
}
