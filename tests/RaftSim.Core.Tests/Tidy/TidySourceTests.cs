namespace RaftSim.Core.Tests.Tidy;

/// <summary>
/// The sources keep the house rules that a text can be checked for. The rules are in <see cref="SourceRules"/>.
/// </summary>
public sealed class TidySourceTests
{
    // These name what they forbid.
    private const string Rules = "tests/RaftSim.Core.Tests/Tidy/";

    // Go reads the fraction of a duration as a double, and so must we: TidySignatureTests has the members.
    private const string DurationText = "src/RaftSim.Core/Duration.Text.cs";

    private static readonly string[] _everything = ["src", "tests", "benchmarks"];

    // Goal: a file can be read in one sitting.
    [Fact]
    public void No_file_is_longer_than_400_lines() => Hold(SourceRules.LongFile, _everything);

    // Goal: lines fit beside each other in a review.
    [Fact]
    public void No_line_is_too_long() => Hold(SourceRules.LongLines, _everything);

    // Goal: nothing is left for later inside the product.
    [Fact]
    public void Nothing_is_left_for_later() => Hold(SourceRules.LeftForLater, "src", "benchmarks");

    // Goal: names say what a thing is.
    [Fact]
    public void No_type_has_a_name_that_says_nothing() => Hold(SourceRules.EmptyNames, _everything);

    // Goal: tests await events; they never sleep, poll the clock, or skip.
    [Fact]
    public void No_test_sleeps_or_is_skipped() => Hold(SourceRules.Sleeps, "tests");

    // Goal: whatever is drawn can be drawn again from its seed.
    [Fact]
    public void No_chance_is_without_a_seed() => Hold(SourceRules.Chance, _everything);

    // Goal: what decides counts in whole numbers.
    [Fact]
    public void Core_and_Simulation_use_no_floating_point() => Hold(
        SourceRules.FloatingPoint,
        SourceTree.Files("src/RaftSim.Core", "src/RaftSim.Simulation").Where(file => file != DurationText));

    // Goal: the tree is the same on every machine, documents included.
    [Fact]
    public void Nothing_names_the_machine_it_was_written_on()
    {
        Hold(SourceRules.MachinePaths, _everything);
        Hold(SourceRules.MachinePaths, SourceTree.Find("*.md", "docs"));
    }

    // Goal: a type is found by its namespace.
    [Fact]
    public void Namespaces_follow_the_folders() => Hold(SourceRules.OtherNamespace, "src");

    // Goal: who reads a test knows what it is for.
    [Fact]
    public void Every_test_tells_its_goal() => Hold(SourceRules.TestsWithoutGoal, "tests");

    // Goal: the list of tests reads as a list of promises.
    [Fact]
    public void The_name_of_a_test_is_a_sentence() => Hold(SourceRules.TestsWithoutSentence, "tests");

    private static void Hold(Func<string, string[], IEnumerable<string>> rule, params string[] folders) =>
        Hold(rule, SourceTree.Files(folders));

    private static void Hold(Func<string, string[], IEnumerable<string>> rule, IEnumerable<string> files)
    {
        string text = string.Join('\n', files.Where(file => !file.StartsWith(Rules, StringComparison.Ordinal))
            .SelectMany(file => rule(file, SourceTree.Lines(file))));
        Assert.True(text.Length == 0, text);
    }
}
