using System.Text.Json;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Tidy;

namespace RaftSim.Integration.Tests.Http;

/// <summary>Bodies, byte for byte. Source: Nomad's two JSON encoders and the published samples.</summary>
public sealed class BodyTests
{
    private const string RaftPath = "/v1/operator/raft/configuration";
    private const string ConfigPath = "/v1/operator/autopilot/configuration";
    private const string HealthPath = "/v1/operator/autopilot/health";
    private const string ExplainPath = "/v1/operator/autopilot/explain";
    private const string StatePath = "/v1/operator/autopilot/state";

    // What an encoder could stumble over: both encoders keep most of it, but escape differently.
    private const string Odd = "a\"b\\c</>&'+é\u2028😀\u0001\b\f\n\r\t\u007f";

    private static readonly AutopilotState Sick = new()
    {
        Healthy = false,
        FailureTolerance = 0,
        Leader = new("b"),
        Voters = [new("b"), new("c"), new("a")],
        Servers =
        [
            ServerOf("c", NodeStatus.Left, RaftState.Voter, new(-42), new(1_488_838_071_499_999_999)),
            ServerOf("a", NodeStatus.Failed, RaftState.Voter, new(27_291_304), new(1_488_838_071_500_000_000)),
            ServerOf("b", NodeStatus.Alive, RaftState.Leader, Duration.Zero, new(-1_500_000_000)),
            ServerOf("d", NodeStatus.Unknown, RaftState.NonVoter, new(1_500), WallTime.None) with
            {
                Server = new() { Id = new("d"), Name = Odd },
            },
        ],
    };

