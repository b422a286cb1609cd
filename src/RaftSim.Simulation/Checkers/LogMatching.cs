namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Two logs with an entry of the same index and term are the same up to there (dissertation §3.5, Log Matching). The hash
/// of each prefix is remembered by (index, term) the first time it is seen, so that a new entry costs one comparison.
/// </summary>
public sealed class LogMatching : IChecker
{
    // What was seen first at an index; entries of other terms at the same index are rare and kept apart.
    private readonly List<(Term Term, ulong Prefix)> _first = [];
    private readonly SortedDictionary<(LogIndex, Term), ulong> _others = [];

    /// <inheritdoc/>
    public string Name => "log-matching";

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        ReplicaLog log = observation.Log;
        for (LogIndex index = observation.ChangedFrom; index <= log.LastIndex; index = index.Next)
        {
            Term term = log.TermAt(index);
            if (term < log.TermAt(index.Previous))
            {
                throw new ViolationException(Name, $"in the log of server {observation.Server} an entry of term {term} "
                    + $"at index {index} follows one of term {log.TermAt(index.Previous)}");
            }

            if (Known(index, term, log.HashAt(index)) != log.HashAt(index))
            {
                throw new ViolationException(Name, $"server {observation.Server} has an entry of term {term} at index "
                    + $"{index}, as another server had, but the entries up to there differ");
            }
        }
    }

    private ulong Known(LogIndex index, Term term, ulong prefix)
    {
        int at = checked((int)index.Value - 1);
        if (at >= _first.Count)
        {
            // Logs grow without gaps: the first entry seen at an index extends the list by one.
            _first.Add((term, prefix));
            return prefix;
        }

        if (_first[at].Term == term)
        {
            return _first[at].Prefix;
        }

        return _others.TryAdd((index, term), prefix) ? prefix : _others[(index, term)];
    }
}
