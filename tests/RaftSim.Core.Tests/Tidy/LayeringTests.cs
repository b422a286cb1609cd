using System.Xml.Linq;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>Who may know whom. docs/ARCHITECTURE.md has the picture.</summary>
public sealed class LayeringTests
{
    // Inside Core: the engines see the root vocabulary only; Server and Wire see the engines.
    private static readonly SortedDictionary<string, string[]> _mayUse = new(StringComparer.Ordinal)
    {
        [""] = [],
        ["Raft"] = [],
        ["Storage"] = [],
        ["Autopilot"] = [],
        ["Server"] = ["Raft", "Storage", "Autopilot", "Wire"],
        ["Wire"] = ["Raft", "Autopilot", "Server"],
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

    // Goal: the engines never see each other.
    [Fact]
    public void Folders_of_Core_use_only_what_they_may()
    {
        List<string> wrong = [];
        foreach (string file in SourceTree.Files("src/RaftSim.Core"))
        {
            string[] parts = file.Split('/');
            string folder = parts.Length > 3 ? parts[2] : "";
            foreach (string line in SourceTree.Lines(file))
            {
                foreach (string other in _mayUse.Keys)
                {
                    bool uses = other.Length > 0 && other != folder
                        && (line.StartsWith($"using RaftSim.{other}", StringComparison.Ordinal)
                            || line.Contains($" RaftSim.{other}.", StringComparison.Ordinal));
                    if (uses && !_mayUse[folder].Contains(other, StringComparer.Ordinal))
                    {
                        wrong.Add($"{file}: {line.Trim()}");
                    }
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // Goal: every folder of Core has its rule.
    [Fact]
    public void Every_folder_of_Core_is_known() =>
        Assert.All(
            SourceTree.Files("src/RaftSim.Core").Select(file => file.Split('/')).Where(parts => parts.Length > 3),
            parts => Assert.Contains(parts[2], _mayUse.Keys));

    // Goal: deciding knows nothing of waiting; the simulator never sees the shells.
    [Fact]
    public void Projects_reference_only_what_they_may()
    {
        foreach (string path in Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            string project = Path.GetFileNameWithoutExtension(path);
            Assert.Contains(project, _mayReference.Keys);
            IEnumerable<string> references = XDocument.Load(path).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.All(references, reference => Assert.Contains(reference, _mayReference[project]));
        }
    }

    // Goal: whoever takes Core takes one package with it, the wire format's.
    [Fact]
    public void Core_ships_with_one_package()
    {
        XDocument project = XDocument.Load(Path.Combine(SourceTree.Root, "src/RaftSim.Core/RaftSim.Core.csproj"));
        Assert.Equal(
            ["Google.Protobuf"],
            project.Descendants("PackageReference").Where(package => package.Attribute("PrivateAssets") is null)
                .Select(package => package.Attribute("Include")!.Value));
    }
}
