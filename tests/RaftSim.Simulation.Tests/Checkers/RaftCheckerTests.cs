using RaftSim.Raft;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

// A checker that cannot fail is worth nothing: each is shown a run that breaks its promise, and one that does not.
public sealed class RaftCheckerTests
{
    // Goal: two leaders of one term are seen, also when the first is long gone (dissertation §3.2, Election Safety).
    [Fact]
    public void Election_safety_sees_two_leaders_of_one_term()
    {
        ElectionSafety checker = new();
        Forge a = new(0);
        Forge b = new(1);
        checker.Observe(a.Say(term: 2, role: RaftRole.Leader));
        checker.Observe(a.Say(term: 3, role: RaftRole.Follower));
        checker.Observe(b.Say(term: 4, role: RaftRole.Leader));
        Forge c = new(2);
        Assert.Contains(
            "term 2",
            Caught(checker, () => checker.Observe(c.Say(term: 2, role: RaftRole.Leader))),
            StringComparison.Ordinal);
        Assert.Equal(2, checker.TermsLed);
    }

    // Goal: a server that forgot its term over a restart and leads it again is another leader.
    [Fact]
    public void Election_safety_sees_a_server_that_leads_a_term_twice()
    {
        ElectionSafety checker = new();
        Forge a = new(0);
        checker.Observe(a.Say(term: 2, role: RaftRole.Leader));
        a.Restart();
        Caught(checker, () => checker.Observe(a.Say(term: 2, role: RaftRole.Leader)));
    }

    // Goal: a term never falls within one life of a server.
    [Fact]
    public void Election_safety_sees_a_term_that_falls()
    {
        ElectionSafety checker = new();
        Forge a = new(0);
        checker.Observe(a.Say(term: 5));
        Caught(checker, () => checker.Observe(a.Say(term: 4)));
    }

    // Goal: logs that agree on an entry but not on what comes before it are seen (dissertation §3.5, Log Matching).
    [Fact]
    public void Log_matching_sees_logs_that_agree_on_an_entry_but_not_before_it()
    {
        LogMatching checker = new();
        Forge a = new(0);
        Forge b = new(1);
        checker.Observe(a.Say(append: [Entry(1, 1, "x"), Entry(2, 2)]));
        Caught(checker, () => checker.Observe(b.Say(append: [Entry(1, 1, "y"), Entry(2, 2)])));
    }

    // Goal: the same for an entry that was not the first of its index to be seen.
    [Fact]
    public void Log_matching_remembers_every_term_of_an_index()
    {
        LogMatching checker = new();
        Forge a = new(0);
        checker.Observe(a.Say(append: [Entry(1, 1), Entry(2, 1)]));
        checker.Observe(a.Say(truncateFrom: 2, append: [Entry(2, 3, "x")]));
        Forge b = new(1);
        checker.Observe(b.Say(append: [Entry(1, 1)]));
        Caught(checker, () => checker.Observe(b.Say(append: [Entry(2, 3, "y")])));
    }

    // Goal: terms never fall along a log.
    [Fact]
    public void Log_matching_sees_terms_that_fall_along_a_log()
    {
        LogMatching checker = new();
        Forge a = new(0);
        Caught(checker, () => checker.Observe(a.Say(append: [Entry(1, 2), Entry(2, 1)])));
    }

    // Goal: a leader of a later term that lacks a committed entry is seen (dissertation §3.6.3, Leader Completeness).
    [Fact]
    public void Leader_completeness_sees_a_later_leader_without_a_committed_entry()
    {
        CommitHistory history = new();
        LeaderCompleteness checker = new(history);
        Forge a = new(0);
        Observe(a.Say(term: 2, role: RaftRole.Leader, append: [Entry(1, 2), Entry(2, 2)]), history, checker);
        Observe(a.Say(commit: 2), history, checker);
        Forge b = new(1);
        ServerObservation late = b.Say(term: 3, role: RaftRole.Leader, append: [Entry(1, 2)]);
        history.Observe(late);
        Assert.Contains("index 2", Caught(checker, () => checker.Observe(late)), StringComparison.Ordinal);
    }

    // Goal: the same when the later leader came first and the entry is committed behind its back.
    [Fact]
    public void Leader_completeness_sees_a_commit_behind_the_back_of_a_later_leader()
    {
        CommitHistory history = new();
        LeaderCompleteness checker = new(history);
        Forge a = new(0);
        Forge b = new(1);
        Observe(a.Say(term: 2, role: RaftRole.Leader, append: [Entry(1, 2)]), history, checker);
        Observe(b.Say(term: 3, role: RaftRole.Leader), history, checker);
        ServerObservation commit = a.Say(commit: 1);
        history.Observe(commit);
        Caught(checker, () => checker.Observe(commit));
    }

