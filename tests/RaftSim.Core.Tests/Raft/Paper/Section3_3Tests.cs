using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft.Paper;

/// <summary>Dissertation §3.3: terms.</summary>
public sealed class Section3_3Tests
{
    public static TheoryData<RaftRole> Roles => [RaftRole.Follower, RaftRole.PreCandidate, RaftRole.Candidate, RaftRole.Leader];

    // Goal: a server that sees a larger term adopts it, and a candidate or leader becomes a follower. §3.3.
    [Theory]
    [MemberData(nameof(Roles))]
    public void A_newer_term_makes_everybody_a_follower_of_it(RaftRole role)
    {
        TestServer server = In(role);

        server.Step(Lone.Append(2, 7, 1, 1));

        Assert.Equal((RaftRole.Follower, 7UL), (server.Status.Role, server.Status.Term.Value));
        Assert.Equal((TestCluster.Id(2), default), (server.Status.Leader, server.Status.Vote));
    }

    // Goal: a request with an old term is refused with the current one, and changes nothing. §3.3.
    [Theory]
    [MemberData(nameof(Roles))]
    public void An_old_term_is_refused_with_the_current_one(RaftRole role)
    {
        TestServer server = In(role, term: 5);
        RaftStatus before = server.Status;

        server.Step(Lone.Append(2, 4, 1, 1, 0, 4));
        server.Step(Lone.Heartbeat(2, 4));
        server.Step(Lone.Vote(3, 4, 9, 4));
        server.Step(Lone.PreVote(3, 4, 9, 4));

        RaftMessage[] replies = server.TakeSent();
        Assert.Equal(
            [
                RaftMessageKind.AppendReply, RaftMessageKind.HeartbeatReply, RaftMessageKind.VoteReply,
                RaftMessageKind.PreVoteReply,
            ],
            replies.Select(r => r.Kind));
        Assert.All(replies, r => Assert.Equal(before.Term, r.Term));
        Assert.All(replies.Where(r => r.Kind != RaftMessageKind.HeartbeatReply), r => Assert.True(r.Reject));
        Assert.Equal(before, server.Status);
    }

    // Goal: a stale leader learns of a newer term from a reply and steps down. §3.3.
    [Theory]
    [InlineData(RaftMessageKind.AppendReply)]
    [InlineData(RaftMessageKind.HeartbeatReply)]
    public void A_reply_with_a_newer_term_deposes_a_leader(RaftMessageKind kind)
    {
        TestServer server = Lone.Leader();

        server.Step(Lone.HeartbeatReply(3, 9) with { Kind = kind, Reject = true });

        Assert.Equal((RaftRole.Follower, 9UL), (server.Status.Role, server.Status.Term.Value));
        Assert.True(server.Status.Leader.IsNone);
    }

    // Goal: a term that was learned and is not durable is told to nobody. §3.3 with figure 3.1, persistent state.
    [Fact]
    public void A_learned_term_is_told_only_when_it_is_durable()
    {
        TestServer server = Lone.Follower();

        server.Step(Lone.Heartbeat(2, 7));
        server.Step(Lone.Heartbeat(2, 7));

        Assert.Empty(server.TakeSent());
        server.CompleteWrites();
        RaftMessage[] replies = server.TakeSent();
        Assert.Equal(2, replies.Length);
        Assert.All(replies, r => Assert.Equal(7UL, r.Term.Value));
    }

    // Goal: a term that no cluster reaches is nonsense and cannot make a server useless. §3.3.
    [Fact]
    public void An_absurd_term_is_ignored()
    {
        TestServer server = Lone.Follower();

        server.Step(Lone.Append(2, ulong.MaxValue, 1, 1));
        server.Step(Lone.Vote(2, ulong.MaxValue - 1, 1, 1));

        Assert.Equal(1UL, server.Status.Term.Value);
        Assert.Empty(server.TakeSent());
    }

    private static TestServer In(RaftRole role, ulong term = 3)
    {
        TestServer server = role switch
        {
            RaftRole.Follower => Lone.Follower(term: term),
            RaftRole.PreCandidate => Lone.PreCandidate(term: term),
            RaftRole.Candidate => Lone.Candidate(term: term - 1),
            _ => Lone.Leader(term: term - 1),
        };
        Assert.Equal((role, term), (server.Status.Role, server.Status.Term.Value));
        return server;
    }
}
