using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation.Tests.Timing;

/// <summary>Percentiles out of buckets against those of the sorted list.</summary>
public sealed class SpansTests
{
    // Goal: over nine powers of ten a percentile is never too low and at most a 64th too high, and the longest is exact.
    [Fact]
    public void Percentiles_are_those_of_the_sorted_list_but_for_a_64th()
    {
        Prng draws = new(11);
        for (int round = 0; round < 50; round++)
        {
            Spans spans = new();
            List<long> all = [];
            for (int i = 0; i < 1 + (round * 7); i++)
            {
                long nanos = (long)(draws.NextUInt64() >> (int)(34 + draws.Below(30)));
                spans.Add(new Duration(nanos));
                all.Add(nanos);
            }

            all.Sort();
            Assert.Equal(all.Count, spans.Count);
            Assert.Equal(all[^1], spans.Max.Nanos);
            for (int percent = 1; percent <= 100; percent++)
            {
                long exact = all[(((all.Count * percent) + 99) / 100) - 1];
                Assert.InRange(spans.Percentile(percent).Nanos, exact, exact + (exact / 64));
            }
        }
    }

    // Goal: two lots put together are the same as one.
    [Fact]
    public void Adding_others_is_adding_each_of_them()
    {
        Spans few = Of(5, 700, 90_000);
        Spans more = Of(3, 4_000_000_000, 12);
        Spans together = Of(5, 700, 90_000, 3, 4_000_000_000, 12);
        few.Add(more);
        Assert.Equal(together.Count, few.Count);
        Assert.Equal(together.Max, few.Max);
        Assert.All(Enumerable.Range(1, 100), percent => Assert.Equal(together.Percentile(percent), few.Percentile(percent)));
    }

    // Goal: none is none, and what makes no sense is refused by name.
    [Fact]
    public void Nothing_and_nonsense()
    {
        Spans none = new();
        Assert.Equal((0, Duration.Zero, Duration.Zero), (none.Count, none.Max, none.Percentile(99)));
        Assert.Throws<ArgumentOutOfRangeException>("span", () => none.Add(new Duration(-1)));
        Assert.Throws<ArgumentOutOfRangeException>("percent", () => none.Percentile(0));
        Assert.Throws<ArgumentOutOfRangeException>("percent", () => none.Percentile(101));
    }

    private static Spans Of(params long[] nanos)
    {
        Spans spans = new();
        foreach (long one in nanos)
        {
            spans.Add(new Duration(one));
        }

        return spans;
    }
}
