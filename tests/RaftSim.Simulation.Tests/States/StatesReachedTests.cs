using System.Text;
using RaftSim.Tidy;

namespace RaftSim.Simulation.Tests.States;

/// <summary>The catalogue of states: as a set, as a page, and as what a campaign owes.</summary>
public sealed class StatesReachedTests
{
    // Goal: sets are united, and what is missing is the rest of the catalogue.
    [Fact]
    public void Sets_of_states_are_united()
    {
        StatesReached reached = default(StatesReached).With(StatesReached.All[0]).Union(
            default(StatesReached).With(StatesReached.All[^1]));
        Assert.Equal(2, reached.Count);
        Assert.True(reached.Contains(StatesReached.All[^1]));
        Assert.Equal(StatesReached.All.Length - 2, reached.Missing.Count);
        Assert.DoesNotContain(StatesReached.All[0], reached.Missing);
    }

    // Goal: a campaign that is long enough owes every state of the catalogue, and fewer, shorter or other ones owe none.
    [Fact]
    public void A_long_campaign_owes_every_state()
    {
        StatesReached reached = default;
        foreach (SimState state in StatesReached.All[1..])
        {
            reached = reached.With(state);
        }

        Duration minute = Duration.Seconds(60);
        Assert.Equal([StatesReached.All[0]], reached.OwedBy(2_000, FaultPlan.All, minute));
        Assert.Empty(reached.With(StatesReached.All[0]).OwedBy(2_000, FaultPlan.All, minute));
        Assert.Empty(reached.OwedBy(1_999, FaultPlan.All, minute));
        Assert.Empty(reached.OwedBy(2_000, FaultPlan.Of(FaultKind.Crash), minute));
        Assert.Empty(reached.OwedBy(2_000, FaultPlan.All, Duration.Seconds(59)));
    }

    // Goal: a few worlds reach most of the catalogue: the watcher is wired to the world.
    [Fact]
    public void A_few_worlds_reach_what_is_common()
    {
        StatesReached reached = default;
        for (ulong seed = 4_000; seed < 4_030; seed++)
        {
            reached = reached.Union(SimWorld.Swarm(seed).Run(Duration.Seconds(20)).RequireSuccess().Reached);
        }

        Assert.True(reached.Count >= 60, $"{reached}: missing are {string.Join(", ", reached.Missing)}");
        Assert.True(reached.Contains(SimState.TransferDone));
        Assert.True(reached.Contains(SimState.EarlierTermCommitted));
        Assert.True(reached.Contains(SimState.VoterStartsAgain));
    }

    // Goal: states of one's own are listed beside those of the catalogue, each once.
    [Fact]
    public void States_of_ones_own_are_listed()
    {
        SimWorld world = new(seed: 1);
        world.Sometimes("b");
        world.Sometimes("a");
        world.Sometimes("b");
        Assert.Equal(["a", "b"], world.Result.Sometimes);
    }

    // Goal: the page of the catalogue says what the code says.
    [Fact]
    public void The_page_lists_every_state()
    {
        StringBuilder page = new("# States that a campaign must reach\n\n| state | what |\n|---|---|\n");
        string[] lines = File.ReadAllLines(Source());
        int listed = 0;
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i - 1].StartsWith("    /// <summary>", StringComparison.Ordinal)
                && Enum.TryParse(lines[i].Trim().TrimEnd(','), out SimState state))
            {
                string what = lines[i - 1].Trim()["/// <summary>".Length..^"</summary>".Length];
                page.Append($"| `{StatesReached.NameOf(state)}` | {what} |\n");
                listed++;
            }
        }

        Assert.Equal(StatesReached.All.Length, listed);
        Golden.Check("../../docs/SIMULATION_STATES.md", page.ToString());
    }

    private static string Source()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string file = Path.Combine(folder.FullName, "src", "RaftSim.Simulation", "SimState.cs");
            if (File.Exists(file))
            {
                return file;
            }
        }

        throw new InvalidOperationException("the source of the catalogue was not found");
    }
}
