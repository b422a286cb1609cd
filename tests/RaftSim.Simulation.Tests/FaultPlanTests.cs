namespace RaftSim.Simulation.Tests;

public sealed class FaultPlanTests
{
    // Goal: the text of a plan, as it stands in replay commands, reads back as the same plan.
    [Theory]
    [InlineData("all")]
    [InlineData("none")]
    [InlineData("crash")]
    [InlineData("drop,partition,wipe")]
    public void The_text_of_a_plan_reads_back(string text)
    {
        Assert.True(FaultPlan.TryParse(text, out FaultPlan plan, out _));
        Assert.Equal(text, plan.ToString());
    }

    // Goal: every kind has a name of its own that can be asked for.
    [Fact]
    public void Every_kind_can_be_asked_for_by_name()
    {
        foreach (FaultKind kind in FaultCounts.Kinds)
        {
            Assert.True(FaultPlan.TryParse(FaultCounts.NameOf(kind), out FaultPlan plan, out _));
            Assert.Equal([kind], plan.Kinds);
        }

        Assert.Equal(Enum.GetValues<FaultKind>(), FaultCounts.Kinds.ToArray());
    }

    // Goal: a name that is none is told, with what there is.
    [Theory]
    [InlineData("")]
    [InlineData("earthquake")]
    [InlineData("drop,,crash")]
    public void A_name_that_is_none_is_refused_with_the_choice(string text)
    {
        Assert.False(FaultPlan.TryParse(text, out _, out string error));
        Assert.Contains("power-loss", error, StringComparison.Ordinal);
    }
}
