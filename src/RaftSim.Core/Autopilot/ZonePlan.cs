namespace RaftSim.Autopilot;

/// <summary>One zone: who is its voter, who stands by.</summary>
internal sealed class ZonePlan
{
    private readonly string _name;
    private readonly IReadOnlyList<PolicyServer> _servers;
    private readonly PolicyServer? _voter;
    private readonly PolicyServer? _successor;

    /// <summary>Looks at a zone; its servers are in the order of voters.</summary>
    public ZonePlan(string name, IReadOnlyList<PolicyServer> servers)
    {
        _name = name;
        _servers = servers;
        PolicyServer[] voters = [.. servers.Where(static server => server.Votes && server.IsHealthy)];
        Standbys = new(servers.Where(static server => server.IsCandidate));
        _voter = voters.FirstOrDefault();
        Surplus = voters.Length > 1 ? voters[1..] : [];
        if (_voter is null && Standbys.TryDequeue(out PolicyServer? successor))
        {
            _successor = successor;
        }
    }

    /// <summary>Healthy voters beyond the first.</summary>
    public IReadOnlyList<PolicyServer> Surplus { get; }

    /// <summary>Who could be given a vote beyond that of the zone, best first.</summary>
    public Queue<PolicyServer> Standbys { get; }

    /// <summary>Whether no healthy server of it votes.</summary>
    public bool HasNoVoter => _voter is null;

    /// <summary>
    /// Whether it has no healthy server, and had a vote or will not come up by itself: one that is only just joining is not
    /// lost.
    /// </summary>
    public bool IsLost => _servers.All(static server => !server.IsHealthy)
        && (_servers.Any(static server => server.Votes) || _servers.All(static server => !server.IsAlive));

    public void Promote(List<WantedChange> changes)
    {
        if (_successor is not null)
        {
            changes.Add(new(_successor, $"zone {_name} has no healthy voter"));
        }
    }

    /// <summary>
    /// Voters that are not healthy, when another server of the zone takes over. Where the dead are cleaned up, also those of a lost
    /// zone that membership has given up: the last of a zone is not removed, but it is not to count against the quorum either.
    /// </summary>
    public void DemoteDead(List<WantedChange> changes, bool areCleanedUp)
    {
        string heir = (_voter ?? _successor)?.Name ?? "";
        foreach (PolicyServer server in _servers.Where(static server => server.Votes && !server.IsHealthy))
        {
            if (heir.Length > 0)
            {
                changes.Add(new(server, $"it is not healthy, and {heir} votes for zone {_name}"));
            }
            else if (areCleanedUp && IsLost && !server.IsAlive)
            {
                changes.Add(new(server, $"zone {_name} is lost"));
            }
        }
    }
}
