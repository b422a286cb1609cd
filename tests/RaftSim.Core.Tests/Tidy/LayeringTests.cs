using System.Xml.Linq;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>Nobody knows whom it may not know, and each rule can fail. The rules are in <see cref="LayeringRules"/>.</summary>
public sealed class LayeringTests
{
    // Goal: the engines never see each other.
    [Fact]
    public void Folders_of_Core_use_only_what_they_may() => AssertNone(
        SourceTree.Files("src/RaftSim.Core").SelectMany(file => LayeringRules.StrayUses(file, SourceTree.Lines(file))));

    // Goal: every folder of Core has its rule.
    [Fact]
    public void Every_folder_of_Core_is_known() => Assert.All(
        SourceTree.Files("src/RaftSim.Core").Select(LayeringRules.FolderOf),
        folder => Assert.Contains(folder, LayeringRules.Folders));

    // Goal: every way to name another folder is seen, and what only looks like one is not.
    [Theory]
    [InlineData("Storage", "using RaftSim.Raft;", true)]
    [InlineData("Storage", "using static RaftSim.Raft.Quorum;", true)]
    [InlineData("Storage", "using Node = RaftSim.Raft.RaftNode;", true)]
    [InlineData("Storage", "private readonly global::RaftSim.Raft.RaftNode _node;", true)]
    [InlineData("Storage", "Open(Raft.RaftRole.Leader);", true)]
    [InlineData("Raft", "using RaftSim.Server;", true)]
    [InlineData("", "using RaftSim.Wire;", true)]
    [InlineData("Wire", "using RaftSim.Storage;", true)]
    [InlineData("Raft", "using RaftSim.Raft;", false)]
    [InlineData("Server", "using RaftSim.Raft;", false)]
    [InlineData("Wire", "using RaftSim.Autopilot;", false)]
    [InlineData("Storage", "/// <summary>As <see cref=\"Raft.RaftNode\"/> wants it.</summary>", false)]
    [InlineData("Storage", "return message.Raft.Kind;", false)]
    [InlineData("Storage", "if (found is { Server.Name: not null })", false)]
    [InlineData("Storage", "namespace RaftSim.Storage;", false)]
    public void A_use_of_another_folder_is_seen(string folder, string line, bool isBad)
    {
        string file = $"src/RaftSim.Core/{(folder.Length == 0 ? "" : $"{folder}/")}A.cs";

        Assert.Equal(isBad ? [$"{file}:1: {line}"] : [], LayeringRules.StrayUses(file, [line]));
    }

    // Goal: deciding knows nothing of waiting; the simulator never sees the shells.
    [Fact]
    public void Projects_reference_only_what_they_may() => AssertNone(SourceTree.Find("*.csproj", "src")
        .SelectMany(file => LayeringRules.StrayReferences(
            Path.GetFileNameWithoutExtension(file),
            Load(file).Descendants("ProjectReference").Select(reference =>
                Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))))));

    // Goal: a stray reference is seen, and so is a project without a rule.
    [Theory]
    [InlineData("RaftSim.Simulation", "RaftSim.Core", "")]
    [InlineData("RaftSim.Simulation", "RaftSim.Runtime", "RaftSim.Simulation -> RaftSim.Runtime")]
    [InlineData("RaftSim.Core", "RaftSim.Http", "RaftSim.Core -> RaftSim.Http")]
    [InlineData("RaftSim.Gadget", "RaftSim.Core", "RaftSim.Gadget has no rule")]
    public void A_stray_reference_is_seen(string project, string reference, string found) =>
        Assert.Equal(found, string.Join('\n', LayeringRules.StrayReferences(project, [reference])));

    // Goal: whoever takes Core takes one package with it, the wire format's.
    [Fact]
    public void Core_ships_with_one_package() => Assert.Equal(
        ["Google.Protobuf"],
        Load("src/RaftSim.Core/RaftSim.Core.csproj").Descendants("PackageReference")
            .Where(package => package.Attribute("PrivateAssets") is null)
            .Select(package => package.Attribute("Include")!.Value));

    // Goal: the analyzer has a list of banned symbols in every project of src; without one it is silent.
    [Fact]
    public void Every_project_has_its_list_of_banned_symbols() => Assert.All(
        SourceTree.Find("*.csproj", "src"),
        file =>
        {
            XElement list = Assert.Single(
                Load(file).Descendants("AdditionalFiles"),
                additional => additional.Attribute("Include")!.Value.Contains("BannedSymbols", StringComparison.Ordinal));
            string name = (list.Attribute("Link") ?? list.Attribute("Include"))!.Value;
            Assert.Equal("BannedSymbols.txt", name);
        });

    // Goal: what decides fails on an overflow instead of going on with a wrong number.
    [Theory]
    [InlineData("RaftSim.Core")]
    [InlineData("RaftSim.Simulation")]
    public void What_decides_counts_with_overflow_checks(string project) => Assert.Equal(
        "true", Load($"src/{project}/{project}.csproj").Descendants("CheckForOverflowUnderflow").Single().Value);

    private static XDocument Load(string file) => XDocument.Load(Path.Combine(SourceTree.Root, file));

    private static void AssertNone(IEnumerable<string> found)
    {
        string text = string.Join('\n', found);
        Assert.True(text.Length == 0, text);
    }
}
