using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Dissertation §4.1: what a change makes of a configuration. The start is s1 and s2 voting, s3 not.</summary>
public sealed class ConfigurationRulesTests
{
    private static readonly LogIndex At = new(7);

    private static readonly Configuration Start = new(
        [TestCluster.Configured(1), TestCluster.Configured(2), TestCluster.Configured(3, Suffrage.NonVoter)]);

    // Goal: a new server comes in as a non-voter that knows when it was added.
    [Fact]
    public void A_new_server_is_added_as_a_non_voter()
    {
        Assert.Equal(ProposeResult.Accepted, Add(4, 4, 4, out Configuration changed));
        Assert.Equal([.. Start.Servers, TestCluster.Configured(4, Suffrage.NonVoter, addedAt: 7)], changed.Servers.ToArray());
    }

    // Goal: a server that moved keeps its place, its suffrage and the index at which it was added.
    [Fact]
    public void A_new_address_of_a_present_server_changes_only_that()
    {
        Assert.Equal(ProposeResult.Accepted, Add(2, 9, 2, out Configuration changed));
        Assert.Equal(
            [Start.Servers[0], Start.Servers[1] with { Address = new ServerAddress(TestCluster.Address(9)) }, Start.Servers[2]],
            changed.Servers.ToArray());
    }

    // Goal: an id with another disk, and an address in use by another server, are refused; the same again is no change.
    [Theory]
    [InlineData(2, 2, 9, ProposeResult.AlreadyPresent)]
    [InlineData(2, 9, 9, ProposeResult.AlreadyPresent)]
    [InlineData(4, 2, 4, ProposeResult.AlreadyPresent)]
    [InlineData(2, 3, 2, ProposeResult.AlreadyPresent)]
    [InlineData(2, 2, 2, ProposeResult.NoChange)]
    public void Clashing_additions_are_refused(int id, int address, int disk, ProposeResult expected)
    {
        Assert.Equal(expected, Add(id, address, disk, out Configuration changed));
        Assert.Same(Start, changed);
    }

    // Goal: suffrage is given and taken, and a server removed, one at a time.
    [Theory]
    [InlineData(ConfigurationChangeKind.Promote, 3, "s1+ s2+ s3+")]
    [InlineData(ConfigurationChangeKind.Demote, 1, "s1- s2+ s3-")]
    [InlineData(ConfigurationChangeKind.Remove, 1, "s2+ s3-")]
    [InlineData(ConfigurationChangeKind.Remove, 2, "s1+ s3-")]
    [InlineData(ConfigurationChangeKind.Remove, 3, "s1+ s2+")]
    public void One_server_changes_at_a_time(ConfigurationChangeKind kind, int number, string expected)
    {
        ConfigurationChange change = new(kind, TestCluster.Id(number));
        Assert.Equal(ProposeResult.Accepted, ConfigurationRules.Apply(Start, change, At, out Configuration changed));
        Assert.Equal(
            expected,
            string.Join(' ', changed.Servers.ToArray().Select(s => s.Id + (s.Suffrage == Suffrage.Voter ? "+" : "-"))));
    }

    // Goal: what is so already, and what is not there, is told apart.
    [Theory]
    [InlineData(ConfigurationChangeKind.Promote, 1, ProposeResult.NoChange)]
    [InlineData(ConfigurationChangeKind.Demote, 3, ProposeResult.NoChange)]
    [InlineData(ConfigurationChangeKind.Promote, 4, ProposeResult.UnknownServer)]
    [InlineData(ConfigurationChangeKind.Demote, 4, ProposeResult.UnknownServer)]
    [InlineData(ConfigurationChangeKind.Remove, 4, ProposeResult.UnknownServer)]
    public void Changes_without_effect_are_refused(ConfigurationChangeKind kind, int number, ProposeResult expected)
    {
        ConfigurationChange change = new(kind, TestCluster.Id(number));
        Assert.Equal(expected, ConfigurationRules.Apply(Start, change, At, out Configuration changed));
        Assert.Same(Start, changed);
    }

    // Goal: the last voter stays one; without it nothing could ever be committed again.
    [Theory]
    [InlineData(ConfigurationChangeKind.Demote)]
    [InlineData(ConfigurationChangeKind.Remove)]
    public void The_last_voter_stays(ConfigurationChangeKind kind)
    {
        var one = new Configuration([TestCluster.Configured(1), TestCluster.Configured(2, Suffrage.NonVoter)]);
        Assert.Equal(ProposeResult.LastVoter, ConfigurationRules.Apply(one, new(kind, TestCluster.Id(1)), At, out _));
        Assert.Equal(
            kind == ConfigurationChangeKind.Remove ? ProposeResult.Accepted : ProposeResult.NoChange,
            ConfigurationRules.Apply(one, new(kind, TestCluster.Id(2)), At, out _));
    }

    // Goal: a configuration has a bound.
    [Fact]
    public void A_full_configuration_takes_no_more()
    {
        var full = new Configuration(
            Enumerable.Range(1, Limits.ConfigurationServersMax).Select(i => TestCluster.Configured(i)).ToArray());
        ConfigurationChange change = new(
            ConfigurationChangeKind.AddNonVoter, TestCluster.Id(5000), new ServerAddress("new:1"), TestCluster.DiskOf(1));
        Assert.Equal(ProposeResult.TooManyServers, ConfigurationRules.Apply(full, change, At, out _));
    }

    // Goal: a change that says nothing sensible is the caller's mistake.
    [Fact]
    public void Senseless_changes_are_thrown_back()
    {
        Assert.Throws<ArgumentException>(
            () => ConfigurationRules.Apply(Start, new(ConfigurationChangeKind.Remove, default), At, out _));
        Assert.Throws<ArgumentException>(
            () => ConfigurationRules.Apply(Start, new(ConfigurationChangeKind.AddNonVoter, TestCluster.Id(4)), At, out _));
        Assert.Throws<ArgumentException>(
            () => ConfigurationRules.Apply(Start, new((ConfigurationChangeKind)99, TestCluster.Id(1)), At, out _));
    }

    private static ProposeResult Add(int id, int address, int disk, out Configuration changed) => ConfigurationRules.Apply(
        Start,
        new(
            ConfigurationChangeKind.AddNonVoter,
            TestCluster.Id(id),
            new ServerAddress(TestCluster.Address(address)),
            TestCluster.DiskOf(disk)),
        At,
        out changed);
}