    // Goal: no false alarm: a leader of an earlier term that is elected late owes nothing to later ones.
    [Fact]
    public void Leader_completeness_lets_a_late_leader_of_an_earlier_term_be()
    {
        CommitHistory history = new();
        LeaderCompleteness checker = new(history);
        Forge a = new(0);
        Forge b = new(1);
        Observe(a.Say(term: 5, role: RaftRole.Leader, append: [Entry(1, 5)]), history, checker);
        Observe(a.Say(commit: 1), history, checker);
        Observe(b.Say(term: 4, role: RaftRole.Leader), history, checker);
    }

    // Goal: a leader that rewrites its own log is seen (dissertation §3.2, Leader Append-Only).
    [Fact]
    public void Leader_append_only_sees_a_leader_that_rewrites_its_log()
    {
        LeaderAppendOnly checker = new();
        Forge a = new(0);
        checker.Observe(a.Say(term: 2, role: RaftRole.Leader, append: [Entry(1, 1), Entry(2, 2)]));
        checker.Observe(a.Say(append: [Entry(3, 2)]));
        Caught(checker, () => checker.Observe(a.Say(truncateFrom: 3, append: [Entry(3, 2, "other")])));
    }

    // Goal: a server that says something else was committed is seen (dissertation §3.6).
    [Fact]
    public void Committed_never_changes_sees_two_commits_of_one_index()
    {
        CommitHistory checker = new();
        Forge a = new(0);
        Forge b = new(1);
        checker.Observe(a.Say(append: [Entry(1, 1), Entry(2, 1)], commit: 2));
        Assert.Contains("at index 2", Caught(
            checker, () => checker.Observe(b.Say(append: [Entry(1, 1), Entry(2, 3)], commit: 2))), StringComparison.Ordinal);
    }

    // Goal: commits that go back, beyond the log, or are rewritten below are seen.
    [Fact]
    public void Committed_never_changes_sees_commits_that_go_back_or_beyond_the_log()
    {
        CommitHistory checker = new();
        Forge a = new(0);
        checker.Observe(a.Say(append: [Entry(1, 1), Entry(2, 1)], commit: 2));
        Caught(checker, () => checker.Observe(a.Say(commit: 1)));
        Caught(checker, () => checker.Observe(new Forge(1).Say(append: [Entry(1, 1)], commit: 2)));
        Forge c = new(2);
        checker.Observe(c.Say(append: [Entry(1, 1), Entry(2, 1)], commit: 2));
        Caught(checker, () => checker.Observe(c.Say(truncateFrom: 2)));
    }

    // Goal: a leader that counts what is not durable on a majority is seen (dissertation §3.6.2).
    [Fact]
    public void Committed_on_quorum_sees_a_commit_that_a_majority_does_not_hold()
    {
        CommittedOnQuorum checker = new();
        Configuration three = Members([0, 1, 2]);
        Forge leader = new(0);
        Forge follower = new(1);
        checker.Observe(leader.Say(term: 2, role: RaftRole.Leader, configuration: three, append: [Entry(1, 2), Entry(2, 2)]));
        checker.Observe(follower.Say(term: 2, configuration: three, durable: 1, append: [Entry(1, 2), Entry(2, 2)]));
        checker.Observe(leader.Say(commit: 1));
        Caught(checker, () => checker.Observe(leader.Say(commit: 2)));
    }

    // Goal: no false alarm: a disk counts while its server is down, and a configuration that has just been left counts too.
    [Fact]
    public void Committed_on_quorum_counts_disks_of_servers_that_are_down()
    {
        CommittedOnQuorum checker = new();
        Forge leader = new(0);
        Forge follower = new(1);
        checker.Observe(follower.Say(term: 2, append: [Entry(1, 2)]));
        ((IChecker)checker).Stopped(1);
        checker.Observe(leader.Say(term: 2, role: RaftRole.Leader, configuration: Members([0, 1]), append: [Entry(1, 2)]));
        checker.Observe(leader.Say(configuration: Members([0, 1, 2, 3]), commit: 1));
    }

    // Goal: a non-voter does not count.
    [Fact]
    public void Committed_on_quorum_does_not_count_non_voters()
    {
        CommittedOnQuorum checker = new();
        Forge leader = new(0);
        Forge nonVoter = new(2);
        checker.Observe(nonVoter.Say(term: 2, append: [Entry(1, 2)]));
        checker.Observe(leader.Say(
            term: 2, role: RaftRole.Leader, configuration: Members([0, 1], 2), append: [Entry(1, 2)]));
        Caught(checker, () => checker.Observe(leader.Say(commit: 1)));
    }

    private static void Observe(in ServerObservation observation, params ReadOnlySpan<IChecker> checkers)
    {
        foreach (IChecker checker in checkers)
        {
            checker.Observe(observation);
        }
    }
}
