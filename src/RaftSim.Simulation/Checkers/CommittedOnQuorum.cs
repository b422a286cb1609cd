using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What a leader takes for committed lies on the disks of a majority of its voters (dissertation §3.6.2). A disk counts
/// with what was known to be durable on it, also while its server is down, and after it was wiped: the promise was kept
/// when it was given.
/// </summary>
public sealed class CommittedOnQuorum : IChecker
{
    private readonly Lookup<DiskId, Replica> _replicas = new();

    /// <inheritdoc/>
    public string Name => "committed-on-quorum";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (!_replicas.TryFind(observation.Disk, out Replica replica))
        {
            replica = new Replica();
            _replicas[observation.Disk] = replica;
        }

        replica.Log = observation.Log;
        replica.Durable = observation.Now.DurableIndex;
        LogIndex commit = observation.Now.Commit;
        if (observation.Now.Role != RaftRole.Leader || commit <= observation.Before.Commit)
        {
            return;
        }

        // A change of configuration may follow the commit within one step: either configuration may have counted.
        ulong prefix = observation.Log.HashAt(commit);
        if (!HasQuorum(observation.Now.Configuration, commit, prefix)
            && !HasQuorum(observation.Before.Configuration, commit, prefix))
        {
            throw new ViolationException(Name, $"server {observation.Server} leads term {observation.Now.Term} and takes index "
                + $"{commit} for committed, but it is not durable on a majority of its "
                + $"{observation.Now.Configuration.VoterCount} voters");
        }
    }

    private bool HasQuorum(Configuration configuration, LogIndex index, ulong prefix)
    {
        int count = 0;
        foreach (ConfiguredServer server in configuration.Servers)
        {
            if (server.Suffrage == Suffrage.Voter
                && _replicas.TryFind(server.Disk, out Replica replica)
                && replica.Durable >= index
                && replica.Log.LastIndex >= index
                && replica.Log.HashAt(index) == prefix)
            {
                count++;
            }
        }

        return configuration.VoterCount > 0 && count >= configuration.Quorum;
    }

    private sealed class Replica
    {
        public ReplicaLog Log { get; set; } = new();

        public LogIndex Durable { get; set; }
    }
}
