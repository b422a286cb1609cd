using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>What was told is held against what comes back after a crash.</summary>
public sealed class PromisesKeptTests
{
    private static readonly DiskId Disk = new(1, 0);

    private readonly PromisesKept _checker = new();
    private readonly Forge _server = new(0);

    // Goal: a server that gives two votes in a term is seen, with or without a crash between them (dissertation §3.4).
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_second_vote_in_a_term_is_seen(bool crashes)
    {
        _checker.Observe(_server.Say(term: 3));
        Send(RaftMessageKind.VoteReply, 4, "id1");
        Send(RaftMessageKind.VoteReply, 4, "id1");
        if (crashes)
        {
            _server.Restart();
            _checker.Observe(_server.Say(term: 4, vote: "id1"));
        }

        Send(RaftMessageKind.VoteReply, 5, "id2");
        Assert.Contains(
            "votes for id3 in term 5, but had voted for id2",
            Caught(_checker, () => Send(RaftMessageKind.VoteReply, 5, "id3")),
            StringComparison.Ordinal);
    }

    // Goal: asking for votes is a vote for oneself.
    [Fact]
    public void A_vote_of_a_candidate_for_somebody_else_is_seen()
    {
        Send(RaftMessageKind.Vote, 4, "id1");
        Caught(_checker, () => Send(RaftMessageKind.VoteReply, 4, "id1"));
    }

    // Goal: a vote, a term, an acknowledged entry that are gone after a crash are seen at once, without further harm.
    [Theory]
    [InlineData(5, "", 9, "a vote for nobody, but had told its vote for id2")]
    [InlineData(5, "id1", 9, "a vote for id1, but had told its vote for id2")]
    [InlineData(4, "", 9, "starts in term 4, but had spoken in term 5")]
    [InlineData(5, "id2", 8, "a log up to 8, but had acknowledged everything up to 9")]
    public void What_is_gone_after_a_crash_is_seen(ulong term, string vote, ulong last, string expected)
    {
        _checker.Observe(_server.Say(term: 3));
        Send(RaftMessageKind.VoteReply, 5, "id2");
        Send(RaftMessageKind.AppendReply, 5, "id2", 9);
        Send(RaftMessageKind.AppendReply, 5, "id2", 7);
        _server.Restart();
        LogEntry[] log = [.. Enumerable.Range(1, (int)last).Select(i => Entry((ulong)i, 1))];
        Assert.Contains(
            expected,
            Caught(_checker, () => _checker.Observe(_server.Say(term: term, append: log, vote: vote))),
            StringComparison.Ordinal);
    }

    // Goal: what no promise covers is no offence: refusals, pre-votes, a later term, another disk.
    [Fact]
    public void What_nobody_promised_is_no_offence()
    {
        _checker.Observe(_server.Say(term: 3));
        Send(RaftMessageKind.PreVoteReply, 9, "id1");
        Send(RaftMessageKind.PreVote, 9, "id1");
        Send(RaftMessageKind.VoteReply, 4, "id1", reject: true);
        Send(RaftMessageKind.VoteReply, 4, "id2");
        Send(RaftMessageKind.AppendReply, 4, "id2", 9);
        Send(RaftMessageKind.AppendReply, 4, "id2", 12, reject: true);
        _server.Restart();
        _checker.Observe(_server.Say(term: 5, append: [Entry(1, 1)]));
        _checker.Sent(0, Message(RaftMessageKind.VoteReply, 4, "id1", 0, false, new DiskId(1, 77)));
    }

    private void Send(RaftMessageKind kind, ulong term, string to, ulong index = 0, bool reject = false) =>
        _checker.Sent(0, Message(kind, term, to, index, reject, Disk));

    private static Envelope Message(RaftMessageKind kind, ulong term, string to, ulong index, bool reject, DiskId disk) =>
        Carry(
            new RaftMessage
            {
                Kind = kind, From = new ServerId("id0"), To = new ServerId(to), Term = new Term(term),
                Index = new LogIndex(index), Reject = reject,
            },
            disk);
}
