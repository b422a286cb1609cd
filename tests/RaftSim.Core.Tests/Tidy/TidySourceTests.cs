using System.Text.RegularExpressions;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>The house rules that a text can be checked for. docs/HACKING.md tells them.</summary>
public sealed partial class TidySourceTests
{
    private const int FileLinesMax = 400;
    private const int LineLengthMax = 130;

    private static readonly string[] _everything = ["src", "tests", "benchmarks"];

    // Goal: a file can be read in one sitting.
    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        AssertNone(SourceTree.Files(_everything).Where(file => SourceTree.Lines(file).Length > FileLinesMax));

    // Goal: lines fit beside each other in a review.
    [Fact]
    public void No_line_is_too_long() => AssertNoLine(_everything, line => line.Length > LineLengthMax);

    // Goal: nothing is left for later inside the product.
    [Fact]
    public void Nothing_is_left_for_later()
    {
        Regex later = Later();
        AssertNoLine(["src", "benchmarks"], line => later.IsMatch(line));
    }

    // Goal: names say what a thing is.
    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        Regex empty = EmptyName();
        AssertNoLine(_everything, line => empty.IsMatch(line));
    }

    // Goal: tests await events; they never sleep, poll the clock, or skip.
    [Fact]
    public void No_test_sleeps_or_is_skipped()
    {
        Regex sleep = Sleep();
        AssertNoLine(["tests"], line => sleep.IsMatch(line));
    }

    // Goal: one namespace a file, as wide as its folder says.
    [Fact]
    public void Namespaces_follow_the_folders()
    {
        List<string> wrong = [];
        foreach (string file in SourceTree.Files("src"))
        {
            string? declared = SourceTree.Lines(file)
                .FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal));
            string folder = Path.GetDirectoryName(file)!.Replace('\\', '/')["src/".Length..].Replace('/', '.');
            string expected = folder.StartsWith("RaftSim.Core", StringComparison.Ordinal)
                ? "RaftSim" + folder["RaftSim.Core".Length..] : folder;
            if (declared is not null && declared != $"namespace {expected};")
            {
                wrong.Add($"{file}: {declared} is not {expected}");
            }
        }

        AssertNone(wrong);
    }

    private static void AssertNoLine(string[] folders, Func<string, bool> isBad)
    {
        List<string> bad = [];
        foreach (string file in SourceTree.Files(folders))
        {
            if (file.EndsWith("TidySourceTests.cs", StringComparison.Ordinal))
            {
                continue;
            }

            string[] lines = SourceTree.Lines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                if (isBad(lines[i]))
                {
                    bad.Add($"{file}:{i + 1}: {lines[i].Trim()}");
                }
            }
        }

        AssertNone(bad);
    }

    private static void AssertNone(IEnumerable<string> found)
    {
        string text = string.Join('\n', found);
        Assert.True(text.Length == 0, text);
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException|new NotSupportedException\(\)")]
    private static partial Regex Later();

    [GeneratedRegex(@"\b(class|struct|interface|record|enum)\s+\w*(Manager|Helper|Helpers|Utils|Utility|Base|Impl)\b")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay\(|Skip\s*=|\.Wait\(\)|DateTime\.(Utc)?Now")]
    private static partial Regex Sleep();
}