    // Goal: each body has its documented fields in their order, compact and pretty.
    [Theory]
    [InlineData(RaftPath, 3, "raft-configuration")]
    [InlineData(ConfigPath, 1, "autopilot-configuration")]
    [InlineData(HealthPath, 3, "autopilot-health")]
    [InlineData(ExplainPath, 3, "autopilot-explanation")]
    [InlineData(StatePath, 3, "autopilot-state")]
    public async Task Body_is_as_recorded(string path, int servers, string name)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator { Servers = servers });
        await Check(api, path, 200, name);
    }

    // Goal: an unhealthy cluster has the same body with 429; servers are listed by id, times are rounded to the second.
    [Fact]
    public async Task Unhealthy_body_is_as_recorded()
    {
        FakeOperator cluster = new() { Script = _ => new AutopilotHealthReply(Sick) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        await Check(api, HealthPath, 429, "autopilot-health-unhealthy");
    }

    // Goal: before the first state there is nothing to list. Source: Nomad's reply in that moment.
    [Fact]
    public async Task Health_before_the_first_state_is_not_healthy()
    {
        FakeOperator cluster = new() { Script = _ => new AutopilotHealthReply(null) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.SendAsync("GET", HealthPath);
        Assert.Equal((429, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal("""{"FailureTolerance":0,"Healthy":false,"Leader":"","Servers":null,"Voters":[]}""", reply.Text);
        await Check(api, HealthPath, 429, "autopilot-health-before-first-state");
    }

    // Goal: zones, read replicas and an upgrade are told as Nomad's Enterprise edition tells them; what is empty is null there,
    // and an upgrade in which nothing happens, in a cluster without all of these, is not told. Source: Nomad HTTP API, "Read
    // Health".
    [Fact]
    public async Task Health_with_zones_and_an_upgrade_is_as_recorded()
    {
        AutopilotState state = new()
        {
            OptimisticFailureTolerance = 2,
            ReadReplicas = [new("r1")],
            RedundancyZones = [new("a", [new("s1"), new("s2")], [new("s1")], 1), new(Odd, [], [], 0)],
            Upgrade = new()
            {
                Status = UpgradeStatus.AwaitNewVoters,
                TargetVersion = "1.7.5+ent",
                Target = new([new("s1")], [], [new("r1")]),
                Other = new([], [new("s2")], []),
                Zones = [new("a", new([new("s1")], [], []), new([], [new("s2")], []))],
            },
        };
        FakeOperator cluster = new() { Script = _ => new AutopilotHealthReply(state) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        await Check(api, HealthPath, 429, "autopilot-health-zones");
        await Check(api, StatePath, 200, "autopilot-state-zones");
        cluster.Script = _ => new AutopilotHealthReply(new() { OptimisticFailureTolerance = 2, Upgrade = new() });
        Reply plain = await api.SendAsync("GET", HealthPath);
        Assert.Equal("""{"FailureTolerance":0,"Healthy":false,"Leader":"","Servers":null,"Voters":[]}""", plain.Text);
    }

    // Goal: what is not there yet is null, every state and kind has its word, times are exact, and text survives.
    [Fact]
    public async Task Odd_explanations_are_as_recorded()
    {
        FakeOperator cluster = new() { Script = _ => new AutopilotExplanationReply(new() { Problem = Odd }) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        await Check(api, ExplainPath, 200, "autopilot-explanation-empty");
        cluster.Script = _ => new AutopilotExplanationReply(new()
        {
            Time = new(1_488_838_071_500_000_000),
            FirstStateTime = new(-1_500_000_001),
            StateTime = new(long.MaxValue),
            NextRound = new(1_488_838_071_000_000_000),
            Servers = [.. Enum.GetValues<RaftState>().Select(state => new ServerExplanation
            {
                Id = new($"{state}"), Name = Odd, State = state, HealthReason = Odd, Outlook = Odd,
            })],
            Events = [.. Enum.GetValues<AutopilotEventKind>().Select(kind =>
                new PastAutopilotEvent(new(1_488_838_071_000_000_120), kind, default, Odd, Odd))],
        });
        await Check(api, ExplainPath, 200, "autopilot-explanation-odd");
    }

    // Goal: no servers are null and not an empty list; text that needs escapes survives.
    [Fact]
    public async Task Odd_raft_configurations_are_as_recorded()
    {
        FakeOperator cluster = new() { Script = _ => new RaftConfigurationReply(default, []) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        await Check(api, RaftPath, 200, "raft-configuration-empty");
        cluster.Script = _ => new RaftConfigurationReply(
            new(ulong.MaxValue),
            [new(new(Odd), "(unknown)", default, false, Suffrage.NonVoter, "unknown")]);
        await Check(api, RaftPath, 200, "raft-configuration-odd");
        using JsonDocument body = JsonDocument.Parse((await api.SendAsync("GET", RaftPath)).Bytes);
        Assert.Equal(Odd, body.RootElement.GetProperty("Servers")[0].GetProperty("ID").GetString());
    }

    // Goal: durations appear as Go text, with the micro sign as it is.
    [Fact]
    public async Task Odd_autopilot_configuration_is_as_recorded()
    {
        AutopilotConfig config = new()
        {
            LastContactThreshold = new(-1_500),
            ServerStabilizationTime = new(3_661_500_000_000),
            MaxTrailingLogs = ulong.MaxValue,
            MinQuorum = 3,
            EnableCustomUpgrades = true,
        };
        FakeOperator cluster = new() { Script = _ => new AutopilotConfigReply(config, new(4), new(ulong.MaxValue)) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        await Check(api, ConfigPath, 200, "autopilot-configuration-odd");
    }

    // Goal: pretty is asked for by any value but exactly 0, by its first value, and ends with one newline.
    [Theory]
    [InlineData("pretty", true)]
    [InlineData("pretty=", true)]
    [InlineData("pretty=1", true)]
    [InlineData("pretty=false", true)]
    [InlineData("pretty=00", true)]
    [InlineData("pretty=0", false)]
    [InlineData("pretty=0&pretty=1", false)]
    [InlineData("Pretty=1", false)]
    [InlineData("", false)]
    public async Task Pretty_is_any_value_but_zero(string query, bool isPretty)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply read = await api.SendAsync("GET", $"{RaftPath}?{query}");
        Assert.Equal(isPretty, read.Text.EndsWith("}\n", StringComparison.Ordinal));
        Reply set = await api.SendAsync("PUT", $"{ConfigPath}?{query}", "{}");
        Assert.Equal(isPretty ? "true\n" : "true", set.Text);

        // Errors stay bare.
        Assert.Equal("Invalid method", (await api.SendAsync("POST", $"{ConfigPath}?{query}")).Text);
    }

    // Goal: a server's place in Raft decides Leader and Voter; NodeStatus decides SerfStatus.
    [Fact]
    public async Task Health_says_who_leads_and_who_votes()
    {
        FakeOperator cluster = new() { Script = _ => new AutopilotHealthReply(Sick) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        using JsonDocument body = JsonDocument.Parse((await api.SendAsync("GET", HealthPath)).Bytes);
        string[] seen = [.. body.RootElement.GetProperty("Servers").EnumerateArray().Select(server => string.Join(
            ' ',
            server.GetProperty("ID"),
            server.GetProperty("SerfStatus"),
            server.GetProperty("Leader"),
            server.GetProperty("Voter"),
            server.GetProperty("LastContact"),
            server.GetProperty("StableSince")))];
        Assert.Equal(
            [
                "a failed False True 27.291304ms 2017-03-06T22:07:52Z",
                "b alive True True 0s 1969-12-31T23:59:59Z",
                "c left False True -1ns 2017-03-06T22:07:51Z",
                "d none False False 1.5µs 0001-01-01T00:00:00Z",
            ],
            seen);
    }

    private static AutopilotServerState ServerOf(
        string id, NodeStatus status, RaftState state, Duration contact, WallTime since) => new()
        {
            Server = new()
            {
                Id = new(id),
                Name = $"{id}.global",
                Address = new($"10.0.0.1:{4647 + id[0]}"),
                NodeStatus = status,
                Version = "0.1.0",
                RaftVersion = 3,
            },
            State = state,
            Stats = new(contact, new(2), new(46)),
            Health = new(state == RaftState.Leader, since),
        };

    private static async Task Check(ApiServer api, string path, int status, string name)
    {
        Reply compact = await api.SendAsync("GET", path);
        Assert.Equal((status, "application/json"), (compact.Status, compact.ContentType));
        Golden.Check($"Http/Golden/{name}.json", compact.Text);
        Reply pretty = await api.SendAsync("GET", path + "?pretty");
        Assert.Equal((status, "application/json"), (pretty.Status, pretty.ContentType));
        Golden.Check($"Http/Golden/{name}.pretty.json", pretty.Text);
    }
}
