namespace RaftSim.Raft;

/// <summary>
/// The configurations in the log: the last one is in force as soon as it is appended, and is taken back when its entry
/// is truncated. Source: dissertation §4.1.
/// </summary>
internal sealed class ConfigurationHistory
{
    private readonly List<(LogIndex Index, Configuration Configuration)> _entries = [(LogIndex.Zero, Configuration.Empty)];

    /// <summary>The configuration in force.</summary>
    public Configuration Latest => _entries[^1].Configuration;

    /// <summary>The index of the entry that holds it; 0 for none.</summary>
    public LogIndex LatestIndex => _entries[^1].Index;

    /// <summary>The one before it, as far as it is still remembered; else the one in force.</summary>
    public Configuration Previous => _entries[Math.Max(_entries.Count - 2, 0)].Configuration;

    /// <summary>A configuration was appended to the log.</summary>
    public void Append(LogIndex index, Configuration configuration)
    {
        Invariant.Require(index > LatestIndex, "configurations are appended in log order");
        _entries.Add((index, configuration));
    }

    /// <summary>The log was truncated. Whether another configuration is in force now.</summary>
    public bool Truncate(LogIndex from)
    {
        int before = _entries.Count;
        while (_entries[^1].Index >= from)
        {
            _entries.RemoveAt(_entries.Count - 1);
        }

        return _entries.Count != before;
    }

    /// <summary>Forgets what can no longer be returned to.</summary>
    public void Committed(LogIndex commit)
    {
        while (_entries.Count > 1 && _entries[1].Index <= commit)
        {
            _entries.RemoveAt(0);
        }
    }
}
