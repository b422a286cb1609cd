using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Core.Tests.Server;

public sealed class FirstClusterTests
{
    private static readonly PeerIdentity _a = Peer(1);
    private static readonly PeerIdentity _b = Peer(2);
    private static readonly PeerIdentity _c = Peer(3);
    private static readonly ListedPeer[] _listed = [new("s2", _b.Address), new("s1", _a.Address), new("s3", _c.Address)];

    private readonly FirstCluster _first = new(_listed, _a, "global");

    // Goal: a cluster forms once all listed servers have answered, are empty and have met each other.
    [Fact]
    public void A_cluster_forms_when_everybody_is_empty_and_has_met_everybody()
    {
        _first.Heard(_b, Says(_a, _b, _c));
        _first.Heard(_c, Says(_a, _b, _c));
        Configuration? formed = _first.TryForm(out _);
        Assert.NotNull(formed);
        Assert.Equal([_a.Id, _b.Id, _c.Id], formed.Servers.ToArray().Select(server => server.Id));
        Assert.All(formed.Servers.ToArray(), server => Assert.Equal(Suffrage.Voter, server.Suffrage));
        Assert.Equal(_b.Disk, formed.Servers[1].Disk);
    }

    // Goal: all of them: one that has not answered yet holds the cluster back.
    [Fact]
    public void A_cluster_waits_for_the_last_listed_server()
    {
        _first.Heard(_b, Says(_a, _b));
        Assert.Null(_first.TryForm(out string why));
        Assert.Contains(_c.Address.Value, why, StringComparison.Ordinal);
        Assert.Contains("has not answered", why, StringComparison.Ordinal);
    }

    // Goal: identities were exchanged, not only collected by the one who forms the cluster.
    [Fact]
    public void A_cluster_waits_until_everybody_has_met_everybody()
    {
        _first.Heard(_b, Says(_a, _b));
        _first.Heard(_c, Says(_a, _b, _c));
        Assert.Null(_first.TryForm(out string why));
        Assert.Contains("has not met everybody", why, StringComparison.Ordinal);
    }

    // Goal: servers of different regions do not form one cluster: later none of them would be let in either.
    [Fact]
    public void No_cluster_forms_over_two_regions()
    {
        _first.Heard(_b, Says(_a, _b, _c) with { Region = "eu" });
        _first.Heard(_c, Says(_a, _b, _c));
        Assert.Null(_first.TryForm(out string why));
        Assert.Contains("is of region eu, not global", why, StringComparison.Ordinal);
    }

    // Goal: a server that lost its disk does not form a second cluster beside the first one.
    [Fact]
    public void No_cluster_forms_beside_a_server_that_has_a_log()
    {
        _first.Heard(_b, Says(_a, _b, _c) with { IsEmpty = false });
        _first.Heard(_c, Says(_a, _b, _c));
        Assert.Null(_first.TryForm(out string why));
        Assert.Contains("already has a log", why, StringComparison.Ordinal);
    }

    // Goal: what counts is a server's latest identity: a peer wiped in between has to be met again by all.
    [Fact]
    public void A_peer_that_was_wiped_in_between_has_to_be_met_again()
    {
        _first.Heard(_b, Says(_a, _b, _c));
        _first.Heard(_c, Says(_a, _b, _c));
        Assert.True(_first.Heard(_c with { Disk = new DiskId(9, 9) }, Says(_a, _b, _c)));
        Assert.Null(_first.TryForm(out _));
    }

    // Goal: only one server ever forms the cluster: the one with the smallest address.
    [Fact]
    public void Only_the_server_with_the_smallest_address_forms_the_cluster()
    {
        FirstCluster other = new(_listed, _b, "global");
        other.Heard(_a, Says(_a, _b, _c));
        other.Heard(_c, Says(_a, _b, _c));
        Assert.Null(other.TryForm(out string why));
        Assert.Contains(_a.Address.Value, why, StringComparison.Ordinal);
    }

    // Goal: servers that were told of different clusters never form one.
    [Fact]
    public void Servers_that_were_told_of_other_servers_do_not_form_a_cluster()
    {
        _first.Heard(_b, Says(_a, _b, _c) with { PeerListHash = 1 });
        _first.Heard(_c, Says(_a, _b, _c));
        Assert.Null(_first.TryForm(out string why));
        Assert.Contains("other servers", why, StringComparison.Ordinal);
    }

    // Goal: all agree on who writes, and know whom they have not met yet, so that they need not write to all for every news.
    [Fact]
    public void Everybody_knows_who_writes_and_who_was_not_met()
    {
        FirstCluster other = new(_listed, _b, "global");
        Assert.Equal((_a.Address, _a.Address), (_first.Writer, other.Writer));
        Assert.True(_first.HasMet(_a.Address));
        Assert.False(_first.HasMet(_b.Address));
        _first.Heard(_b, Says());
        Assert.True(_first.HasMet(_b.Address));
        Assert.False(_first.HasMet(_c.Address));
    }

    // Goal: a list that was given away stays as it was: announcements under way hold it.
    [Fact]
    public void A_list_of_whom_was_met_is_never_written_to()
    {
        IReadOnlyList<PeerIdentity> before = _first.MetPeers;
        _first.Heard(_c, Says());
        _first.Heard(_b, Says());
        Assert.Equal([_a], before);
        Assert.Equal([_a, _b, _c], _first.MetPeers);
        Assert.Same(_first.MetPeers, _first.MetPeers);
    }

    // Goal: the list is a set: its order and its names do not matter.
    [Fact]
    public void The_order_and_names_of_the_list_do_not_matter()
    {
        FirstCluster other = new([new("", _a.Address), new("x", _c.Address), new("", _b.Address)], _b, "global");
        Assert.Equal(_first.ListHash, other.ListHash);
        Assert.NotEqual(_first.ListHash, new FirstCluster([new("", _a.Address)], _a, "global").ListHash);
    }

    // Goal: two servers with one --id are noticed before they form a cluster.
    [Fact]
    public void Two_servers_with_one_id_do_not_form_a_cluster()
    {
        PeerIdentity twin = _c with { Id = _b.Id };
        _first.Heard(_b, Says(_a, _b, twin));
        _first.Heard(twin, Says(_a, _b, twin));
        Assert.Null(_first.TryForm(out string why));
        Assert.Contains("same id", why, StringComparison.Ordinal);
    }

    // Goal: a single listed server needs nobody.
    [Fact]
    public void A_single_server_forms_a_cluster_by_itself()
    {
        FirstCluster single = new([new("s1", _a.Address)], _a, "global");
        Assert.Equal(1, single.TryForm(out _)?.VoterCount);
    }

    private Announcement Says(params PeerIdentity[] met) => new()
    {
        Name = "s",
        Region = "global",
        Version = "1.0.0",
        RaftProtocol = 3,
        IsEmpty = true,
        PeerListHash = _first.ListHash,
        Met = met,
    };

    private static PeerIdentity Peer(ulong n) =>
        new(new ServerAddress($"10.0.0.{n}:4647"), new ServerId($"id-{n}"), new DiskId(n, n));
}
