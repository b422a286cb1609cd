using System.Text;

namespace RaftSim.Tidy;

/// <summary>
/// Compares text with a file beside the tests, byte for byte. With RAFTSIM_UPDATE_GOLDEN=1 the file is written instead,
/// and the change is reviewed as a diff.
/// </summary>
internal static class Golden
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Holds the text against the file of this name below the project's folder.</summary>
    public static void Check(string name, string actual)
    {
        string path = Path.Combine(ProjectFolder(), name);
        if (Environment.GetEnvironmentVariable("RAFTSIM_UPDATE_GOLDEN") is "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual, Utf8);
            return;
        }

        Assert.True(File.Exists(path), $"{path} is missing: run the test once with RAFTSIM_UPDATE_GOLDEN=1.");
        Assert.Equal(Read(name), actual);
    }

    /// <summary>The content of one.</summary>
    public static string Read(string name) => File.ReadAllText(Path.Combine(ProjectFolder(), name), Utf8);

    // The project whose tests run: their assembly lies somewhere below it.
    private static string ProjectFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (folder.EnumerateFiles("*.csproj").Any())
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No project above {AppContext.BaseDirectory}.");
    }
}
