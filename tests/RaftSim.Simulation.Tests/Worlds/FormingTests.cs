namespace RaftSim.Simulation.Tests.Worlds;

/// <summary>How a first cluster comes to be: docs/decisions/0002-forming-a-cluster.md.</summary>
public sealed class FormingTests
{
    // Goal: who writes the first configuration leads at once: there is nobody for whom an election timeout would have to pass.
    [Fact]
    public void A_new_cluster_has_a_leader_within_an_election_timeout()
    {
        SimWorld world = new(1, 5);
        world.RunFor(Duration.Milliseconds(500));
        Assert.NotNull(world.Leader);
    }

    // Goal: with leases every start is a promise not to vote for a while, which is kept here, too; a leader comes all the same.
    [Fact]
    public void A_new_cluster_with_leases_gets_its_leader_later()
    {
        SimWorld world = new(1, 5, new SimOptions { Configure = (_, options) => options with { ReadLease = true } });
        world.RunFor(Duration.Milliseconds(500));
        Assert.Null(world.Leader);
        Assert.True(world.RunUntil(() => world.Leader is not null, Duration.Seconds(10)));
    }

    // Goal: everybody has to meet everybody, with an announcement and an answer each way at most; more of them would be a flood
    // where there are hundreds. Each one wrote to all whenever it met one more.
    [Fact]
    public void A_hundred_servers_form_a_cluster_with_four_announcements_for_each_two_of_them()
    {
        const int servers = 100;
        SimWorld world = new(1, servers);
        Assert.True(world.RunUntil(() => world.Leader is not null, Duration.Seconds(10)));
        const int pairs = servers * (servers - 1) / 2;
        Assert.InRange(world.Network.Sent, 2 * pairs, (4 * pairs) + (20 * servers));
    }

    // Goal: an announcement may be lost: whoever was not met is written to again, and who writes is told again.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_cluster_forms_over_a_network_that_loses_three_of_ten_messages(ulong seed)
    {
        SimWorld world = new(seed, 7, new SimOptions { Network = new LinkOptions { DropPerMille = 300 } });
        Assert.True(world.RunUntil(() => world.Leader is not null, Duration.Seconds(60)));
    }
}
