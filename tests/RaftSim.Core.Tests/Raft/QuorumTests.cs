using FsCheck;
using FsCheck.Fluent;
using RaftSim.Raft;

namespace RaftSim.Core.Tests.Raft;

public sealed class QuorumTests
{
    // Goal: the value that a majority has reached is the largest that more than half of the values are at or above. §3.5.
    [Fact]
    public void The_quorum_agrees_with_counting() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyArray<byte>>(),
        values =>
        {
            LogIndex[] indexes = values.Get.Select(v => new LogIndex(v)).ToArray();
            LogIndex naive = indexes.Where(v => indexes.Count(w => w >= v) * 2 > indexes.Length).Max();
            return Quorum.Reached(indexes.AsSpan()) == naive;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000).WithReplay(1, 7));

    // Goal: any two majorities of the same servers overlap, and no smaller number does. §3.2.
    [Fact]
    public void Majorities_overlap_and_are_as_small_as_can_be()
    {
        for (int voters = 1; voters < 100; voters++)
        {
            Assert.True(2 * Quorum.Of(voters) > voters);
            Assert.True(2 * (Quorum.Of(voters) - 1) <= voters);
        }
    }

    // Goal: nobody is no majority.
    [Fact]
    public void A_majority_of_nobody_is_refused() =>
        Assert.Throws<InvariantException>(() => Quorum.Reached(Span<LogIndex>.Empty));

    // Goal: votes are won by a majority of voters, each counted once, in any order. §3.4.
    [Fact]
    public void Votes_agree_with_counting() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte>(), ArbMap.Default.ArbFor<byte>(),
        (votes, voterCount, nonVoterCount) =>
        {
            int voters = voterCount % 8;
            int all = voters + (nonVoterCount % 4);
            var tally = new VoteTally();
            tally.Begin(new Configuration(Enumerable.Range(1, all)
                .Select(i => TestCluster.Configured(i, i <= voters ? Suffrage.Voter : Suffrage.NonVoter)).ToArray()));
            foreach (byte vote in votes)
            {
                tally.Grant(TestCluster.Id((vote % 12) + 1));
            }

            int granted = votes.Select(v => (v % 12) + 1).Distinct().Count(i => i <= voters);
            return tally.IsWon == (granted * 2 > voters);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(1, 7));

    // Goal: votes of one election do not count in the next.
    [Fact]
    public void A_new_election_starts_without_votes()
    {
        var configuration = new Configuration([TestCluster.Configured(1), TestCluster.Configured(2)]);
        var tally = new VoteTally();
        tally.Begin(configuration);
        tally.Grant(TestCluster.Id(1));
        tally.Begin(configuration);
        tally.Grant(TestCluster.Id(2));
        Assert.False(tally.IsWon);
        tally.Grant(TestCluster.Id(1));
        Assert.True(tally.IsWon);
    }
}
