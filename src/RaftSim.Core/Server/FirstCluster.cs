using System.Text;
using RaftSim.Raft;

namespace RaftSim.Server;

/// <summary>
/// Decides when a first cluster may form. One listed server, the one with the smallest address, writes the first
/// configuration, and only when every listed server has said that it is empty, that it was told of the same servers, and
/// that it has met the same identities. So a cluster can form once only: a server that was wiped later meets others
/// that are not empty. See docs/decisions/0002-forming-a-cluster.md.
/// </summary>
public sealed class FirstCluster
{
    private readonly SortedDictionary<ServerAddress, Met> _met = [];
    private readonly SortedSet<ServerAddress> _listed;
    private readonly ServerAddress _self;
    private readonly string _region;
    private PeerIdentity[]? _metPeers;

    /// <summary>
    /// Starts with only this server met; <paramref name="listed"/> includes it. All have to be of its region.
    /// </summary>
    public FirstCluster(IReadOnlyList<ListedPeer> listed, in PeerIdentity self, string region)
    {
        _region = region;
        _self = self.Address;
        _met[_self] = new Met(self, null);
        _listed = [.. listed.Select(peer => peer.Address)];
        Listed = [.. _listed];
        ListHash = HashOf(Listed);
    }

    /// <summary>The listed addresses, in order.</summary>
    public IReadOnlyList<ServerAddress> Listed { get; }

    /// <summary>A hash of <see cref="Listed"/>.</summary>
    public ulong ListHash { get; }

    /// <summary>Where the first configuration is written: the smallest address. Nobody else needs to know who met whom.</summary>
    public ServerAddress Writer => Listed[0];

    /// <summary>Who was met at the listed addresses, ordered by address; a list once given is never written to.</summary>
    public IReadOnlyList<PeerIdentity> MetPeers => _metPeers ??= [.. _met.Values.Select(met => met.Identity)];

    /// <summary>Whether an address is listed.</summary>
    public bool IsListed(ServerAddress address) => _listed.Contains(address);

    /// <summary>Whether anybody was met at an address.</summary>
    public bool HasMet(ServerAddress address) => _met.ContainsKey(address);

    /// <summary>Notes what a listed server said. True when its identity is news.</summary>
    public bool Heard(in PeerIdentity identity, Announcement announcement)
    {
        if (!IsListed(identity.Address) || identity.Address == _self)
        {
            return false;
        }

        bool isNews = !_met.TryGetValue(identity.Address, out Met? before) || before.Identity != identity;
        _met[identity.Address] = new Met(identity, announcement);
        _metPeers = isNews ? null : _metPeers;
        return isNews;
    }

    /// <summary>
    /// The first configuration, in the order of the addresses, when this server is the one to write it and everybody
    /// agrees; else <see langword="null"/> and why not.
    /// </summary>
    public Configuration? TryForm(out string why)
    {
        if (_self != Writer)
        {
            why = $"the server at {Writer} forms the cluster";
            return null;
        }

        IReadOnlyList<PeerIdentity> mine = MetPeers;
        foreach (ServerAddress address in Listed)
        {
            if (!_met.TryGetValue(address, out Met? met))
            {
                why = $"the server at {address} has not answered yet";
                return null;
            }

            if (met.Announcement is { } announcement && Objection(met, announcement, mine) is string objection)
            {
                why = $"the server at {address} {objection}";
                return null;
            }
        }

        if (mine.Select(peer => peer.Id).Distinct().Count() != mine.Count)
        {
            why = "two listed servers have the same id";
            return null;
        }

        why = "";
        return new Configuration([.. mine.Select(peer =>
            new ConfiguredServer(peer.Id, peer.Address, peer.Disk, Suffrage.Voter, new LogIndex(1)))]);
    }

    private string? Objection(Met met, Announcement announcement, IReadOnlyList<PeerIdentity> mine)
    {
        if (!announcement.IsEmpty)
        {
            return "already has a log";
        }

        if (!string.Equals(announcement.Region, _region, StringComparison.Ordinal))
        {
            return $"is of region {announcement.Region}, not {_region}";
        }

        if (announcement.PeerListHash != ListHash)
        {
            return "was told of other servers";
        }

        // Of many servers each speaks many times before all agree: who does is not compared again.
        if (met.AgreesWith == mine || announcement.Met.SequenceEqual(mine))
        {
            met.AgreesWith = mine;
            return null;
        }

        return "has not met everybody yet";
    }

    private static ulong HashOf(IReadOnlyList<ServerAddress> addresses)
    {
        ulong hash = 0;
        foreach (ServerAddress address in addresses)
        {
            foreach (byte value in Encoding.UTF8.GetBytes(address.Value))
            {
                hash = Prng.Hash(hash, value);
            }

            hash = Prng.Hash(hash, 256);
        }

        return hash;
    }

    // No announcement: this server itself.
    private sealed class Met(in PeerIdentity identity, Announcement? announcement)
    {
        public PeerIdentity Identity { get; } = identity;

        public Announcement? Announcement { get; } = announcement;

        /// <summary>The list of peers that it was found to share.</summary>
        public IReadOnlyList<PeerIdentity>? AgreesWith { get; set; }
    }
}
