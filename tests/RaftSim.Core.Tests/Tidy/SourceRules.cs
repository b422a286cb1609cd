using System.Text.RegularExpressions;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>
/// The house rules that a text can be checked for, as functions of one file: each gives the places that break it.
/// docs/HACKING.md tells them.
/// </summary>
internal static partial class SourceRules
{
    private const int FileLinesMax = 400;
    private const int LineLengthMax = 130;

    /// <summary>A file can be read in one sitting.</summary>
    public static IEnumerable<string> LongFile(string file, string[] lines) =>
        lines.Length > FileLinesMax ? [$"{file}: {lines.Length} lines"] : [];

    /// <summary>Lines fit beside each other in a review.</summary>
    public static IEnumerable<string> LongLines(string file, string[] lines) =>
        Where(file, lines, line => line.Length > LineLengthMax);

    /// <summary>Nothing is left for later.</summary>
    public static IEnumerable<string> LeftForLater(string file, string[] lines) => Where(file, lines, Later().IsMatch);

    /// <summary>Names say what a thing is.</summary>
    public static IEnumerable<string> EmptyNames(string file, string[] lines) => Where(file, lines, EmptyName().IsMatch);

    /// <summary>Tests await events; they never sleep, poll the clock, or skip.</summary>
    public static IEnumerable<string> Sleeps(string file, string[] lines) => Where(file, lines, Sleep().IsMatch);

    /// <summary>Chance comes from a seed that is printed.</summary>
    public static IEnumerable<string> Chance(string file, string[] lines) => Where(file, lines, Seedless().IsMatch);

    /// <summary>What is measured is measured in whole numbers; comments may speak of others.</summary>
    public static IEnumerable<string> FloatingPoint(string file, string[] lines) =>
        Where(file, lines, line => !IsComment(line) && Floating().IsMatch(line));

    /// <summary>Nothing names the machine it was written on.</summary>
    public static IEnumerable<string> MachinePaths(string file, string[] lines) => Where(file, lines, Home().IsMatch);

    /// <summary>One namespace a file, the one its folder says.</summary>
    public static IEnumerable<string> OtherNamespace(string file, string[] lines)
    {
        string? declared = lines.FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal));
        string folder = Path.GetDirectoryName(file)!.Replace('\\', '/')["src/".Length..].Replace('/', '.');
        string expected = folder.StartsWith("RaftSim.Core", StringComparison.Ordinal)
            ? "RaftSim" + folder["RaftSim.Core".Length..] : folder;
        return declared is null || declared == $"namespace {expected};" ? [] : [$"{file}: {declared} is not {expected}"];
    }

    /// <summary>Above each test one comment says what it is for.</summary>
    public static IEnumerable<string> TestsWithoutGoal(string file, string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (!Test().IsMatch(lines[i]))
            {
                continue;
            }

            int above = i - 1;
            while (above >= 0 && IsComment(lines[above]))
            {
                above--;
            }

            if (!lines[above + 1].TrimStart().StartsWith("// Goal: ", StringComparison.Ordinal))
            {
                yield return $"{file}:{i + 1}: {lines[i].Trim()}";
            }
        }
    }

    /// <summary>The name of a test is a sentence.</summary>
    public static IEnumerable<string> TestsWithoutSentence(string file, string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (!Test().IsMatch(lines[i]))
            {
                continue;
            }

            string? signature = lines.Skip(i + 1).FirstOrDefault(line => Method().IsMatch(line));
            if (signature is null || !Method().Match(signature).Groups["name"].Value.Contains('_'))
            {
                yield return $"{file}:{i + 1}: {signature?.Trim()}";
            }
        }
    }

    private static IEnumerable<string> Where(string file, string[] lines, Func<string, bool> isBad) =>
        lines.Select((line, i) => (line, i)).Where(one => isBad(one.line))
            .Select(one => $"{file}:{one.i + 1}: {one.line.Trim()}");

    private static bool IsComment(string line) => line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException|new NotSupportedException\(\)")]
    private static partial Regex Later();

    [GeneratedRegex(@"\b(class|struct|interface|record|enum)\s+\w*(Manager|Helper|Helpers|Utils|Utility|Base|Impl)\b")]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay\((?!Timeout\.Infinite)|SpinWait|SpinUntil|Skip\s*=|DateTime(Offset)?\.(Utc)?Now")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"Random\.Shared|new Random\(")]
    private static partial Regex Seedless();

    [GeneratedRegex(@"\b(double|float|Half|Double|Single|MathF)\b|\bMath\.(Sqrt|Pow|Log\w*|Exp|Round|Floor|Ceiling)\b")]
    private static partial Regex Floating();

    [GeneratedRegex(@"(?<![\w.])/(home|work|root|Users)/\w|\b[A-Z]:\\+Users\b")]
    private static partial Regex Home();

    [GeneratedRegex(@"^\s*\[(Fact|Theory|Property)\b")]
    private static partial Regex Test();

    [GeneratedRegex(@"^\s*(public|internal)\s.*?(?<name>\w+)(<\w+>)?\(")]
    private static partial Regex Method();
}
