using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>Messages that wait for the disk. Dissertation figure 3.1.</summary>
public sealed class OutboxTests
{
    // Goal: what rests on a durable batch leaves, what does not waits, and leaves in order.
    [Fact]
    public void Messages_leave_when_their_batch_is_durable()
    {
        var outbox = new Outbox();
        for (ulong i = 1; i <= 40; i++)
        {
            outbox.Post(Lone.Vote(2, i, 1, 1), after: i % 3, durable: 0);
        }

        Assert.All(Take(outbox), t => Assert.Equal(0UL, t % 3));
        outbox.Release(1);
        Assert.Equal(Enumerable.Range(0, 14).Select(i => (3 * (ulong)i) + 1), Take(outbox));
        Assert.True(outbox.IsEmpty);
        outbox.Release(2);
        Assert.Equal(Enumerable.Range(0, 13).Select(i => (3 * (ulong)i) + 2), Take(outbox));
    }

    // Goal: of acknowledgements to one server that wait for the same batch only the highest is sent; others are kept apart.
    [Fact]
    public void Waiting_acknowledgements_merge()
    {
        var outbox = new Outbox();
        outbox.Post(Lone.AppendReply(2, 1, 5), 1, 0);
        outbox.Post(Lone.AppendReply(2, 1, 7), 1, 0);
        outbox.Post(Lone.AppendReply(2, 1, 6), 1, 0);
        outbox.Post(Lone.AppendReply(2, 1, 8), 2, 0);
        outbox.Post(Lone.Rejection(2, 1, 9, 1, 1), 2, 0);
        outbox.Post(Lone.AppendReply(2, 2, 9), 2, 0);
        outbox.Post(Lone.AppendReply(2, 2, 9) with { AddedAt = new LogIndex(4) }, 2, 0);
        outbox.Release(2);
        Assert.Equal([7UL, 8UL, 9UL, 9UL, 9UL], outbox.Take().ToArray().Select(m => m.Index.Value));
    }

    // Goal: an acknowledgement of entries that did not fit into a batch waits for the next one.
    [Fact]
    public void Acknowledgements_beyond_a_batch_wait_for_the_next()
    {
        var outbox = new Outbox();
        outbox.Post(Lone.Vote(2, 5, 9, 1), 1, 0);
        outbox.Post(Lone.AppendReply(2, 1, 7), 1, 0);
        outbox.Postpone(1, new LogIndex(6));
        outbox.Release(1);
        Assert.Equal(RaftMessageKind.Vote, Assert.Single(outbox.Take().ToArray()).Kind);
        outbox.Release(2);
        Assert.Equal(7UL, Assert.Single(outbox.Take().ToArray()).Index.Value);
    }

    // Goal: when the term moves on, nothing that waits is sent any more.
    [Fact]
    public void A_new_term_drops_what_waits()
    {
        var outbox = new Outbox();
        outbox.Post(Lone.AppendReply(2, 1, 7), 1, 0);
        outbox.DropHeld();
        outbox.Release(1);
        Assert.True(outbox.IsEmpty);
    }

    private static ulong[] Take(Outbox outbox) => outbox.Take().ToArray().Select(m => m.Term.Value).ToArray();
}
