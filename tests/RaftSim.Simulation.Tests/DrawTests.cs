namespace RaftSim.Simulation.Tests;

public sealed class DrawTests
{
    // Goal: a decision depends on its key alone, so that leaving one out changes no other.
    [Fact]
    public void A_draw_is_a_function_of_its_key()
    {
        Draw draw = Draw.Of(42, Concern.Network).At(3).At(9);
        ulong before = draw.Bits(1);
        _ = draw.Bits(2);
        _ = Draw.Of(42, Concern.Network).At(3).At(8).Bits(1);
        Assert.Equal(before, Draw.Of(42, Concern.Network).At(3).At(9).Bits(1));
    }

    // Goal: concerns, parts and numbers have streams of their own.
    [Fact]
    public void Different_keys_give_different_bits()
    {
        SortedSet<ulong> seen = [];
        for (int part = 0; part < 50; part++)
        {
            for (ushort number = 0; number < 20; number++)
            {
                Assert.True(seen.Add(Draw.Of(1, Concern.Network).At(part).Bits(number)));
                Assert.True(seen.Add(Draw.Of(1, Concern.Disk).At(part).Bits(number)));
                Assert.True(seen.Add(Draw.Of(2, Concern.Disk).At(part).Bits(number)));
            }
        }
    }

    // Goal: the distribution made of integers has the mean it says, within 3 %, and a tail.
    [Fact]
    public void Around_has_about_the_mean_it_was_given_and_a_tail()
    {
        Int128 sum = 0;
        long longest = 0;
        const int Count = 100_000;
        for (int i = 0; i < Count; i++)
        {
            long value = Draw.Of(5, Concern.Fault).At(i).Around(1, Duration.Milliseconds(100)).Nanos;
            Assert.True(value >= 0);
            sum += value;
            longest = Math.Max(longest, value);
        }

        Assert.InRange((long)(sum / Count), 97_000_000, 107_000_000);
        Assert.True(longest > 700_000_000);
    }

    // Goal: chances in thousandths are what they say.
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(500)]
    [InlineData(1000)]
    public void Chances_come_out_as_asked(int perMille)
    {
        int hits = 0;
        for (int i = 0; i < 100_000; i++)
        {
            hits += Draw.Of(6, Concern.Fault).At(i).PerMille(1, perMille) ? 1 : 0;
        }

        Assert.InRange(hits, (perMille * 100) - (perMille * 10), (perMille * 100) + (perMille * 10));
    }
}
