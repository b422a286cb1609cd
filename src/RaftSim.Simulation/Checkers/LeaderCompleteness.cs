using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What was committed in a term is in the log of the leaders of all later terms (dissertation §3.6.3, Leader
/// Completeness). A leader of an earlier term, elected late, owes nothing.
/// </summary>
public sealed class LeaderCompleteness(CommitHistory history) : IChecker
{
    // By server: the log and term of those that lead now.
    private readonly SortedDictionary<int, (Term Term, ReplicaLog Log)> _leaders = [];

    /// <inheritdoc/>
    public string Name => "leader-completeness";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (observation.Now.Role != RaftRole.Leader)
        {
            if (observation.Before.Role == RaftRole.Leader)
            {
                _leaders.Remove(observation.Server);
            }
        }
        else if (observation.BecameLeader)
        {
            _leaders[observation.Server] = (observation.Now.Term, observation.Log);
            Require(observation.Server, observation.Now.Term, observation.Log);
        }

        if ((observation.Changes & RaftChanges.Commit) == RaftChanges.None)
        {
            return;
        }

        foreach ((int server, (Term term, ReplicaLog log)) in _leaders)
        {
            if (server != observation.Server)
            {
                Require(server, term, log);
            }
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => _leaders.Remove(server);

    private void Require(int server, Term term, ReplicaLog log)
    {
        LogIndex committed = history.Last;
        while (committed != LogIndex.Zero && history.CommittedIn(committed) >= term)
        {
            committed = committed.Previous;
        }

        if (committed > log.LastIndex || log.HashAt(committed) != history.HashAt(committed))
        {
            throw new ViolationException(Name, $"server {server} leads term {term} without everything that was committed "
                + $"before it: {history.FirstDifference(log, committed)}");
        }
    }
}
