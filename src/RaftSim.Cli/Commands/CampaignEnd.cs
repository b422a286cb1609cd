using System.Globalization;
using RaftSim.Simulation;
using RaftSim.Simulation.Timing;

namespace RaftSim.Cli.Commands;

/// <summary>What a range of seeds in which no promise was broken must have shown besides.</summary>
internal static class CampaignEnd
{
    // From so many on each kind of fault must have struck somewhere.
    private const ulong EnoughSeeds = 300;

    /// <summary>Tells what was asked for and never came about in so many worlds; returns the exit code.</summary>
    public static int Conclude(
        SimulationRequest request,
        ulong worlds,
        Func<FaultKind, bool> hasStruck,
        StatesReached reached,
        RunTimes times,
        TextWriter error)
    {
        // What never happened in so many worlds has been shown to be survived by none of them.
        FaultKind[] never = worlds < EnoughSeeds ? [] : [.. request.Faults.Kinds.Where(kind => !hasStruck(kind))];
        if (never.Length > 0)
        {
            error.WriteLine($"FAILED: never struck in any of these worlds: {Join(never.Select(FaultCounts.NameOf))}");
        }

        // Nor has what no world of very many has come to.
        IReadOnlyList<SimState> owed = request is { Servers: null, Zones: null }
            ? reached.OwedBy(worlds, request.Faults, request.Duration)
            : [];
        if (owed.Count > 0)
        {
            error.WriteLine($"FAILED: never reached in any of these worlds: {Join(owed.Select(StatesReached.NameOf))}");
        }

        string[] breaches = [.. request.Requirements.Select(requirement => requirement.Breach(times)).OfType<string>()];
        foreach (string breach in breaches)
        {
            error.WriteLine($"FAILED: {breach}");
        }

        return never.Length == 0 && owed.Count == 0 && breaches.Length == 0 ? 0 : 1;
    }

    /// <summary>Tells how many worlds were not asked to recover; nothing when all were.</summary>
    public static void TellLost(ulong lost, ulong worlds, TextWriter output)
    {
        if (lost > 0)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{lost} of {worlds} worlds lost more disks than a cluster can do without, and were not asked to recover"));
        }
    }

    private static string Join(IEnumerable<string> names) => string.Join(", ", names);
}
