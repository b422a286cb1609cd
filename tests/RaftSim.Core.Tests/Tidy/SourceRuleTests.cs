namespace RaftSim.Core.Tests.Tidy;

/// <summary>Every rule about sources can fail: a small bad sample each, beside a good one.</summary>
public sealed class SourceRuleTests
{
    // Goal: the limit is 400 lines, that many included.
    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 1)]
    public void A_long_file_is_seen(int lines, int found) =>
        Assert.Equal(found, SourceRules.LongFile("a.cs", new string[lines]).Count());

    // Goal: the limit is 130 characters, that many included.
    [Theory]
    [InlineData(130, 0)]
    [InlineData(131, 1)]
    public void A_long_line_is_seen(int length, int found) =>
        Assert.Equal(found, SourceRules.LongLines("a.cs", [new('x', length)]).Count());

    // Goal: work left for later is seen, and words that only look like it are not.
    [Theory]
    [InlineData("// TODO: retry", true)]
    [InlineData("throw new NotImplementedException();", true)]
    [InlineData("int hacks = 1;", false)]
    public void What_is_left_for_later_is_seen(string line, bool isBad) => AssertOne(SourceRules.LeftForLater, line, isBad);

    // Goal: an empty name is seen where a type is declared, and only there.
    [Theory]
    [InlineData("internal sealed class LogManager", true)]
    [InlineData("public interface IDiskBase", true)]
    [InlineData("public sealed class Database", false)]
    public void An_empty_name_is_seen(string line, bool isBad) => AssertOne(SourceRules.EmptyNames, line, isBad);

    // Goal: every way to wait for time, or not to run, is seen.
    [Theory]
    [InlineData("Thread.Sleep(10);", true)]
    [InlineData("await Task.Delay(10);", true)]
    [InlineData("SpinWait.SpinUntil(() => done);", true)]
    [InlineData("[Fact(Skip = \"later\")]", true)]
    [InlineData("while (DateTime.UtcNow < end)", true)]
    [InlineData("await arrived.Task;", false)]
    [InlineData("await Task.Delay(Timeout.InfiniteTimeSpan, cancelled);", false)]
    public void A_sleep_is_seen(string line, bool isBad) => AssertOne(SourceRules.Sleeps, line, isBad);

    // Goal: chance without a seed is seen.
    [Theory]
    [InlineData("int n = Random.Shared.Next();", true)]
    [InlineData("var random = new Random();", true)]
    [InlineData("var prng = new Prng(seed);", false)]
    public void Chance_without_a_seed_is_seen(string line, bool isBad) => AssertOne(SourceRules.Chance, line, isBad);

    // Goal: floating point is seen in code, and may be spoken of.
    [Theory]
    [InlineData("return (long)((double)a / b);", true)]
    [InlineData("float share;", true)]
    [InlineData("long root = (long)Math.Sqrt(n);", true)]
    [InlineData("// A double would round here.", false)]
    [InlineData("long doubled = 2 * Math.Max(a, b);", false)]
    public void Floating_point_is_seen(string line, bool isBad) => AssertOne(SourceRules.FloatingPoint, line, isBad);

    // Goal: the home folder of somebody is seen, and a path of the API is not.
    [Theory]
    [InlineData("string path = \"/home/ann/raft\";", true)]
    [InlineData("See C:\\Users\\ann.", true)]
    [InlineData("GET /v1/operator/raft/configuration", false)]
    [InlineData("https://example.org/home/page", false)]
    public void A_path_of_one_machine_is_seen(string line, bool isBad) => AssertOne(SourceRules.MachinePaths, line, isBad);

    // Goal: a file whose namespace is not its folder's is seen; Core's own name is left out of it.
    [Theory]
    [InlineData("src/RaftSim.Core/Raft/A.cs", "namespace RaftSim.Raft;", false)]
    [InlineData("src/RaftSim.Core/A.cs", "namespace RaftSim;", false)]
    [InlineData("src/RaftSim.Http/Nomad/A.cs", "namespace RaftSim.Http.Nomad;", false)]
    [InlineData("src/RaftSim.Core/Raft/A.cs", "namespace RaftSim.Core.Raft;", true)]
    [InlineData("src/RaftSim.Http/Nomad/A.cs", "namespace RaftSim.Http;", true)]
    public void A_namespace_of_another_folder_is_seen(string file, string line, bool isBad) =>
        Assert.Equal(isBad ? 1 : 0, SourceRules.OtherNamespace(file, ["using System;", line]).Count());

    // Goal: a test must say what it is for, and a comment about something else does not.
    [Theory]
    [InlineData("// Goal: it counts.", false)]
    [InlineData("// Goal: it counts,\n// and goes on counting.", false)]
    [InlineData("// It counts.", true)]
    [InlineData("", true)]
    public void A_test_without_a_goal_is_seen(string comment, bool isBad) => Assert.Equal(
        isBad ? 1 : 0,
        SourceRules.TestsWithoutGoal("a.cs", [.. $"{comment}\n[Fact]\npublic void It_counts()".Split('\n')]).Count());

    // Goal: a test's name must be a sentence, whatever stands between the attribute and the name.
    [Theory]
    [InlineData("public void It_counts() =>", false)]
    [InlineData("[InlineData(1)]\npublic async Task It_counts(int n)", false)]
    [InlineData("public void Counting()", true)]
    public void A_test_without_a_sentence_is_seen(string signature, bool isBad) => Assert.Equal(
        isBad ? 1 : 0, SourceRules.TestsWithoutSentence("a.cs", [.. $"[Fact]\n{signature}".Split('\n')]).Count());

    private static void AssertOne(Func<string, string[], IEnumerable<string>> rule, string line, bool isBad) =>
        Assert.Equal(isBad ? [$"a.cs:2: {line}"] : [], rule("a.cs", ["", line]));
}
