using System.Globalization;
using RaftSim.Simulation;

namespace RaftSim.Cli.Commands;

/// <summary>What a range of seeds in which no promise was broken must have shown besides.</summary>
internal static class CampaignEnd
{
    // From so many on each kind of fault must have struck somewhere.
    private const ulong EnoughSeeds = 300;

    /// <summary>Tells what was asked for and never came about in all the worlds; returns the exit code.</summary>
    public static int Conclude(SimulationRequest request, SimCampaign campaign, TextWriter error)
    {
        // What never happened in so many worlds has been shown to be survived by none of them.
        IReadOnlyList<FaultKind> never = campaign.Worlds < EnoughSeeds ? [] : campaign.NeverStruck(request.Faults.Kinds);
        if (never.Count > 0)
        {
            error.WriteLine($"FAILED: never struck in any of these worlds: {Join(never.Select(FaultCounts.NameOf))}");
        }

        // Nor has what no world of very many has come to.
        IReadOnlyList<SimState> owed = request is { Servers: null, Zones: null }
            ? campaign.Reached.OwedBy(campaign.Worlds, request.Faults, request.Duration)
            : [];
        if (owed.Count > 0)
        {
            error.WriteLine($"FAILED: never reached in any of these worlds: {Join(owed.Select(StatesReached.NameOf))}");
        }

        string[] breaches = [.. request.Requirements.Select(requirement => requirement.Breach(campaign.Times)).OfType<string>()];
        foreach (string breach in breaches)
        {
            error.WriteLine($"FAILED: {breach}");
        }

        return never.Count == 0 && owed.Count == 0 && breaches.Length == 0 ? 0 : 1;
    }

    /// <summary>Tells how many worlds were not asked to recover; nothing when all were.</summary>
    public static void TellLost(SimCampaign campaign, TextWriter output)
    {
        if (campaign.Unrecoverable > 0)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{campaign.Unrecoverable} of {campaign.Worlds} worlds lost more disks than a cluster can do without, ")
                + "and were not asked to recover");
        }
    }

    private static string Join(IEnumerable<string> names) => string.Join(", ", names);
}
