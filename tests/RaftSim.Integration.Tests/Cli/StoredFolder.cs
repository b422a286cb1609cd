using System.Collections.Concurrent;
using System.Security.Cryptography;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Runtime;
using RaftSim.Server;
using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>Data folders with known contents, and hands that damage them.</summary>
internal static class StoredFolder
{
    public const string First = "log-0000000000000001.seg";
    public const string Second = "log-0000000000000002.seg";
    public const string Third = "log-0000000000000003.seg";

    public static readonly ServerId Self = new("server-1");
    public static readonly DiskId Disk = new(1, 2);

    /// <summary>
    /// A log of three segments: servers 1 to 3 at 10.0.0.N:1, the third a non-voter; autopilot's settings written
    /// twice; then user's commands of 20,000 bytes up to entry 12.
    /// </summary>
    public static void Make(string folder) => Write(folder,
    [
        new(
            1, new ClusterId(7, 8), new HardState(new(1), default), null,
            Slices(Configuration(1, Server(1), Server(2)))),
        new(2, null, new HardState(new(3), Self), null, Slices(new LogEntry(new(2), new(3), EntryKind.Noop, default))),
        new(3, null, null, null, Slices(Command(3, new InitializeAutopilotCommand(AutopilotConfig.Default)
        {
            Id = new(Self, 1, 1), Time = new(1_000_000_000),
        }))),
        new(4, null, null, null, Slices(Command(4, new SetAutopilotCommand(
            AutopilotConfig.Default with { MaxTrailingLogs = 77 }, 3)
        {
            Id = new(Self, 1, 2), Time = new(2_000_000_000),
        }))),
        new(5, null, null, null, Slices(Configuration(
            5, Server(1), Server(2), Server(3) with { Suffrage = Suffrage.NonVoter, AddedAt = new(5) }))),
        .. Enumerable.Range(6, 7).Select(i => new LogBatch((ulong)i, null, null, null, Slices(User((ulong)i, 3)))),
    ]);

    /// <summary>Writes a log as a server would, each batch durable before the next.</summary>
    public static void Write(string folder, IEnumerable<LogBatch> batches)
    {
        BlockingCollection<DiskCompletion> completions = [];
        using FileDisk disk = new(folder, completions.Add);
        WriteAheadLog log = new(
            disk, new WriteAheadLogOptions { SegmentBytes = 64 << 10, NewId = Self, NewDisk = Disk });
        log.Open();
        Await(WriteAheadLogEventKind.Opened);
        foreach (LogBatch batch in batches)
        {
            log.Append(batch);
            log.Flush();
            Await(WriteAheadLogEventKind.Durable);
        }

        void Await(WriteAheadLogEventKind kind)
        {
            WriteAheadLogEvent happened;
            while (!log.TryTakeEvent(out happened))
            {
                log.Complete(completions.Take());
            }

            Assert.Equal(kind, happened.Kind);
        }
    }

    /// <summary>A voter since the first entry.</summary>
    public static ConfiguredServer Server(int number) => new(
        new($"server-{number}"), new($"10.0.0.{number}:1"), new(1, (ulong)number + 1), Suffrage.Voter, new(1));

    /// <summary>A user's command of 20,000 bytes.</summary>
    public static LogEntry User(ulong index, ulong term) => new(
        new(index), new(term), EntryKind.Command, WireCodec.EncodeCommand(new UserCommand(new byte[20_000])
        {
            Id = new(Self, 1, index), Time = new(3_000_000_000),
        }));

    /// <summary>Entries as a batch takes them.</summary>
    public static ReadOnlyMemory<ReadOnlyMemory<LogEntry>> Slices(params LogEntry[] entries) =>
        new ReadOnlyMemory<LogEntry>[] { entries };

    /// <summary>Turns the bits of one byte over.</summary>
    public static void Flip(string folder, string file, long offset)
    {
        using FileStream stream = new(Path.Combine(folder, file), FileMode.Open);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)~value);
    }

    /// <summary>Writes bytes over what is there.</summary>
    public static void Overwrite(string folder, string file, long offset, ReadOnlySpan<byte> bytes)
    {
        using FileStream stream = new(Path.Combine(folder, file), FileMode.Open);
        stream.Position = offset;
        stream.Write(bytes);
    }

    /// <summary>Cuts a file.</summary>
    public static void Cut(string folder, string file, long length)
    {
        using FileStream stream = new(Path.Combine(folder, file), FileMode.Open);
        stream.SetLength(length);
    }

    /// <summary>Every file with its time and the hash of its bytes.</summary>
    public static string Fingerprint(string folder) => string.Join('\n', Directory.EnumerateFiles(folder)
        .Order(StringComparer.Ordinal)
        .Select(path => $"{Path.GetFileName(path)} {File.GetLastWriteTimeUtc(path):O} "
            + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))));

    private static LogEntry Configuration(ulong index, params ConfiguredServer[] servers) => new(
        new(index), new(index == 1 ? 1u : 3), EntryKind.Configuration,
        WireCodec.Configurations.Encode(new Configuration(servers)));

    private static LogEntry Command(ulong index, ClusterCommand command) =>
        new(new(index), new(3), EntryKind.Command, WireCodec.EncodeCommand(command));
}
