using RaftSim.Autopilot;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>
/// Reads what autopilot knows of servers. Names and shapes are those of raft-autopilot's own JSON; what is left out is zero,
/// as in Go.
/// </summary>
internal static class GivenServers
{
    /// <summary>Membership's opinions.</summary>
    public static Words<NodeStatus> Statuses { get; } = new(
        ("unknown", NodeStatus.Unknown), ("alive", NodeStatus.Alive), ("failed", NodeStatus.Failed), ("left", NodeStatus.Left));

    /// <summary>Places in Raft.</summary>
    public static Words<RaftState> States { get; } = new(
        ("none", RaftState.None),
        ("leader", RaftState.Leader),
        ("voter", RaftState.Voter),
        ("non-voter", RaftState.NonVoter),
        ("staging", RaftState.Staging));

    /// <summary>Kinds of servers; no word for one of which it is not said.</summary>
    public static Words<NodeType> Types { get; } = new(
        ("voter", NodeType.Voter),
        ("read-replica", NodeType.ReadReplica),
        ("zone-voter", NodeType.ZoneVoter),
        ("zone-standby", NodeType.ZoneStandby),
        ("zone-extra-voter", NodeType.ZoneExtraVoter));

    // Raft's own text is "Nonvoter", what lists servers for people says "non-voter".
    private static readonly Words<RaftSuffrage> _suffrages = new(
        ("voter", RaftSuffrage.Voter),
        ("nonvoter", RaftSuffrage.NonVoter),
        ("non-voter", RaftSuffrage.NonVoter),
        ("staging", RaftSuffrage.Staging))
    {
        Comparison = StringComparison.OrdinalIgnoreCase,
    };

    /// <summary>Membership's opinion. Any other text, or none, is no opinion: whoever has no word for alive is not.</summary>
    public static NodeStatus Status(Given status) => Statuses.Find(status.Text()) ?? NodeStatus.Unknown;

    /// <summary>Every server of a Raft configuration, in its order.</summary>
    public static IReadOnlyList<RaftServer> OfRaft(Given servers)
    {
        var read = new List<RaftServer>();
        foreach (Given server in servers.Items())
        {
            ServerId id = NewId(server["ID"], read.Select(other => other.Id));
            read.Add(new(id, new(server["Address"].Text()), Suffrage(server["Suffrage"])));
        }

        return read;
    }

    /// <summary>An id that is not among those before it.</summary>
    public static ServerId NewId(Given given, IEnumerable<ServerId> before)
    {
        ServerId id = given.Needed().Id();
        return before.Contains(id) ? throw given.Wrong("must not be listed twice") : id;
    }

    /// <summary>Members by id, ordered by it.</summary>
    public static IReadOnlyList<AutopilotServer> Known(Given servers) => ById(servers, Server);

    /// <summary>Reports by id, ordered by it.</summary>
    public static IReadOnlyList<KeyValuePair<ServerId, ServerStats>> Reports(Given reports) =>
        ById(reports, (id, report) => KeyValuePair.Create(id, Stats(report)));

    /// <summary>A report.</summary>
    public static ServerStats Stats(Given stats)
    {
        // What a server says that has never heard from a leader.
        Given contact = stats["LastContact"];
        bool isNever = contact.IsText && contact.Text() is "never";
        return new(
            isNever ? new(-1) : contact.Length(), new(stats["LastTerm"].Count()), new(stats["LastIndex"].Count()));
    }

    /// <summary>A state; <see langword="null"/> if there is none.</summary>
    public static AutopilotState? State(Given state) => state.IsMissing ? null : new()
    {
        Healthy = state["Healthy"].Flag(),
        FailureTolerance = state["FailureTolerance"].SmallCount(),
        Leader = new(state["Leader"].Text()),
        Voters = Ids(state["Voters"]),
        Servers = ById(state["Servers"], ServerState),
    };

    /// <summary>Ids, in their order.</summary>
    public static IReadOnlyList<ServerId> Ids(Given ids) => [.. ids.Items().Select(id => id.Id())];

    /// <summary>The id that a server is listed under, which must be the one that it tells, if it tells one.</summary>
    public static ServerId SameId(ServerId key, Given id) =>
        id.IsMissing || id.Id() == key ? key : throw id.Wrong("must be the id that it is listed under");

    private static AutopilotServerState ServerState(ServerId id, Given server)
    {
        Given health = server["Health"];
        return new()
        {
            Server = Server(id, server["Server"]),
            State = States.Read(server["State"]),
            Stats = Stats(server["Stats"]),
            Health = new(health["Healthy"].Flag(), health["StableSince"].Moment()),
        };
    }

    private static AutopilotServer Server(ServerId key, Given server)
    {
        return new()
        {
            Id = SameId(key, server["ID"]),
            Name = server["Name"].Text(),
            Address = new(server["Address"].Text()),
            NodeStatus = Status(server["NodeStatus"]),
            Version = server["Version"].Text(),
            Meta = Tags(server["Meta"]),
            RaftVersion = server["RaftVersion"].SmallCount(),
            IsLeader = server["IsLeader"].Flag(),
            NodeType = Types.Read(server["NodeType"]),
        };
    }

    /// <summary>Tags. Go tells none (null) from an empty list of them, and so do we: none is the shared empty one.</summary>
    public static IReadOnlyDictionary<string, string> Tags(Given tags)
    {
        if (tags.IsMissing)
        {
            return SortedTags.Empty;
        }

        var read = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, Given value) in tags.Members())
        {
            read[name] = value.Text();
        }

        return read;
    }

    private static RaftSuffrage Suffrage(Given suffrage)
    {
        if (!suffrage.IsNumber)
        {
            return _suffrages.Read(suffrage);
        }

        int number = suffrage.SmallCount();
        return number <= (int)RaftSuffrage.Staging
            ? (RaftSuffrage)number
            : throw suffrage.Wrong("must be 0 (voter), 1 (nonvoter) or 2 (staging)");
    }

    /// <summary>What an object has under each id, ordered by it.</summary>
    /// <typeparam name="T">What that is.</typeparam>
    public static List<T> ById<T>(Given map, Func<ServerId, Given, T> read) =>
    [
        .. map.Members()
            .Where(member => !member.Value.IsMissing)
            .Select(member => (Id: new ServerId(member.Name), member.Value))
            .OrderBy(member => member.Id)
            .Select(member => read(member.Id, member.Value)),
    ];
}
