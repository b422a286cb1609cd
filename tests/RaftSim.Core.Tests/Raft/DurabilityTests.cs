using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

/// <summary>What is on disk, what is on its way, and which messages rest on it. Dissertation figure 3.1 and §10.2.1.</summary>
public sealed class DurabilityTests
{
    // Goal: a completion covers all batches up to it, repeated or late ones change nothing, and a future one is an error.
    [Fact]
    public void Completions_cover_all_before_them_and_never_go_back()
    {
        var durability = new Durability(new LogIndex(3));
        for (ulong last = 4; last <= 6; last++)
        {
            Assert.Equal(last - 3, durability.Issue(new LogIndex(last)));
        }

        Assert.True(durability.Complete(2));
        Assert.Equal(5UL, durability.DurableIndex.Value);
        Assert.False(durability.Complete(1));
        Assert.False(durability.Complete(2));
        Assert.Equal((5UL, 2UL), (durability.DurableIndex.Value, durability.Durable));
        Assert.Throws<InvariantException>(() => durability.Complete(4));
    }

    // Goal: the completion of a batch whose entries were replaced is not taken for that of the new ones. etcd issue 1690.
    [Fact]
    public void A_completion_of_overwritten_entries_is_not_believed()
    {
        var durability = new Durability(new LogIndex(1));
        durability.Issue(new LogIndex(5));
        durability.Truncated(new LogIndex(3));
        Assert.Equal(3UL, durability.TruncateFrom?.Value);
        durability.Issue(new LogIndex(5));
        Assert.Null(durability.TruncateFrom);

        durability.Complete(1);
        Assert.Equal(2UL, durability.DurableIndex.Value);
        durability.Complete(2);
        Assert.Equal(5UL, durability.DurableIndex.Value);
    }

    // Goal: entries that were never handed out can go without the disk hearing of it.
    [Fact]
    public void Unwritten_entries_are_dropped_without_a_truncation()
    {
        var durability = new Durability(new LogIndex(3));
        durability.Truncated(new LogIndex(4));
        Assert.Null(durability.TruncateFrom);

        durability.Truncated(new LogIndex(3));
        durability.Truncated(new LogIndex(2));
        Assert.Equal(
            (2UL, 2UL, 1UL),
            (durability.TruncateFrom?.Value, durability.FirstUnwritten.Value, durability.DurableIndex.Value));
    }

    // Goal: a message waits for exactly the batch that holds what it speaks of.
    [Fact]
    public void Messages_wait_for_the_batch_they_rest_on()
    {
        var durability = new Durability(new LogIndex(3));
        Assert.Equal((0UL, 0UL), (durability.AfterHardState, durability.AfterEntries(new LogIndex(3))));

        durability.HardStateChanged();
        Assert.Equal(
            (1UL, 1UL, 1UL),
            (durability.AfterHardState, durability.AfterEntries(new LogIndex(3)), durability.AfterEntries(new LogIndex(4))));
        Assert.False(durability.HardStateIsDurable);

        durability.Issue(new LogIndex(4));
        durability.Issue(new LogIndex(5));
        Assert.Equal(
            (1UL, 2UL, 3UL),
            (durability.AfterHardState, durability.AfterEntries(new LogIndex(4)), durability.AfterEntries(new LogIndex(6))));
        durability.HardStateChanged();
        Assert.Equal((3UL, 3UL), (durability.AfterHardState, durability.AfterEntries(new LogIndex(4))));

        durability.Issue(new LogIndex(5));
        durability.Complete(3);
        Assert.True(durability.HardStateIsDurable);
        Assert.False(durability.HasWork(new LogIndex(5)));
        Assert.True(durability.HasWork(new LogIndex(6)));
    }

    // Goal: many batches may be under way.
    [Fact]
    public void Any_number_of_batches_may_be_under_way()
    {
        var durability = new Durability(LogIndex.Zero);
        for (ulong i = 1; i <= 100; i++)
        {
            durability.Issue(new LogIndex(i));
            if (i % 3 == 0)
            {
                durability.Complete(i / 2);
                Assert.Equal(i / 2, durability.DurableIndex.Value);
            }
        }
    }
}
