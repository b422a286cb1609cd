namespace RaftSim.Integration.Tests.Hosting;

/// <summary>A folder that is gone when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("raftsim-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
