using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>At most one leader in each term, over all time (dissertation §3.2, Election Safety), and one life of it.</summary>
public sealed class ElectionSafety : IChecker
{
    private readonly SortedDictionary<Term, (int Server, int Incarnation)> _leaders = [];

    /// <inheritdoc/>
    public string Name => "election-safety";

    /// <summary>In how many terms there was a leader.</summary>
    public int TermsLed => _leaders.Count;

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (observation.Now.Term < observation.Before.Term)
        {
            throw new ViolationException(Name, $"the term of server {observation.Server} fell from "
                + $"{observation.Before.Term} to {observation.Now.Term}");
        }

        if (observation.Now.Role != RaftRole.Leader
            || (observation.Changes & (RaftChanges.Role | RaftChanges.Term)) == RaftChanges.None)
        {
            return;
        }

        (int, int) leader = (observation.Server, observation.Incarnation);
        if (!_leaders.TryAdd(observation.Now.Term, leader) && _leaders[observation.Now.Term] != leader)
        {
            (int server, int incarnation) = _leaders[observation.Now.Term];
            throw new ViolationException(Name, $"term {observation.Now.Term} has two leaders: server {server} "
                + $"(incarnation {incarnation}) and server {observation.Server} (incarnation {observation.Incarnation})");
        }
    }
}
