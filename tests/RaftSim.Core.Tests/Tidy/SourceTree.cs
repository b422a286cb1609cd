namespace RaftSim.Core.Tests.Tidy;

/// <summary>The sources of the solution, as files.</summary>
internal static class SourceTree
{
    /// <summary>The folder that holds RaftSim.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All hand-written C# files below the given folders of the root, by path relative to it, in ordinal order.</summary>
    public static IReadOnlyList<string> Files(params string[] folders)
    {
        List<string> files = [];
        foreach (string folder in folders)
        {
            foreach (string path in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            {
                string relative = Path.GetRelativePath(Root, path).Replace('\\', '/');
                if (!relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal))
                {
                    files.Add(relative);
                }
            }
        }

        files.Sort(StringComparer.Ordinal);
        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>The lines of a file, by its path relative to the root.</summary>
    public static string[] Lines(string relative) => File.ReadAllLines(Path.Combine(Root, relative));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RaftSim.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("RaftSim.sln was not found above the test's folder");
    }
}
