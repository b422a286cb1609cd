using RaftSim.Raft;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Who has a vote and hears no leader asks for an election: behind two timeouts of one second here.</summary>
public sealed class ElectionsBeginTests
{
    private static readonly RaftMessageKind[] Calls = [RaftMessageKind.Append, RaftMessageKind.Vote, RaftMessageKind.Snapshot];

    private readonly ElectionsBegin _checker;
    private readonly Forge _server = new(0);
    private MonoTime _now = new(5_000_000_000);

    public ElectionsBeginTests() => _checker = new ElectionsBegin(_ => _now, _ => Duration.Seconds(1));

    // Goal: a voter that goes on waiting is seen in the step behind the one in which it had to begin.
    [Fact]
    public void A_voter_that_waits_for_longer_than_two_election_timeouts_is_seen()
    {
        Say(term: 3, configuration: Members([0, 1, 2]));
        Hear(RaftMessageKind.Heartbeat);
        Pass(1_999);
        Hear(RaftMessageKind.PreVote);
        Pass(1);
        Hear(RaftMessageKind.PreVote);
        Pass(1);
        Assert.Contains(
            "server 0 has heard no leader for 2s by its clock, and has a vote in term 3",
            Caught(_checker, () => Hear(RaftMessageKind.PreVote)),
            StringComparison.Ordinal);
    }

    // Goal: what it hears from a leader, is asked for its vote, or changes, makes it wait anew; and who asks, or leads, need not.
    [Fact]
    public void Who_hears_somebody_or_asks_is_fine()
    {
        Say(term: 3, configuration: Members([0, 1, 2]));
        foreach (RaftMessageKind kind in Calls)
        {
            Pass(1_500);
            Hear(kind);
        }

        Pass(1_500);
        Say(term: 4);
        Pass(1_500);
        Hear(RaftMessageKind.PreVote);
        Pass(1_500);
        Say(role: RaftRole.PreCandidate);
        Pass(9_000);
        Hear(RaftMessageKind.PreVote);
        Pass(9_000);
        Hear(RaftMessageKind.PreVote);
    }

    // Goal: who takes no step in between has had no occasion, be it paused or busy.
    [Fact]
    public void Who_takes_no_step_is_fine()
    {
        Say(term: 3, configuration: Members([0, 1, 2]));
        Pass(9_000);
        Hear(RaftMessageKind.Heartbeat);
        Pass(1);
        Hear(RaftMessageKind.Heartbeat);
    }

    // Goal: who has no vote waits for ever; but a change that took it and is not committed counts for nothing.
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_vote_that_an_uncommitted_change_took_is_a_vote(ulong commit, bool isSeen)
    {
        Say(term: 3, configuration: Members([0, 1, 2]), append: [Configured(1)], commit: 1);
        Say(configuration: Members([1, 2]), append: [Configured(2)], commit: commit);
        Pass(2_500);
        Hear(RaftMessageKind.PreVote);
        Pass(1);
        if (isSeen)
        {
            Caught(_checker, () => Hear(RaftMessageKind.PreVote));
        }
        else
        {
            Hear(RaftMessageKind.PreVote);
        }
    }

    // Goal: of two changes in one step it is not known whether the one in between gave a vote.
    [Fact]
    public void What_was_before_two_changes_at_once_is_not_known()
    {
        Say(term: 3, configuration: Members([0, 1, 2]), append: [Configured(1)], commit: 1);
        Say(configuration: Members([1, 2]), append: [Configured(2), Configured(3)], commit: 1);
        Pass(2_500);
        Hear(RaftMessageKind.PreVote);
        Pass(1);
        Hear(RaftMessageKind.PreVote);
    }

    private static LogEntry Configured(ulong index) =>
        new(new LogIndex(index), new Term(3), EntryKind.Configuration, default);

    private void Pass(long milliseconds) => _now += Duration.Milliseconds(milliseconds);

    private void Say(
        ulong? term = null, RaftRole? role = null, Configuration? configuration = null, LogEntry[]? append = null,
        ulong? commit = null) =>
        _checker.Observe(_server.Say(term: term, role: role, configuration: configuration, append: append, commit: commit));

    private void Hear(RaftMessageKind kind) => _checker.Received(0, Carry(
        new RaftMessage { Kind = kind, From = new ServerId("id1"), To = new ServerId("id0"), Term = new Term(3) },
        new DiskId(1, 1),
        new DiskId(1, 0)));
}
