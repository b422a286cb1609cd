using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Conformance;

/// <summary>
/// Draws envelopes of every kind, from one seed: all fields, empty and extreme values among them. What the kind does not
/// need is filled all the same, because a codec and a transport must carry it.
/// </summary>
public sealed class EnvelopeSamples
{
    private readonly Prng _prng;

    public EnvelopeSamples(ulong seed) => _prng = new(seed);

    /// <summary>Every kind of message.</summary>
    public static IReadOnlyList<ServerMessageKind> Kinds { get; } =
        [.. Enum.GetValues<ServerMessageKind>().Where(kind => kind != ServerMessageKind.None)];

    /// <summary>An envelope with a message of this kind.</summary>
    public Envelope Envelope(ServerMessageKind kind) => new()
    {
        Cluster = new(Number(), Number()),
        From = Id(),
        FromDisk = Disk(),
        FromAddress = Address(),
        To = Id(),
        ToDisk = Disk(),
        ToAddress = Address(),
        Lane = Pick(Enum.GetValues<Lane>()),
        Message = Message(kind),
    };

    /// <summary>A message of this kind.</summary>
    public ServerMessage Message(ServerMessageKind kind) => kind switch
    {
        ServerMessageKind.Raft => ServerMessage.Of(Raft()),
        ServerMessageKind.Announcement => ServerMessage.Of(Announcement()),
        ServerMessageKind.StatsRequest => ServerMessage.Of(new StatsRequest(Number())),
        ServerMessageKind.StatsReply => ServerMessage.Of(new StatsReply(Number(), Stats())),
        ServerMessageKind.Forward => ServerMessage.Of(new ForwardedRequest(Command(), Request()) { Term = Term() }),
        ServerMessageKind.SnapshotRequest => ServerMessage.Of(
            new SnapshotRequest(new(Number(), Number()), new(Index(), Term()), Number())),
        ServerMessageKind.SnapshotChunk => ServerMessage.Of(new SnapshotChunk(
            new(new(Number(), Number()), new(Number(), Number()), new(Index(), Term()), (int)_prng.Below(1 << 20)),
            Number(),
            Bytes(),
            Number())),
        ServerMessageKind.ForwardReply => ServerMessage.Of(new ForwardedReply(Command(), Reply()) { Term = Term() }),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no sample of this kind"),
    };

    /// <summary>A command for the log.</summary>
    public ClusterCommand ClusterCommand() => _prng.Below(4) switch
    {
        0 => new UserCommand(Bytes()) { Id = Command(), Time = Time() },
        1 => new InitializeAutopilotCommand(Config()) { Id = Command(), Time = Time() },
        2 => new SessionCommand(
            new(Pick(Enum.GetValues<SessionVerb>()), SessionNumber(), new(Long()), new(Long())), Bytes())
        {
            Id = Command(),
            Time = Time(),
        },
        _ => new SetAutopilotCommand(Config(), Maybe() ? Number() : null) { Id = Command(), Time = Time() },
    };

    /// <summary>A Raft configuration of up to seven servers.</summary>
    public Configuration Configuration()
    {
        ConfiguredServer[] servers = new ConfiguredServer[_prng.Below(8)];
        for (int i = 0; i < servers.Length; i++)
        {
            servers[i] = new(new($"{i}{ShortText()}"), new($"{i}{Text()}"), Disk(), Pick(Enum.GetValues<Suffrage>()), Index());
        }

        return new(servers);
    }

    /// <summary>Any number; small ones and the largest come often.</summary>
    public ulong Number() => _prng.Below(6) switch
    {
        0 => 0,
        1 => _prng.Below(300),
        2 => ulong.MaxValue,
        3 => 1UL << (int)_prng.Below(64),
        _ => _prng.NextUInt64(),
    };

