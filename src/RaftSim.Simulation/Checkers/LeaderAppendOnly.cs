using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>A leader only ever appends to its own log (dissertation §3.2, Leader Append-Only).</summary>
public sealed class LeaderAppendOnly : IChecker
{
    /// <inheritdoc/>
    public string Name => "leader-append-only";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (observation.Before.Role == RaftRole.Leader
            && observation.Now.Role == RaftRole.Leader
            && observation.Before.Term == observation.Now.Term
            && observation.ChangedFrom <= observation.Before.LastIndex)
        {
            throw new ViolationException(Name, $"server {observation.Server} leads term {observation.Now.Term} and changed "
                + $"its own log from index {observation.ChangedFrom} on, which ended at {observation.Before.LastIndex}");
        }
    }
}
