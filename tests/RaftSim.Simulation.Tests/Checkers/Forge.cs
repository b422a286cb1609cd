using System.Collections.ObjectModel;
using System.Text;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Wire;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Makes observations that no correct server would give, one server at a time.</summary>
internal sealed class Forge(int server)
{
    private RaftStatus _status = SimWorld.Unknown;
    private int _incarnation = 1;

    public ReplicaLog Log { get; } = new();

    private DiskId Disk => new(1, (ulong)server);

    public static LogEntry Entry(ulong index, ulong term, string text = "") =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, Encoding.UTF8.GetBytes($"{term}/{text}"));

    /// <summary>A configuration of voters (and non-voters) by server number.</summary>
    public static Configuration Members(int[] voters, params int[] nonVoters) => new(
    [
        .. voters.Select(i => Member(i, Suffrage.Voter)),
        .. nonVoters.Select(i => Member(i, Suffrage.NonVoter)),
    ]);

    /// <summary>One tag.</summary>
    public static IReadOnlyDictionary<string, string> TagsOf(string key, string value) =>
        new ReadOnlyDictionary<string, string>(
            new SortedDictionary<string, string>(StringComparer.Ordinal) { [key] = value });

    public static AppliedObservation Applied(
        int server, ulong index, ulong term, string text, string result = "", ulong sequence = 0) =>
        new(server, 1, new AppliedEntry(
            new LogIndex(index), new Term(term), default, new CommandId(new ServerId("a"), 7, sequence == 0 ? index : sequence),
            Encoding.UTF8.GetBytes($"{term}/{text}")), Encoding.UTF8.GetBytes(result));

    /// <summary>The server starts again, with the log it had.</summary>
    public void Restart()
    {
        _incarnation++;
        _status = SimWorld.Unknown;
    }

    /// <summary>The server appends and commits a command.</summary>
    public ServerObservation Commit(ClusterCommand command) =>
        Commit(EntryKind.Command, WireCodec.EncodeCommand(command), null);

    /// <summary>The server is asked for settings of its autopilot, appends and commits them.</summary>
    public ServerObservation Commit(AutopilotConfig config, SettingsHistory settings)
    {
        settings.Requested(server, new SetAutopilotConfigRequest(config, null));
        return Commit(new SetAutopilotCommand(config, null) { Id = default, Time = default });
    }

    /// <summary>The server appends and commits a configuration, and goes by it.</summary>
    public ServerObservation Commit(Configuration configuration) =>
        Commit(EntryKind.Configuration, WireCodec.Configurations.Encode(configuration), configuration);

    private ServerObservation Commit(EntryKind kind, ReadOnlyMemory<byte> payload, Configuration? configuration)
    {
        LogIndex index = Log.LastIndex.Next;
        return Say(configuration: configuration, append: [new LogEntry(index, new(1), kind, payload)], commit: index.Value);
    }

    /// <summary>The server says something new of itself; what is not given stays as it was.</summary>
    public ServerObservation Say(
        ulong? term = null,
        RaftRole? role = null,
        Configuration? configuration = null,
        ulong? durable = null,
        ulong? truncateFrom = null,
        LogEntry[]? append = null,
        ulong? commit = null,
        string? vote = null)
    {
        RaftStatus before = _status;
        LogIndex changedFrom = Log.LastIndex.Next;
        if (truncateFrom is ulong index)
        {
            changedFrom = new LogIndex(index);
            Log.TruncateFrom(changedFrom);
        }

        foreach (LogEntry entry in append ?? [])
        {
            Log.Append(entry);
        }

        _status = before with
        {
            Self = new ServerId($"id{server}"),
            Term = term is ulong t ? new Term(t) : before.Term,
            Role = role ?? before.Role,
            Vote = vote is null ? before.Vote : new ServerId(vote),
            Commit = commit is ulong c ? new LogIndex(c) : before.Commit,
            LastIndex = Log.LastIndex,
            LastTerm = Log.TermAt(Log.LastIndex),
            DurableIndex = durable is ulong d ? new LogIndex(d) : Log.LastIndex,
            Configuration = configuration ?? before.Configuration,
            ConfigurationIndex = configuration is null ? before.ConfigurationIndex : Log.LastIndex,
        };
        RaftChanges changes = before.Role == _status.Role ? RaftChanges.None : RaftChanges.Role;
        changes |= before.Term == _status.Term ? RaftChanges.None : RaftChanges.Term;
        changes |= before.Commit == _status.Commit ? RaftChanges.None : RaftChanges.Commit;
        changes |= changedFrom > Log.LastIndex ? RaftChanges.None : RaftChanges.Appended;
        return new ServerObservation(server, _incarnation, Disk, before, _status, changes, Log, changedFrom);
    }

    /// <summary>The same, but that the server says otherwise of itself.</summary>
    public static ServerObservation Otherwise(
        in ServerObservation seen, RaftStatus now, RaftStatus? before = null, RaftChanges? changes = null) =>
        new(seen.Server, seen.Incarnation, seen.Disk, before ?? seen.Before, now, changes ?? seen.Changes, seen.Log,
            seen.ChangedFrom);

    /// <summary>A message on its way, from one disk to another.</summary>
    public static Envelope Carry(in RaftMessage message, DiskId from, DiskId to = default) => new()
    {
        From = message.From,
        FromDisk = from,
        FromAddress = new ServerAddress($"{message.From}:1"),
        To = message.To,
        ToDisk = to,
        ToAddress = new ServerAddress($"{message.To}:1"),
        Lane = Lane.Control,
        Message = ServerMessage.Of(message),
    };

    /// <summary>The message of the violation that a checker must see.</summary>
    public static string Caught(IChecker checker, Action action)
    {
        ViolationException violation = Assert.Throws<ViolationException>(action);
        Assert.Equal(checker.Name, violation.Checker);
        return violation.Message;
    }

    private static ConfiguredServer Member(int number, Suffrage suffrage) => new(
        new ServerId($"id{number}"), new ServerAddress($"s{number}:1"), new DiskId(1, (ulong)number), suffrage, LogIndex.Zero);
}
