using BenchmarkDotNet.Attributes;

namespace RaftSim.Benchmarks;

/// <summary>
/// A write-ahead log of 256 MB is read back as at the start of a server. One operation is one MB (a million bytes) of
/// log, so that what fits into a second is MB/s.
/// </summary>
[WarmupCount(2)]
[IterationCount(7)]
[InvocationCount(1, 1)]
public class RecoveryBenchmarks
{
    private const int Megabytes = 256;

    private StoredLog _log = null!;
    private DirectoryInfo? _folder;

    [Params(100, 4096)]
    public int EntryBytes { get; set; }

    // One: a server with one caller at a time. 64: a busy one.
    [Params(1, 64)]
    public int EntriesPerBatch { get; set; }

    [GlobalSetup(Target = nameof(RecoverMemory))]
    public void Make() => _log = StoredLog.Make(Megabytes * 1_000_000L, EntryBytes, EntriesPerBatch);

    [GlobalSetup(Target = nameof(RecoverFiles))]
    public void MakeFiles()
    {
        Make();
        _folder = Directory.CreateTempSubdirectory("raftsim-recovery-");
        _log.CopyTo(_folder.FullName);
    }

    [GlobalCleanup]
    public void Clean()
    {
        _log = null!;
        _folder?.Delete(recursive: true);
        _folder = null;
    }

    [Benchmark(Description = "MB of log recovered, memory", OperationsPerInvoke = Megabytes)]
    public int RecoverMemory() => _log.Recover();

    [Benchmark(Description = "MB of log recovered, files", OperationsPerInvoke = Megabytes)]
    public int RecoverFiles() => _log.RecoverFrom(_folder!.FullName);
}
