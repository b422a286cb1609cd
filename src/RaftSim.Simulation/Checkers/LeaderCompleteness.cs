using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What was committed in a term is in the log of the leaders of all later terms (dissertation §3.6.3, Leader
/// Completeness). A leader of an earlier term, elected late, owes nothing.
/// </summary>
public sealed class LeaderCompleteness(CommitHistory history) : IChecker
{
    // Those that lead now.
    private readonly List<Leader> _leaders = [];

    /// <inheritdoc/>
    public string Name => "leader-completeness";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (observation.Now.Role != RaftRole.Leader)
        {
            if (observation.Before.Role == RaftRole.Leader)
            {
                Stopped(observation.Server);
            }
        }
        else if (observation.BecameLeader)
        {
            Leader leader = new(observation.Server, observation.Now.Term, observation.Log);
            Stopped(observation.Server);
            _leaders.Add(leader);
            Require(leader);
        }

        if ((observation.Changes & RaftChanges.Commit) == RaftChanges.None)
        {
            return;
        }

        foreach (Leader leader in _leaders)
        {
            if (leader.Server != observation.Server)
            {
                Require(leader);
            }
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => _leaders.RemoveAll(leader => leader.Server == server);

    private void Require(Leader leader)
    {
        // Only what was committed since it was last looked at: a term may be long.
        LogIndex last = history.Last;
        LogIndex committed = last;
        while (committed > leader.Seen && history.CommittedIn(committed) >= leader.Term)
        {
            committed = committed.Previous;
        }

        leader.Owed = committed > leader.Seen ? committed : leader.Owed;
        leader.Seen = last;
        ReplicaLog log = leader.Log;
        if (leader.Owed > log.LastIndex || log.HashAt(leader.Owed) != history.HashAt(leader.Owed))
        {
            throw new ViolationException(Name, $"server {leader.Server} leads term {leader.Term} without everything that was "
                + $"committed before it: {history.FirstDifference(log, leader.Owed)}");
        }
    }

    private sealed class Leader(int server, Term term, ReplicaLog log)
    {
        public int Server { get; } = server;

        public Term Term { get; } = term;

        public ReplicaLog Log { get; } = log;

        /// <summary>The last committed index that was looked at.</summary>
        public LogIndex Seen { get; set; }

        /// <summary>The last one of them that was committed in an earlier term: it must have everything up to there.</summary>
        public LogIndex Owed { get; set; }
    }
}
