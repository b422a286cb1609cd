namespace RaftSim.Core.Tests.Tidy;

/// <summary>The sources of the solution, as files.</summary>
internal static class SourceTree
{
    /// <summary>The folder that holds RaftSim.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// All hand-written C# files below the given folders of the root, by path relative to it, in ordinal order.
    /// </summary>
    public static IReadOnlyList<string> Files(params string[] folders) => Find("*.cs", folders);

    /// <summary>All files of a pattern below the given folders, without what builds leave behind.</summary>
    public static IReadOnlyList<string> Find(string pattern, params string[] folders)
    {
        List<string> files = [];
        foreach (string folder in folders)
        {
            files.AddRange(Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
                .Where(file => !file.Split('/').Any(part => part is "obj" or "bin")));
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
