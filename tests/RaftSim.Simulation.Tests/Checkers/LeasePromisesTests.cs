using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>With leases, who has heard a leader gives no vote for a while: an election timeout of one second here.</summary>
public sealed class LeasePromisesTests
{
    private readonly LeasePromises _checker;
    private readonly Forge _server = new(0);
    private Duration? _promise = Duration.Seconds(1);
    private MonoTime _now = new(5_000_000_000);

    public LeasePromisesTests() => _checker = new LeasePromises(_ => _now, _ => _promise);

    // Goal: a vote within the promise is seen at once, though no read is stale, whoever it is for and whatever its term.
    [Fact]
    public void A_vote_within_an_election_timeout_of_the_leader_is_seen()
    {
        Follow();
        Hear(RaftMessageKind.Heartbeat);
        Pass(900);
        Ask(RaftMessageKind.Vote, 4, "id2");
        Assert.Contains(
            "server 0 votes for id2 in term 4, but heard its leader id1 900ms ago, by its clock, and has promised not to for 1s",
            Caught(_checker, () => Say(term: 4, vote: "id2", leader: "")),
            StringComparison.Ordinal);
    }

    // Goal: the promise ends by its own clock, an election timeout after the leader was last heard.
    [Fact]
    public void A_vote_behind_an_election_timeout_is_fine()
    {
        Follow();
        Hear(RaftMessageKind.Append);
        Pass(1_000);
        Say(term: 4, vote: "id2", leader: "");
    }

    // Goal: whoever starts may have promised before it stopped, and has forgotten it.
    [Fact]
    public void A_vote_within_an_election_timeout_of_the_start_is_seen()
    {
        Say(term: 3, vote: "", leader: "");
        Pass(10);
        Assert.Contains(
            "but started 10ms ago",
            Caught(_checker, () => Say(term: 4, vote: "id2", leader: "")),
            StringComparison.Ordinal);
    }

    // Goal: a vote for oneself is a vote.
    [Fact]
    public void An_election_of_ones_own_within_the_promise_is_seen()
    {
        Follow();
        Hear(RaftMessageKind.Heartbeat);
        Pass(500);
        Assert.Contains(
            "server 0 campaigns in term 4",
            Caught(_checker, () => Say(term: 4, vote: "id0", leader: "")),
            StringComparison.Ordinal);
    }

    // Goal: a leader that has called for an election, or asks for votes itself, holds no lease: the promise is not needed.
    [Fact]
    public void What_the_leader_wants_is_fine()
    {
        Follow();
        Hear(RaftMessageKind.Heartbeat);
        Pass(100);
        Ask(RaftMessageKind.Vote, 4, "id2", isTransfer: true);
        Say(term: 4, vote: "id2", leader: "");

        Pass(2_000);
        Say(term: 5, vote: "id1", leader: "id1");
        Hear(RaftMessageKind.Heartbeat, 5);
        Pass(100);
        Ask(RaftMessageKind.PreVote, 6, "id1");
        Ask(RaftMessageKind.Vote, 6, "id3");
        Say(term: 6, vote: "id3", leader: "");

        Pass(2_000);
        Say(term: 7, vote: "id1", leader: "id1");
        Hear(RaftMessageKind.Heartbeat, 7);
        Pass(100);
        Hear(RaftMessageKind.TimeoutNow, 7);
        Say(term: 8, vote: "id0", leader: "");
    }

    // Goal: what a server refused, or took together with the vote, is no promise: of that, the order is not known.
    [Fact]
    public void What_it_did_not_take_is_no_promise()
    {
        Follow();
        Pass(2_000);
        Hear(RaftMessageKind.Heartbeat, 2);
        Hear(RaftMessageKind.Heartbeat, 3, "id7");
        Hear(RaftMessageKind.Heartbeat, 3, to: new DiskId(1, 77));
        Pass(1);
        Hear(RaftMessageKind.Heartbeat);
        Say(term: 4, vote: "id2", leader: "");
    }

    // Goal: without leases nobody promises anything.
    [Fact]
    public void Without_leases_there_is_no_promise()
    {
        _promise = null;
        Follow();
        Hear(RaftMessageKind.Heartbeat);
        Pass(100);
        Say(term: 4, vote: "id2", leader: "");
    }

    private void Pass(long milliseconds) => _now += Duration.Milliseconds(milliseconds);

    // It has followed id1 in term 3 for long.
    private void Follow()
    {
        Say(term: 3, vote: "id1", leader: "id1");
        Pass(10_000);
    }

    private void Say(ulong term, string vote, string leader)
    {
        ServerObservation seen = _server.Say(term: term, vote: vote);
        _checker.Observe(Otherwise(
            seen, seen.Now with { Leader = new ServerId(leader) }, before: seen.Before with { Leader = default }));
    }

    private void Ask(RaftMessageKind kind, ulong term, string from, bool isTransfer = false) =>
        _checker.Received(0, Message(kind, term, from, new DiskId(1, 0), isTransfer));

    private void Hear(RaftMessageKind kind, ulong term = 3, string from = "id1", DiskId? to = null) =>
        _checker.Received(0, Message(kind, term, from, to ?? new DiskId(1, 0), false));

    private static Envelope Message(RaftMessageKind kind, ulong term, string from, DiskId to, bool isTransfer) => Carry(
        new RaftMessage
        {
            Kind = kind, From = new ServerId(from), To = new ServerId("id0"), Term = new Term(term), IsTransfer = isTransfer,
        },
        new DiskId(1, 9),
        to);
}
