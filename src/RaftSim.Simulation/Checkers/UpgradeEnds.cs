namespace RaftSim.Simulation.Checkers;

/// <summary>
/// An upgrade comes to its end when enough new servers stay healthy: no old one votes any more, and none leads. Where they are
/// too few the old ones keep their votes, and where it is switched off there is none.
/// </summary>
internal static class UpgradeEnds
{
    public const string Name = "upgrade-ends";

    /// <summary>What is not as it should be in the end; empty when all is.</summary>
    public static string WhyNot(QuietView view)
    {
        if (!view.IsEnough)
        {
            return "";
        }

        foreach (QuietServer server in view.Old.Where(view.Votes))
        {
            return $"s{server.True.Number} runs {server.True.VersionBy(view.Config).Text} and still votes, although there are "
                + "enough newer servers";
        }

        return "";
    }
}
