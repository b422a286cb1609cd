using RaftSim.Raft;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

public sealed class ConfigurationCheckerTests
{
    private readonly List<Configuration> _known = [];
    private readonly ConfigurationSafety _checker;

    public ConfigurationCheckerTests() => _checker = new ConfigurationSafety(payload => _known[payload.Span[0]]);

    // Goal: one server at a time (dissertation §4.1).
    [Fact]
    public void A_change_of_two_servers_is_seen()
    {
        Forge a = new(0);
        _checker.Observe(a.Say(configuration: Members([0]), append: [Change(1, 1, Members([0, 1, 2]))]));
        _checker.Observe(a.Say(configuration: Members([0]), append: [Change(2, 1, Members([0, 1, 2], 3))]));
        _checker.Observe(a.Say(configuration: Members([0]), append: [Change(3, 1, Members([0, 1, 2, 3]))]));
        Caught(_checker, () => _checker.Observe(a.Say(append: [Change(4, 1, Members([0, 1]))])));
    }

    // Goal: a configuration always has a voter.
    [Fact]
    public void A_configuration_without_voters_is_seen()
    {
        Forge a = new(0);
        _checker.Observe(a.Say(configuration: Members([0]), append: [Change(1, 1, Members([0]))]));
        Caught(_checker, () => _checker.Observe(a.Say(append: [Change(2, 1, Members([], 0))])));
    }

    // Goal: the next change waits until the one before is committed (dissertation §4.1).
    [Fact]
    public void A_change_on_top_of_one_that_is_not_committed_is_seen()
    {
        Forge a = new(0);
        LogEntry first = Change(1, 1, Members([0, 1, 2]));
        _checker.Observe(a.Say(term: 1, role: RaftRole.Leader, configuration: Members([0]), append: [first], commit: 1));
        _checker.Observe(a.Say(configuration: Members([0]), append: [Change(2, 1, Members([0, 1, 2], 3))]));
        Caught(_checker, () => _checker.Observe(a.Say(append: [Change(3, 1, Members([0, 1, 2]))])));
    }

    // Goal: a leader that has committed nothing of its own term begins no change (Ongaro's amendment of 2015).
    [Fact]
    public void A_change_before_a_commit_of_the_own_term_is_seen()
    {
        Forge a = new(0);
        _checker.Observe(a.Say(term: 1, configuration: Members([0]), append: [Change(1, 1, Members([0, 1, 2]))], commit: 1));
        _checker.Observe(a.Say(term: 2, role: RaftRole.Leader, append: [Entry(2, 2)]));
        Caught(_checker, () => _checker.Observe(a.Say(append: [Change(3, 2, Members([0, 1, 2], 3))])));
    }

    // Goal: no false alarm: a change that was rolled back is not the one before the next.
    [Fact]
    public void A_change_that_was_rolled_back_is_forgotten()
    {
        Forge a = new(0);
        LogEntry first = Change(1, 1, Members([0, 1, 2]));
        _checker.Observe(a.Say(configuration: Members([0]), append: [first, Change(2, 1, Members([0, 1, 2], 3))]));
        _checker.Observe(a.Say(configuration: Members([0]), truncateFrom: 2, append: [Change(2, 2, Members([0, 1]))]));
    }

    // Goal: a configuration is in force from when it is appended to when it is cut off (dissertation §4.1).
    [Fact]
    public void A_configuration_that_is_not_the_last_of_the_log_is_seen()
    {
        Forge a = new(0);
        Caught(_checker, () => _checker.Observe(a.Say(append: [Change(1, 1, Members([0, 1, 2]))])));
        Forge b = new(1);
        _checker.Observe(b.Say(configuration: Members([0]), append: [Change(1, 1, Members([0, 1, 2]))]));
        _checker.Observe(b.Say(configuration: Members([0]), append: [Change(2, 1, Members([0, 1, 2], 3))]));
        Assert.Contains(
            "stands at 1", Caught(_checker, () => _checker.Observe(b.Say(truncateFrom: 2))), StringComparison.Ordinal);
    }

    private LogEntry Change(ulong index, ulong term, Configuration configuration)
    {
        _known.Add(configuration);
        return new LogEntry(
            new LogIndex(index), new Term(term), EntryKind.Configuration, new[] { (byte)(_known.Count - 1) });
    }

    // Goal: whoever is missing, one too many, without a vote, at another address or disk keeps a configuration from being that
    // of all servers.
    [Fact]
    public void A_configuration_of_other_servers_is_not_that_of_all()
    {
        Configuration all = Members([0, 1, 2]);
        Assert.True(Liveness.Lists(Members([2, 1, 0]), all.Servers));
        Assert.False(Liveness.Lists(Members([0, 1]), all.Servers));
        Assert.False(Liveness.Lists(Members([0, 1, 2, 3]), all.Servers));
        Assert.False(Liveness.Lists(Members([0, 1, 3]), all.Servers));
        Assert.False(Liveness.Lists(Members([0, 1], 2), all.Servers));
        ConfiguredServer last = all.Servers[2];
        Assert.False(Liveness.Lists(
            new Configuration([all.Servers[0], all.Servers[1], last with { Disk = new(9, 9) }]), all.Servers));
        Assert.False(Liveness.Lists(
            new Configuration([all.Servers[0], all.Servers[1], last with { Address = new("elsewhere:1") }]), all.Servers));
    }
}
