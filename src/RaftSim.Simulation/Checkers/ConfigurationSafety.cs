using RaftSim.Raft;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Consecutive configurations of a log differ in one server and keep at least one voter, so that majorities overlap; a
/// server goes by the last one in its log, committed or not; a leader begins a change only when the one before is committed
/// and it has committed an entry of its own term (dissertation §4.1 and the amendment of 2015).
/// </summary>
/// <param name="decode">Reads a configuration from an entry.</param>
public sealed class ConfigurationSafety(Func<ReadOnlyMemory<byte>, Configuration> decode) : IChecker
{
    // By server: where its configurations stand.
    private readonly SortedDictionary<int, List<(LogIndex Index, Configuration Configuration)>> _histories = [];

    /// <inheritdoc/>
    public string Name => "configuration-safety";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        ReplicaLog log = observation.Log;
        if (observation.ChangedFrom > log.LastIndex && observation.ChangedFrom > observation.Before.LastIndex)
        {
            return;
        }

        if (!_histories.TryGetValue(observation.Server, out List<(LogIndex Index, Configuration Configuration)>? history))
        {
            history = [];
            _histories[observation.Server] = history;
        }

        while (history.Count > 0 && history[^1].Index >= observation.ChangedFrom)
        {
            history.RemoveAt(history.Count - 1);
        }

        for (LogIndex index = observation.ChangedFrom; index <= log.LastIndex; index = index.Next)
        {
            LogEntry entry = log.EntryAt(index);
            if (entry.Kind == EntryKind.Configuration)
            {
                Configuration configuration = decode(entry.Payload);
                Require(observation, history, index, configuration);
                history.Add((index, configuration));
            }
        }

        LogIndex latest = history.Count == 0 ? LogIndex.Zero : history[^1].Index;
        if (observation.Now.ConfigurationIndex != latest)
        {
            throw new ViolationException(Name, $"server {observation.Server} goes by the configuration of index "
                + $"{observation.Now.ConfigurationIndex}, but the last one in its log stands at {latest}");
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => _histories.Remove(server);

    private void Require(
        in ServerObservation observation,
        List<(LogIndex Index, Configuration Configuration)> history,
        LogIndex index,
        Configuration configuration)
    {
        if (configuration.VoterCount == 0)
        {
            throw new ViolationException(Name, $"the configuration at index {index} of server {observation.Server} has no voter");
        }

        if (history.Count == 0)
        {
            return;
        }

        (LogIndex before, Configuration old) = history[^1];
        int difference = Difference(old, configuration);
        if (difference > 1)
        {
            throw new ViolationException(Name, $"the configurations at indexes {before} and {index} of server "
                + $"{observation.Server} differ in {difference} servers");
        }

        ref readonly RaftStatus now = ref observation.Now;
        if (now.Role != RaftRole.Leader || observation.Log.TermAt(index) != now.Term || observation.BecameLeader)
        {
            return;
        }

        if (now.Commit < before || observation.Log.TermAt(now.Commit) != now.Term)
        {
            throw new ViolationException(Name, $"server {observation.Server}, leader of term {now.Term}, began the change "
                + $"at index {index} with the one at {before} or its own term not committed (its commit index is {now.Commit})");
        }
    }

    // Servers that are in one only, or vote in one only. A server with a new disk or address is another server.
    private static int Difference(Configuration left, Configuration right)
    {
        int difference = 0;
        foreach (ConfiguredServer server in left.Servers)
        {
            bool stays = right.TryFind(server.Id, out ConfiguredServer other) && other.Disk == server.Disk;
            difference += stays && other.Suffrage == server.Suffrage ? 0 : 1;
        }

        foreach (ConfiguredServer server in right.Servers)
        {
            bool stayed = left.TryFind(server.Id, out ConfiguredServer other) && other.Disk == server.Disk;
            difference += stayed ? 0 : 1;
        }

        return difference;
    }
}
