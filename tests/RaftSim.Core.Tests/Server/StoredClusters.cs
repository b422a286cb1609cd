using RaftSim.Autopilot;
using RaftSim.Core.Tests.Storage;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Storage;
using RaftSim.Wire;

namespace RaftSim.Core.Tests.Server;

/// <summary>Stored logs of servers of a cluster.</summary>
internal static class StoredClusters
{
    /// <summary>The address of a server, 1 being the one whose log it is.</summary>
    public static ServerAddress Address(int number) => new($"10.0.0.{number}:1");

    /// <summary>A server of a configuration.</summary>
    public static ConfiguredServer Configured(int number, Suffrage suffrage = Suffrage.Voter, ulong addedAt = 1)
    {
        DiskId disk = number == 1 ? StoredLogs.D1 : new(9, (ulong)number);
        return new(new($"s{number}"), Address(number), disk, suffrage, new(addedAt));
    }

    /// <summary>An entry that holds a configuration.</summary>
    public static LogEntry Entry(ulong index, ulong term, params ConfiguredServer[] servers) => new(
        new(index), new(term), EntryKind.Configuration, WireCodec.Configurations.Encode(new Configuration(servers)));

    /// <summary>An entry that holds a command.</summary>
    public static LogEntry Entry(ulong index, ulong term, ClusterCommand command) =>
        new(new(index), new(term), EntryKind.Command, WireCodec.EncodeCommand(command));

    /// <summary>A new leader's entry.</summary>
    public static LogEntry Noop(ulong index, ulong term) => new(new(index), new(term), EntryKind.Noop, default);

    /// <summary>Writes autopilot's settings.</summary>
    public static SetAutopilotCommand Set(ulong trailing) =>
        new(AutopilotConfig.Default with { MaxTrailingLogs = trailing }, null)
        {
            Id = new(new("s1"), 1, 1),
            Time = default,
        };

    /// <summary>Writes autopilot's first settings.</summary>
    public static InitializeAutopilotCommand Initialize() =>
        new(AutopilotConfig.Default) { Id = new(new("s1"), 1, 2), Time = default };

    /// <summary>A command for the user's state machine.</summary>
    public static UserCommand User() => new(new byte[] { 1 }) { Id = new(new("s1"), 1, 3), Time = default };

    /// <summary>A folder of server s1 with these entries.</summary>
    public static MemoryDisk Folder(ulong term, params LogEntry[] entries) => StoredLogs.Of(
        new LogBatch(1, new ClusterId(7, 8), new HardState(new(term), new("s2")), null, StoredLogs.Slices(entries)));
}