    /// <summary>Any text: empty, of ASCII, of other alphabets, long.</summary>
    public string Text() => _prng.Below(6) switch
    {
        0 => "",
        1 => "10.0.0.7:4647",
        2 => "s1.global",
        3 => "Ünïcode ☃ \U0001F600 \0 end",
        4 => new('x', (int)_prng.Below(400)),
        _ => new Guid((int)_prng.Below(int.MaxValue), 7, 7, [1, 2, 3, 4, 5, 6, 7, 8]).ToString(),
    };

    private RaftMessage Raft()
    {
        LogIndex index = Maybe() ? new(_prng.Below(1UL << 40)) : new(ulong.MaxValue - 20);
        LogEntry[] entries = new LogEntry[_prng.Below(9)];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new(index + ((ulong)i + 1), Term(), Pick(Enum.GetValues<EntryKind>()), Bytes());
        }

        return new()
        {
            Kind = Pick([.. Enum.GetValues<RaftMessageKind>().Where(kind => kind != RaftMessageKind.None)]),
            From = Id(),
            To = Id(),
            Term = Term(),
            Index = index,
            LogTerm = Term(),
            Commit = Index(),
            Reject = Maybe(),
            Hint = Index(),
            AddedAt = Index(),
            IsTransfer = Maybe(),
            Round = Number(),
            Entries = entries,
        };
    }

    private Announcement Announcement() => new()
    {
        Name = Text(),
        Region = Text(),
        Version = Text(),
        RaftProtocol = Int(),
        Meta = Tags(),
        IsEmpty = Maybe(),
        PeerListHash = Number(),
        Met = List(() => new PeerIdentity(Address(), Id(), Disk())),
        WantsAnswer = Maybe(),
    };

    private SessionNumber SessionNumber() => new(Index(), Number(), Number());

    private ServerRequest Request() => _prng.Below(12) switch
    {
        0 => new ProposeRequest(Bytes()) { Session = Maybe() ? SessionNumber() : null },
        8 => new OpenSessionRequest(new(Long())),
        9 => new KeepSessionRequest(Index()),
        10 => new CloseSessionRequest(Index()),
        11 => new GetAutopilotExplanationRequest(),
        1 => new GetRaftConfigurationRequest(Maybe()),
        2 => new RemoveServerRequest(Maybe() ? Text() : null, Maybe() ? Text() : null),
        3 => new GetAutopilotConfigRequest(Maybe()),
        4 => new SetAutopilotConfigRequest(Config(), Maybe() ? Number() : null),
        5 => new TransferLeadershipRequest(Maybe() ? Text() : null, Maybe() ? Text() : null),
        6 => new QueryRequest(Bytes(), Maybe()),
        _ => new GetAutopilotHealthRequest(),
    };

    private ServerReply Reply() => _prng.Below(11) switch
    {
        8 => new SessionReply(Index()),
        10 => new AutopilotExplanationReply(Explanation()),
        0 => new CommandReply(Index(), Bytes()),
        1 => new DoneReply(),
        2 => new RaftConfigurationReply(Index(), List(() => new RaftConfigurationServer(
            Id(), Text(), Address(), Maybe(), Pick(Enum.GetValues<Suffrage>()), Text()))),
        3 => new AutopilotConfigReply(Config(), Index(), Index()),
        4 => new SetAutopilotConfigReply(Maybe()),
        6 => new TransferLeadershipReply(Id(), Address(), Id(), Address()),
        7 => new QueryReply(Index(), Bytes()),
        5 => new AutopilotHealthReply(Maybe() ? State() : null),
        _ => new ErrorReply(Pick(Enum.GetValues<ServerErrorKind>()), Text(), Maybe()),
    };

    private AutopilotState State() => new()
    {
        FirstStateTime = Time(),
        Healthy = Maybe(),
        FailureTolerance = Int(),
        Leader = Id(),
        Voters = List(Id),
        Servers = List(ServerState),
        OptimisticFailureTolerance = Int(),
        ReadReplicas = List(Id),
        RedundancyZones = List(() => new RedundancyZone(Text(), List(Id), List(Id), Int())),
        Upgrade = Maybe() ? Upgrade() : null,
    };

    private UpgradeInfo Upgrade() => new()
    {
        Status = Pick(Enum.GetValues<UpgradeStatus>()),
        TargetVersion = Text(),
        Target = Side(),
        Other = Side(),
        Zones = List(() => new UpgradeZone(Text(), Side(), Side())),
    };

    private UpgradeSide Side() => new(List(Id), List(Id), List(Id));

    private AutopilotServerState ServerState() => new()
    {
        Server = new()
        {
            Id = Id(),
            Name = Text(),
            Address = Address(),
            NodeStatus = Pick(Enum.GetValues<NodeStatus>()),
            Version = Text(),
            RaftVersion = Int(),
            IsLeader = Maybe(),
            NodeType = Pick(Enum.GetValues<NodeType>()),
            Meta = Tags(),
        },
        State = Pick(Enum.GetValues<RaftState>()),
        Stats = Stats(),
        Health = new(Maybe(), Time()),
    };

    private AutopilotExplanation Explanation() => new()
    {
        Time = Time(),
        FirstStateTime = Time(),
        StateTime = Time(),
        NextRound = Time(),
        Problem = Text(),
        Servers = List(() => new ServerExplanation
        {
            Id = Id(),
            Name = Text(),
            Address = Address(),
            State = Pick(Enum.GetValues<RaftState>()),
            Health = new(Maybe(), Time()),
            HealthReason = Text(),
            Outlook = Text(),
        }),
        Events = List(() => new PastAutopilotEvent(
            Time(), Pick(Enum.GetValues<AutopilotEventKind>()), Id(), Text(), Text())),
    };

    private AutopilotConfig Config() => new()
    {
        CleanupDeadServers = Maybe(),
        LastContactThreshold = new(Long()),
        MaxTrailingLogs = Number(),
        MinQuorum = Number(),
        ServerStabilizationTime = new(Long()),
        EnableRedundancyZones = Maybe(),
        DisableUpgradeMigration = Maybe(),
        EnableCustomUpgrades = Maybe(),
    };

    private ServerStats Stats() => new(new(Long()), Term(), Index());

    private CommandId Command() => new(Id(), Number(), Number());

    private SortedDictionary<string, string> Tags()
    {
        SortedDictionary<string, string> tags = new(StringComparer.Ordinal);
        foreach (string key in List(Text))
        {
            tags[key] = Text();
        }

        return tags;
    }

    private WallTime Time() => new(Long());

    private long Long() => _prng.Below(5) switch
    {
        0 => 0,
        1 => -1,
        2 => long.MinValue,
        3 => long.MaxValue,
        _ => unchecked((long)_prng.NextUInt64()),
    };

    private int Int() => _prng.Below(5) switch
    {
        0 => 0,
        1 => -1,
        2 => int.MinValue,
        3 => int.MaxValue,
        _ => (int)_prng.Below(10),
    };

    private byte[] Bytes()
    {
        byte[] bytes = new byte[Maybe() ? _prng.Below(4) : _prng.Below(700)];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)_prng.Below(256);
        }

        return bytes;
    }

    private T[] List<T>(Func<T> one)
    {
        T[] list = new T[_prng.Below(4)];
        for (int i = 0; i < list.Length; i++)
        {
            list[i] = one();
        }

        return list;
    }

    private T Pick<T>(T[] values) => values[(int)_prng.Below((ulong)values.Length)];

    private bool Maybe() => _prng.Chance(1, 2);

    private ServerId Id() => Maybe() ? new("9b1fd2c0-3a4e-4f6b-8c7d-0123456789ab") : new(ShortText());

    // As an id may be long: 256 bytes.
    private string ShortText() => Text() is { Length: <= 200 } text ? text : new('x', 200 + (int)_prng.Below(56));

    private ServerAddress Address() => new(Text());

    private DiskId Disk() => new(Number(), Number());

    private Term Term() => new(Number());

    private LogIndex Index() => new(Number());
}
