namespace RaftSim.Raft;

/// <summary>The votes of one election, each voter counted once. Source: dissertation §3.4.</summary>
internal sealed class VoteTally
{
    private Configuration _configuration = Configuration.Empty;
    private bool[] _hasGranted = [];
    private int _granted;

    /// <summary>Whether a majority of the voters said yes.</summary>
    public bool IsWon => _granted >= Quorum.Of(_configuration.VoterCount) && _configuration.VoterCount > 0;

    /// <summary>Starts an election among the voters of a configuration.</summary>
    public void Begin(Configuration configuration)
    {
        _configuration = configuration;
        _granted = 0;
        if (_hasGranted.Length < configuration.Servers.Length)
        {
            _hasGranted = new bool[configuration.Servers.Length];
        }

        Array.Clear(_hasGranted);
    }

    /// <summary>Counts a yes; of a server that does not vote, or that has said so before, it counts nothing.</summary>
    public void Grant(ServerId voter)
    {
        int i = _configuration.IndexOf(voter);
        if (i < 0 || _configuration.Servers[i].Suffrage != Suffrage.Voter || _hasGranted[i])
        {
            return;
        }

        _hasGranted[i] = true;
        _granted++;
    }
}
