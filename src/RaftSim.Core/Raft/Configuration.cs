using System.Collections.Frozen;

namespace RaftSim.Raft;

/// <summary>One server in a configuration.</summary>
/// <param name="Id">Its id; unique in the configuration.</param>
/// <param name="Address">Where its transport listens; unique in the configuration.</param>
/// <param name="Disk">The identity of its data folder when it was added; messages of another one do not count.</param>
/// <param name="Suffrage">Whether it votes.</param>
/// <param name="AddedAt">
/// The index of the entry that added it. Appends and replies carry it, so that a reply from before a removal and
/// re-adding is seen for what it is.
/// </param>
public readonly record struct ConfiguredServer(
    ServerId Id, ServerAddress Address, DiskId Disk, Suffrage Suffrage, LogIndex AddedAt);

/// <summary>The servers of a cluster, in the order in which they were added. Immutable. Source: dissertation chapter 4.</summary>
public sealed class Configuration
{
    // So few are found sooner by looking at each.
    private const int FewMax = 8;

    private readonly ConfiguredServer[] _servers;

    // Of many: where each stands. Every message asks for it. Looked up only, never enumerated.
    private readonly FrozenDictionary<ServerId, int>? _positions;

    /// <summary>
    /// Makes a configuration; throws <see cref="ArgumentException"/> when an id or address is missing or stands twice.
    /// </summary>
    public Configuration(ReadOnlySpan<ConfiguredServer> servers)
    {
        _servers = servers.ToArray();
        SortedSet<ServerId> ids = [];
        SortedSet<ServerAddress> addresses = [];
        for (int i = 0; i < _servers.Length; i++)
        {
            ref readonly ConfiguredServer server = ref _servers[i];
            if (server.Id.IsNone || server.Address.IsNone)
            {
                throw new ArgumentException($"server {i} has no id or no address", nameof(servers));
            }

            if (!ids.Add(server.Id) || !addresses.Add(server.Address))
            {
                throw new ArgumentException($"{server.Id} at {server.Address} stands twice", nameof(servers));
            }

            VoterCount += server.Suffrage == Suffrage.Voter ? 1 : 0;
        }

        if (_servers.Length > FewMax)
        {
            _positions = Enumerable.Range(0, _servers.Length).ToFrozenDictionary(i => _servers[i].Id);
        }
    }

    /// <summary>No servers: what a server knows before it has joined a cluster.</summary>
    public static Configuration Empty { get; } = new([]);

    /// <summary>The servers, in the order in which they were added.</summary>
    public ReadOnlySpan<ConfiguredServer> Servers => _servers;

    /// <summary>How many servers vote.</summary>
    public int VoterCount { get; }

    /// <summary>How many votes decide: more than half of the voters.</summary>
    public int Quorum => (VoterCount / 2) + 1;

    /// <summary>The position of a server in <see cref="Servers"/>, or -1.</summary>
    public int IndexOf(ServerId id)
    {
        if (_positions is not null)
        {
            return _positions.TryGetValue(id, out int found) ? found : -1;
        }

        for (int i = 0; i < _servers.Length; i++)
        {
            if (_servers[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether the server is in the configuration.</summary>
    public bool Contains(ServerId id) => IndexOf(id) >= 0;

    /// <summary>Whether the server is in the configuration and votes.</summary>
    public bool IsVoter(ServerId id) => IndexOf(id) is >= 0 and var i && _servers[i].Suffrage == Suffrage.Voter;

    /// <summary>Finds a server by its id.</summary>
    public bool TryFind(ServerId id, out ConfiguredServer server)
    {
        int i = IndexOf(id);
        server = i >= 0 ? _servers[i] : default;
        return i >= 0;
    }
}

/// <summary>How configurations are written into the payload of log entries; the wire layer supplies it.</summary>
/// <param name="Encode">Writes a configuration.</param>
/// <param name="Decode">Reads one back; throws <see cref="InvariantException"/> when the bytes are not one.</param>
public sealed record ConfigurationCodec(
    Func<Configuration, ReadOnlyMemory<byte>> Encode, Func<ReadOnlyMemory<byte>, Configuration> Decode);
