using System.Text.RegularExpressions;
using RaftSim.Simulation.Checkers;
using RaftSim.Simulation.Tests.Scenarios;
using RaftSim.Simulation.Tests.Timing;
using RaftSim.Simulation.Tests.Worlds;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>No checker without a test that trips it.</summary>
public sealed class EveryCheckerTests
{
    // Where each is tripped, by a forged history or in a world with a defect planted in it.
    private static readonly SortedDictionary<string, Type> Tripped = new(StringComparer.Ordinal)
    {
        ["autopilot-safety"] = typeof(AutopilotCheckerTests),
        ["committed-never-changes"] = typeof(RaftCheckerTests),
        ["committed-on-quorum"] = typeof(RaftCheckerTests),
        ["configuration-safety"] = typeof(ConfigurationCheckerTests),
        ["durability"] = typeof(CommandCheckerTests),
        ["elected-by-majority"] = typeof(ElectedByMajorityTests),
        ["election-safety"] = typeof(RaftCheckerTests),
        ["elections-begin"] = typeof(ElectionsBeginTests),
        ["exactly-once"] = typeof(CommandCheckerTests),
        ["health-truth"] = typeof(AutopilotCheckerTests),
        ["leader-append-only"] = typeof(RaftCheckerTests),
        ["leader-completeness"] = typeof(RaftCheckerTests),
        ["linearizability"] = typeof(LinearizabilityTests),
        ["lease-promises"] = typeof(LeasePromisesTests),
        ["liveness"] = typeof(PlantedDefectTests),
        ["liveness-under-faults"] = typeof(LivenessUnderFaultsTests),
        ["log-matching"] = typeof(RaftCheckerTests),
        ["never-struck"] = typeof(SwarmTests),
        ["no-exceptions"] = typeof(BrokenWorldTests),
        ["no-fatal"] = typeof(PlantedDefectTests),
        ["one-answer"] = typeof(PlantedDefectTests),
        ["one-voter-per-zone"] = typeof(PlantedDefectTests),
        ["operator-answers"] = typeof(OperatorAnswersTests),
        ["promises-kept"] = typeof(PromisesKeptTests),
        ["quorum-kept"] = typeof(PolicyActsTests),
        ["reads-see-commits"] = typeof(ReadsSeeCommitsTests),
        ["refinement"] = typeof(RefinementTests),
        ["required"] = typeof(RunTimesTests),
        ["same-state"] = typeof(BrokenWorldTests),
        ["scenario"] = typeof(SimScenarioTests),
        ["sessions-last"] = typeof(PlantedDefectTests),
        ["settings-history"] = typeof(SettingsHistoryTests),
        ["state-machine-safety"] = typeof(CommandCheckerTests),
        ["time-passes"] = typeof(PlantedDefectTests),
        ["tolerance-kept"] = typeof(PolicyActsTests),
        ["upgrade-ends"] = typeof(PlantedDefectTests),
        ["votes-given"] = typeof(VotesGivenTests),
    };

    // They look on like checkers, and object to nothing.
    private static readonly string[] Watchers = ["census", "states", "times"];

    // Goal: the list above is whole: it has all names that the code gives to what can fail a run, and no others.
    [Fact]
    public void Every_name_of_a_checker_is_in_the_list()
    {
        string code = string.Concat(Sources("src/RaftSim.Simulation").Select(File.ReadAllText));
        IEnumerable<string> given = Regex
            .Matches(
                code,
                """(?:new ViolationException\(|\bFail\(|\bnew\(|\bName =>?)\s*"(?<name>[a-z-]+)""" + "\"",
                RegexOptions.ExplicitCapture,
                TimeSpan.FromMinutes(1))
            .Select(match => match.Groups["name"].Value);
        Assert.Equal(Tripped.Keys.Concat(Watchers).Order(StringComparer.Ordinal), given.Distinct().Order(StringComparer.Ordinal));
    }

    // Goal: each is tripped where the list says: there it is named, or made, and a violation is expected.
    [Fact]
    public void Every_checker_is_tripped_by_a_test()
    {
        IReadOnlyList<IChecker> checkers = new SimWorld(seed: 1).Checkers;
        Assert.Subset(Tripped.Keys.Concat(Watchers).ToHashSet(), checkers.Select(checker => checker.Name).ToHashSet());
        Assert.All(Tripped, tripped =>
        {
            string tests = File.ReadAllText(Sources("tests/RaftSim.Simulation.Tests")
                .Single(file => Path.GetFileNameWithoutExtension(file) == tripped.Value.Name));
            string? type = checkers.FirstOrDefault(checker => checker.Name == tripped.Key)?.GetType().Name;
            Assert.Matches(@"\bCaught\(|\bViolation\b|ViolationException|FailedException", tests);
            Assert.True(
                tests.Contains($"\"{tripped.Key}\"", StringComparison.Ordinal)
                || (type is not null && Regex.IsMatch(tests, $@"\bnew {type}\(|\b{type} \w+ = new\(|\b{type} _\w+;")),
                $"{tripped.Key} is not in {tripped.Value.Name}");
        });
    }

    private static IEnumerable<string> Sources(string folder)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "RaftSim.sln")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        return Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
    }
}
