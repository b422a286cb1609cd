using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

public sealed class SilentLeaderTests
{
    // Goal: who may not campaign forgets a silent leader too, or it would call on a dead one for ever (found by seed 124 of
    // the simulator: a non-voter that was removed behind its back announced itself to a leader long gone).
    [Fact]
    public void Non_voter_forgets_a_leader_that_is_silent_for_an_election_timeout()
    {
        MonoTime now = new(1_000);
        RaftNode node = new(
            new RaftOptions { Self = new("non-voter"), Codec = TestCodec.Instance }, RecoveredState.Empty, new Prng(1), now);
        node.Step(
            new RaftMessage { Kind = RaftMessageKind.Heartbeat, From = new("leader"), To = new("non-voter"), Term = new(3) },
            now);
        Assert.Equal(new ServerId("leader"), node.Status.Leader);
        Assert.NotEqual(MonoTime.Never, node.NextDeadline);
        node.Tick(node.NextDeadline);
        Assert.Equal((new ServerId(), RaftRole.Follower, new Term(3)), (node.Status.Leader, node.Status.Role, node.Status.Term));
        Assert.Equal(MonoTime.Never, node.NextDeadline);
    }
}
