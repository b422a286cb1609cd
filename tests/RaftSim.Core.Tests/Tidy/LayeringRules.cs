using System.Text.RegularExpressions;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>Who may know whom. docs/ARCHITECTURE.md has the picture.</summary>
internal static partial class LayeringRules
{
    // Inside Core: the engines see the root vocabulary only; Server and Wire see the engines.
    private static readonly SortedDictionary<string, string[]> _mayUse = new(StringComparer.Ordinal)
    {
        [""] = [],
        ["Raft"] = [],
        ["Membership"] = [],
        ["Storage"] = [],
        ["Autopilot"] = [],
        ["Server"] = ["Autopilot", "Membership", "Raft", "Storage", "Wire"],
        ["Wire"] = ["Autopilot", "Membership", "Raft", "Server"],
    };

    private static readonly SortedDictionary<string, string[]> _mayReference = new(StringComparer.Ordinal)
    {
        ["RaftSim.Core"] = [],
        ["RaftSim.Runtime"] = ["RaftSim.Core"],
        ["RaftSim.Simulation"] = ["RaftSim.Core"],
        ["RaftSim.Http"] = ["RaftSim.Core", "RaftSim.Runtime"],
        ["RaftSim.DotNext"] = ["RaftSim.Core", "RaftSim.Runtime"],
        ["RaftSim.Cli"] =
            ["RaftSim.Core", "RaftSim.DotNext", "RaftSim.Http", "RaftSim.Runtime", "RaftSim.Simulation"],
    };

    /// <summary>The folders of Core that have a rule.</summary>
    public static IEnumerable<string> Folders => _mayUse.Keys;

    /// <summary>The folder of Core that a file lies in; empty at the root.</summary>
    public static string FolderOf(string file) => file.Split('/') is { Length: > 3 } parts ? parts[2] : "";

    /// <summary>
    /// Lines of a file of Core that name a folder which its own may not know: by <c>using</c>, with its whole name, or by
    /// the last part alone, which is enough inside the namespace RaftSim. Comments may name everybody.
    /// </summary>
    public static IEnumerable<string> StrayUses(string file, string[] lines)
    {
        string folder = FolderOf(file);
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].TrimStart().StartsWith("//", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (Match use in Use().Matches(lines[i]))
            {
                string other = use.Groups["whole"].Success ? use.Groups["whole"].Value : use.Groups["part"].Value;
                if (other != folder && _mayUse.ContainsKey(other) && !_mayUse[folder].Contains(other))
                {
                    yield return $"{file}:{i + 1}: {lines[i].Trim()}";
                }
            }
        }
    }

    /// <summary>References of a project that it may not have.</summary>
    public static IEnumerable<string> StrayReferences(string project, IEnumerable<string> references) =>
        _mayReference.TryGetValue(project, out string[]? allowed)
            ? references.Except(allowed, StringComparer.Ordinal).Select(reference => $"{project} -> {reference}")
            : [$"{project} has no rule"];

    // The namespace declaration of the file itself is no use, and neither are properties of a pattern, { Server.Name: … }.
    [GeneratedRegex(@"(?<!namespace )\bRaftSim\.(?<whole>\w+)\b|(?<![\w.])(?<part>[A-Z]\w+)\.[A-Z]\w*\b(?!:)")]
    private static partial Regex Use();
}
