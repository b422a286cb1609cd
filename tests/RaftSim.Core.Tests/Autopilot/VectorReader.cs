using System.Globalization;
using System.Text.Json;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>Reads the engine's types from the JSON of the published cases.</summary>
internal static class VectorReader
{
    public static string Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    public static long Long(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : 0;

    public static ulong Number(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetUInt64() : 0;

    public static bool Flag(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    /// <summary>A property's elements; none when it is missing or null.</summary>
    public static IEnumerable<JsonElement> List(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : [];

    /// <summary>A property's members; none when it is missing or null.</summary>
    public static IEnumerable<JsonProperty> Map(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject()
            : [];

    public static IReadOnlyList<ServerId> Ids(this JsonElement element, string name) =>
        [.. element.List(name).Select(id => new ServerId(id.GetString()!))];

    public static WallTime Time(string text)
    {
        DateTimeOffset parsed = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
        long ticks = (parsed - DateTimeOffset.UnixEpoch).Ticks;

        // The framework counts in 100 ns; one case has a single nanosecond.
        long nanos = text.EndsWith(".000000001Z", StringComparison.Ordinal) ? 1 : 0;
        return new((ticks * 100) + nanos);
    }

    public static NodeStatus Status(string text) => text switch
    {
        "alive" => NodeStatus.Alive,
        "failed" => NodeStatus.Failed,
        "left" => NodeStatus.Left,
        "unknown" or "" => NodeStatus.Unknown,
        _ => throw new InvalidDataException(text),
    };

    public static RaftState State(string text) => text switch
    {
        "leader" => RaftState.Leader,
        "voter" => RaftState.Voter,
        "non-voter" => RaftState.NonVoter,
        "staging" => RaftState.Staging,
        "none" or "" => RaftState.None,
        _ => throw new InvalidDataException(text),
    };

    public static RaftSuffrage Suffrage(JsonElement value) =>
        (value.ValueKind == JsonValueKind.Number
            ? value.GetInt32().ToString(CultureInfo.InvariantCulture)
            : value.GetString()) switch
        {
            "0" or "voter" => RaftSuffrage.Voter,
            "1" or "nonvoter" => RaftSuffrage.NonVoter,
            "2" or "staging" => RaftSuffrage.Staging,
            _ => throw new InvalidDataException(value.ToString()),
        };

    public static AutopilotConfig Config(JsonElement element) => new()
    {
        CleanupDeadServers = element.Flag("CleanupDeadServers"),
        LastContactThreshold = new(element.Long("LastContactThreshold")),
        MaxTrailingLogs = element.Number("MaxTrailingLogs"),
        MinQuorum = element.Number("MinQuorum"),
        ServerStabilizationTime = new(element.Long("ServerStabilizationTime")),
        EnableRedundancyZones = element.Flag("EnableRedundancyZones"),
        DisableUpgradeMigration = element.Flag("DisableUpgradeMigration"),
        EnableCustomUpgrades = element.Flag("EnableCustomUpgrades"),
    };

    public static IReadOnlyList<RaftServer> RaftServers(this JsonElement element, string name) =>
    [
        .. element.List(name).Select(server => new RaftServer(
            new(server.Text("ID")), new(server.Text("Address")), Suffrage(server.GetProperty("Suffrage")))),
    ];

    public static IReadOnlyList<AutopilotServer> KnownServers(this JsonElement element, string name) =>
        [.. element.Map(name).Select(member => Server(member.Value)).OrderBy(server => server.Id)];

    public static AutopilotServer Server(JsonElement element) => new()
    {
        Id = new(element.Text("ID")),
        Name = element.Text("Name"),
        Address = new(element.Text("Address")),
        NodeStatus = Status(element.Text("NodeStatus")),
        Version = element.Text("Version"),
        RaftVersion = (int)element.Long("RaftVersion"),
        IsLeader = element.Flag("IsLeader"),
        NodeType = element.Text("NodeType") is "voter" ? NodeType.Voter : NodeType.None,
    };

    public static ServerStats Stats(JsonElement element) =>
        new(new(element.Long("LastContact")), new(element.Number("LastTerm")), new(element.Number("LastIndex")));

    public static ServerHealth Health(JsonElement element) => new(
        element.Flag("Healthy"),
        element.TryGetProperty("StableSince", out JsonElement since) ? Time(since.GetString()!) : WallTime.None);

    public static AutopilotState AutopilotState(JsonElement element) => new()
    {
        Healthy = element.Flag("Healthy"),
        FailureTolerance = (int)element.Long("FailureTolerance"),
        Leader = new(element.Text("Leader")),
        Voters = element.Ids("Voters"),
        Servers =
        [
            .. element.Map("Servers").Select(member => new AutopilotServerState
            {
                Server = Server(member.Value.GetProperty("Server")),
                State = State(member.Value.Text("State")),
                Stats = member.Value.TryGetProperty("Stats", out JsonElement stats) ? Stats(stats) : default,
                Health = Health(member.Value.GetProperty("Health")),
            }).OrderBy(server => server.Server.Id),
        ],
    };
}
