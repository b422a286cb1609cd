using System.Text.Json.Nodes;
using RaftSim.Tidy;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>The table <c>policy</c>: a state as a cluster tells it in, what the whole policy makes of it out.</summary>
public sealed class EvaluatePolicyTests
{
    // Goal: what the API of a cluster answers is a line as it stands, and what the cluster said comes out again.
    [Fact]
    public async Task A_state_that_a_cluster_tells_is_a_line()
    {
        JsonNode answer = await AskAsync(Golden.Read("Http/Golden/autopilot-state.json"));

        Assert.Equal(
            """
            {"failure_tolerance":1,"optimistic_failure_tolerance":1,"node_types":{"e349749b-3303-3ddf-959c-000000000001":"voter",
            "e349749b-3303-3ddf-959c-000000000002":"voter","e349749b-3303-3ddf-959c-000000000003":"voter"},"zones":{},
            "upgrade_status":"idle","target_version":"0.1.0","promotions":[],"demotions":[],"leader":"","reasons":[],
            "refusals":[],"calls":[],"removals":[]}
            """.ReplaceLineEndings(""),
            answer.ToJsonString());
    }

    // Goal: a zone is lost, another server stands in for it; the dead last one is kept, and told why.
    [Fact]
    public async Task A_lost_zone_is_stood_in_for()
    {
        JsonNode answer = await AskAsync(State(
            Server("a1", "leader", "a"),
            Server("a2", "non-voter", "a"),
            Server("b1", "voter", "b"),
            Server("c1", "voter", "c", isDead: true)));

        Assert.Equal("a1=zone-voter a2=zone-standby b1=zone-voter c1=zone-voter", Pairs(answer["node_types"]!));
        Assert.Equal((0, 1), (Number(answer, "failure_tolerance"), Number(answer, "optimistic_failure_tolerance")));
        Assert.Equal("""{"servers":["a1","a2"],"voters":["a1"],"failure_tolerance":1}""", answer["zones"]!["a"]!.ToJsonString());
        Assert.Equal("""["a2"]""", answer["promotions"]!.ToJsonString());
        Assert.Equal("""["c1"]""", answer["demotions"]!.ToJsonString());
        Assert.Equal(
            """[{"op":"DemoteVoter","id":"c1"},{"op":"AddVoter","id":"a2","address":"a2:1"}]""", answer["calls"]!.ToJsonString());
        Assert.Equal("[]", answer["removals"]!.ToJsonString());
        Assert.Equal(
            """[{"id":"c1","text":"kept c1: it is the last of zone c, which is to stay known"}]""",
            answer["refusals"]!.ToJsonString());
    }

    // Goal: Consul tells of zones, versions and read replicas in fields, and has tags of other names.
    [Fact]
    public async Task Fields_stand_for_tags_that_are_not_there()
    {
        JsonObject replica = Server("r1", "voter", "");
        replica["ReadReplica"] = true;
        JsonObject newer = Server("n1", "non-voter", "");
        newer["UpgradeVersion"] = "2.0.0";
        JsonObject state = State(Server("s1", "leader", ""), replica, newer);
        state["config"]!["EnableCustomUpgrades"] = true;

        JsonNode answer = await AskAsync(state);

        Assert.Equal(("promoting", "2.0.0"), ($"{answer["upgrade_status"]}", $"{answer["target_version"]}"));
        Assert.Equal("n1=voter r1=read-replica s1=voter", Pairs(answer["node_types"]!));
        Assert.Equal("""["n1"]""", answer["promotions"]!.ToJsonString());
        Assert.Contains(
            """{"id":"n1","text":"healthy for 0s"}""", answer["reasons"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(
            "goes by the build version 1.0.0 of s1: it has no ap_version",
            answer["refusals"]!.ToJsonString(),
            StringComparison.Ordinal);
    }

    // Goal: with a moment given servers have to be stable, as in a cluster; without one they are. Settings as the API tells
    // them fit.
    [Theory]
    [InlineData(null, "[\"n1\"]")]
    [InlineData("2026-01-01T00:00:09Z", "[]")]
    [InlineData("2026-01-01T00:00:10Z", "[\"n1\"]")]
    public async Task Servers_have_to_be_stable_at_the_moment_that_is_given(string? now, string promotions)
    {
        JsonObject state = State(Server("s1", "leader", ""), Server("n1", "non-voter", ""));
        state["config"] = JsonNode.Parse("""{"ServerStabilizationTime":"10s","CreateIndex":4,"ModifyIndex":9}""");
        state["Now"] = now;

        Assert.Equal(promotions, (await AskAsync(state))["promotions"]!.ToJsonString());
    }

    // Goal: what is wrong with a state is told with its place, the value and the rule.
    [Theory]
    [InlineData("""{"Servers":{"a":{"ID":"b"}}}""", "Servers.a.ID \"b\": must be the id that it is listed under")]
    [InlineData(
        """{"Servers":{"a":{"Status":"boss"}}}""",
        "Servers.a.Status \"boss\": must be none, leader, voter, non-voter or staging")]
    public async Task What_is_wrong_is_told_in_one_line(string line, string problem)
    {
        (int exit, string output, string error) = await EvaluateCases.AskAsync("policy", line);

        Assert.Equal((1, $"line 1: {problem}"), (exit, EvaluateCases.ErrorOf(output)));
        Assert.Equal($"error: line 1: {problem}\n", error);
    }

    // Goal: a cluster without a leader has a policy, but no round of changes.
    [Fact]
    public async Task Without_a_leader_there_is_no_round()
    {
        (int exit, string output, string error) = await EvaluateCases.AskAsync(
            "policy", State(Server("s1", "voter", ""), Server("n1", "non-voter", "")).ToJsonString());

        Assert.Equal(0, exit);
        Assert.Contains("\"promotions\":[\"n1\"]", output, StringComparison.Ordinal);
        Assert.Contains("\"calls\":[]", output, StringComparison.Ordinal);
        Assert.Equal("note: line 1: cannot reconcile: there is no state with a leader in it yet\n", error);
    }

    private static int Number(JsonNode answer, string name) => answer[name]!.GetValue<int>();

    private static string Pairs(JsonNode node) => string.Join(' ', node.AsObject().Select(pair => $"{pair.Key}={pair.Value}"));

    private static JsonObject State(params JsonObject[] servers) => new()
    {
        ["Servers"] = new JsonObject(servers.Select(server => KeyValuePair.Create<string, JsonNode?>($"{server["ID"]}", server))),
        ["config"] = new JsonObject { ["EnableRedundancyZones"] = servers.Any(server => server["RedundancyZone"] is not null) },
    };

    private static JsonObject Server(string id, string status, string zone, bool isDead = false)
    {
        JsonObject server = new()
        {
            ["ID"] = id,
            ["Address"] = $"{id}:1",
            ["Status"] = status,
            ["NodeStatus"] = isDead ? "failed" : "alive",
            ["Healthy"] = !isDead,
            ["StableSince"] = "2026-01-01T00:00:00Z",
            ["Version"] = "1.0.0",
            ["LastContact"] = "12ms",
            ["Meta"] = new JsonObject(),
        };
        if (zone.Length > 0)
        {
            server["RedundancyZone"] = zone;
        }

        return server;
    }

    private static Task<JsonNode> AskAsync(JsonObject state) => AskAsync(state.ToJsonString());

    private static async Task<JsonNode> AskAsync(string line)
    {
        (int exit, string output, string error) = await EvaluateCases.AskAsync("policy", line);
        Assert.Equal((0, ""), (exit, error));
        return JsonNode.Parse(output)!;
    }
}
