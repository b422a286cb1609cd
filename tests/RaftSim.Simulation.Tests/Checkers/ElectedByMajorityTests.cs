using RaftSim.Raft;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Elections of a server 0 among voters 0, 1 and 2. Source: dissertation §3.4.</summary>
public sealed class ElectedByMajorityTests
{
    private readonly ElectedByMajority _checker = new();

    // Goal: a vote of another term, for another candidate, from another disk, or a refusal, makes no leader.
    [Theory]
    [InlineData(4, "id0", 1, false)]
    [InlineData(5, "id2", 1, false)]
    [InlineData(5, "id0", 7, false)]
    [InlineData(5, "id0", 1, true)]
    public void A_leader_without_a_majority_is_seen(ulong term, string candidate, ulong disk, bool reject)
    {
        Grant(term, candidate, disk, reject);
        string message = Caught(_checker, () => _checker.Observe(Leader(vote: "id0")));
        Assert.Contains("leads term 5 with 1 votes of 3 voters", message, StringComparison.Ordinal);
    }

    // Goal: its own vote is needed like any other.
    [Fact]
    public void A_leader_that_has_voted_for_another_is_seen()
    {
        Grant(5, "id0", 1, reject: false);
        Caught(_checker, () => _checker.Observe(Leader(vote: "id2")));
    }

    // Goal: no false alarm: one vote and its own are a majority of three, however often it says that it leads.
    [Fact]
    public void A_majority_makes_a_leader()
    {
        Grant(5, "id0", 1, reject: false);
        Forge server = new(0);
        _checker.Observe(server.Say(term: 5, role: RaftRole.Leader, configuration: Members([0, 1, 2]), vote: "id0"));
        _checker.Observe(server.Say(term: 5, role: RaftRole.Leader, configuration: Members([0, 1, 2, 3])));
    }

    private static ServerObservation Leader(string vote) =>
        new Forge(0).Say(term: 5, role: RaftRole.Leader, configuration: Members([0, 1, 2]), vote: vote);

    private void Grant(ulong term, string candidate, ulong disk, bool reject) => _checker.Sent(1, Carry(
        new RaftMessage
        {
            Kind = RaftMessageKind.VoteReply, From = new ServerId("id1"), To = new ServerId(candidate), Term = new Term(term),
            Reject = reject,
        },
        new DiskId(1, disk)));
}
