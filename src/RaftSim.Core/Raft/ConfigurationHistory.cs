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

    /// <summary>The configuration in force at an index that was not forgotten, and where it stands in the log.</summary>
    public (LogIndex Index, Configuration Configuration) At(LogIndex index)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            if (_entries[i].Index <= index)
            {
                return _entries[i];
            }
        }

        throw new InvariantException($"the configuration at index {index} is no longer known");
    }

    /// <summary>Forgets everything: the log begins anew behind a snapshot with this configuration.</summary>
    public void Restart(LogIndex index, Configuration configuration)
    {
        _entries.Clear();
        _entries.Add((index, configuration));
    }

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

    /// <summary>Forgets what nobody asks for any more: what was in force before <paramref name="index"/>.</summary>
    public void ForgetBefore(LogIndex index)
    {
        while (_entries.Count > 1 && _entries[1].Index <= index)
        {
            _entries.RemoveAt(0);
        }
    }
}
