namespace RaftSim.Simulation.Tests;

/// <summary>The list that grows in pages.</summary>
public sealed class PagesTests
{
    // Goal: whatever is added and dropped, it must hold what a list holds, across the borders of its pages.
    [Fact]
    public void It_holds_what_a_list_would_hold()
    {
        Prng draws = new(1);
        Pages<int> pages = new();
        List<int> list = [];
        for (int i = 0; i < 5_000; i++)
        {
            if (draws.Chance(1, 300))
            {
                int kept = (int)draws.Below((ulong)list.Count + 1);
                pages.Keep(kept);
                list.RemoveRange(kept, list.Count - kept);
            }

            pages.Add(i);
            list.Add(i);
            Assert.Equal(list.Count, pages.Count);
            int at = (int)draws.Below((ulong)list.Count);
            Assert.Equal(list[at], pages[at]);
        }

        Assert.Equal(list, Enumerable.Range(0, pages.Count).Select(position => pages[position]));
        Assert.Throws<InvariantException>(() => pages[pages.Count]);
    }
}
