using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Dissertation §3.5 and §10.2.1: what a leader knows of a follower whose log may end anywhere.</summary>
public sealed class ProgressTests
{
    private static readonly MonoTime Now = new(5);

    // Goal: a leader starts by probing right behind its own log, with one Append at a time.
    [Fact]
    public void A_new_follower_is_probed_once_at_a_time()
    {
        Progress p = New(last: 10);
        Assert.Equal((ProgressState.Probe, 0UL, 11UL, true), (p.State, p.Match.Value, p.Next.Value, p.MaySend));

        p.Sent(2, new LogIndex(10));
        Assert.Equal((11UL, false), (p.Next.Value, p.MaySend));
    }

    // Goal: the first match starts the pipeline, and what is sent moves the next index on at once.
    [Fact]
    public void A_match_starts_the_pipeline()
    {
        Progress p = New(last: 10);
        p.Sent(0, new LogIndex(4));
        Assert.True(p.Accepted(new LogIndex(10)));
        Assert.Equal((ProgressState.Replicate, 10UL, 11UL), (p.State, p.Match.Value, p.Next.Value));

        p.Sent(3, new LogIndex(10));
        p.Sent(2, new LogIndex(12));
        Assert.Equal((16UL, false, 12UL), (p.Next.Value, p.MaySend, p.CommitSent.Value));
        Assert.True(p.Accepted(new LogIndex(13)));
        Assert.True(p.MaySend);
        Assert.False(p.Accepted(new LogIndex(12)));
        Assert.Equal(13UL, p.Match.Value);
    }

    // Goal: a refusal moves a probe back, never behind the match, and one that answers something older is ignored.
    [Fact]
    public void Only_the_answer_to_the_last_probe_moves_it()
    {
        Progress p = New(last: 10);
        p.Sent(0, LogIndex.Zero);
        Assert.False(p.IsFreshRejection(new LogIndex(9)));
        Assert.True(p.IsFreshRejection(new LogIndex(10)));

        p.Rejected(new LogIndex(6));
        Assert.Equal((7UL, true), (p.Next.Value, p.MaySend));
        Assert.False(p.IsFreshRejection(new LogIndex(10)));
    }

    // Goal: a refusal in the pipeline means loss: go back to the match; refusals from before the match are old.
    [Fact]
    public void A_refusal_in_the_pipeline_goes_back_to_the_match()
    {
        Progress p = New(last: 10);
        p.Accepted(new LogIndex(10));
        p.Sent(2, new LogIndex(10));
        p.Sent(2, new LogIndex(10));
        Assert.False(p.IsFreshRejection(new LogIndex(10)));
        Assert.False(p.IsFreshRejection(new LogIndex(15)));
        Assert.True(p.IsFreshRejection(new LogIndex(12)));

        p.Rejected(new LogIndex(3));
        Assert.Equal((ProgressState.Probe, 11UL, true, 0UL), (p.State, p.Next.Value, p.MaySend, p.CommitSent.Value));
    }

    // Goal: a heartbeat's answer asks for a ping when a follower lags and nothing has moved since the one before.
    [Fact]
    public void A_ping_is_due_when_nothing_moves_between_two_heartbeats()
    {
        Progress p = New(last: 10);
        p.Accepted(new LogIndex(10));
        p.Sent(2, new LogIndex(10));
        p.HeartbeatAnswered(0, new LogIndex(12));
        Assert.False(p.IsPingDue);
        p.HeartbeatAnswered(0, new LogIndex(12));
        Assert.True(p.IsPingDue);

        p.Sent(0, new LogIndex(10));
        Assert.False(p.IsPingDue);
        p.Accepted(new LogIndex(12));
        p.HeartbeatAnswered(0, new LogIndex(12));
        p.HeartbeatAnswered(0, new LogIndex(12));
        Assert.False(p.IsPingDue);
    }

    // Goal: an unreachable follower is sent nothing until it gives a sign of life, and then something small.
    [Fact]
    public void An_unreachable_follower_waits_for_a_sign_of_life()
    {
        Progress p = New(last: 10);
        p.Accepted(new LogIndex(10));
        p.Sent(2, new LogIndex(10));

        p.Unreachable();
        Assert.Equal((ProgressState.Probe, 11UL, false), (p.State, p.Next.Value, p.MaySend));
        p.HeartbeatAnswered(0, new LogIndex(12));
        Assert.True(p.IsPingDue);
    }

    // Goal: the window of what is in flight frees in order, wraps around and is cleared as a whole.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(20)]
    public void Inflights_free_in_order(int max)
    {
        var inflights = new Inflights(max);
        var model = new Queue<ulong>();
        var prng = new Prng(3);
        for (ulong i = 1; i < 500; i++)
        {
            if (prng.Chance(2, 3) && !inflights.IsFull)
            {
                inflights.Add(new LogIndex(i));
                model.Enqueue(i);
            }
            else if (model.Count > 0)
            {
                ulong match = model.ElementAt((int)prng.Below((ulong)model.Count));
                inflights.FreeThrough(new LogIndex(match));
                while (model.Count > 0 && model.Peek() <= match)
                {
                    model.Dequeue();
                }
            }

            Assert.Equal((model.Count, model.Count == max), (inflights.Count, inflights.IsFull));
        }

        inflights.Clear();
        Assert.Equal(0, inflights.Count);
    }

    private static Progress New(ulong last) => new(TestCluster.Configured(2), new LogIndex(last), 2, Now);
}
