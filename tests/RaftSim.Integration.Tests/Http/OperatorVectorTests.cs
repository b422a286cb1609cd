using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RaftSim.Integration.Tests.Http;

/// <summary>Runs the table of requests and replies that was written down from Nomad's own tests and handlers.</summary>
public sealed partial class OperatorVectorTests
{
    // What the API does not serve yet, by reason. A case leaves this list with the work that serves it.
    private static readonly string[] AccessControl =
    [
        "acl-raft-configuration-no-token", "acl-raft-configuration-insufficient",
        "acl-transfer-leadership-insufficient",
        "acl-transfer-leadership-management", "acl-health-with-token", "acl-health-no-token", "acl-snapshot-save-root",
        "acl-snapshot-save-capability", "acl-snapshot-restore-no-permission", "acl-snapshot-save-unknown-token",
        "acl-snapshot-restore-unknown-token", "acl-snapshot-save-anonymous", "acl-snapshot-restore-anonymous",
        "token-bearer", "acl-agent-members-no-token", "acl-agent-members-agent-write-only",
        "acl-agent-members-management", "acl-agent-force-leave-node-read-only", "acl-agent-force-leave-agent-write",
        "acl-agent-self-node-write-only", "acl-agent-self-management", "derived-token-unknown-uuid",
        "derived-token-not-uuid", "derived-operator-write-can-read", "derived-operator-write-cannot-read-raft",
    ];

    private static readonly string[] Snapshot = ["snapshot-save", "snapshot-restore"];

    private static readonly string[] StatusAgentRegionsMetrics =
    [
        "agent-health-server", "metrics-delete", "metrics-prometheus-disabled", "derived-post-status-peers",
        "derived-post-agent-members", "derived-post-agent-self", "derived-post-regions",
        "derived-get-agent-force-leave",
        "derived-join-no-address", "derived-force-leave-no-node", "derived-agent-health-no-leader",
        "derived-agent-health-no-leader-stale",
    ];

    private static readonly string[] NotServedYet =
        [.. AccessControl, .. Snapshot, .. StatusAgentRegionsMetrics];

    public static TheoryData<string> Served => [.. Cases().Keys.Except(NotServedYet, StringComparer.Ordinal)];

    // Goal: each case of the table is run or listed as not served, none is passed over in silence.
    [Fact]
    public void Every_case_is_run_or_listed()
    {
        SortedDictionary<string, JsonElement> cases = Cases();
        Assert.Empty(NotServedYet.Except(cases.Keys, StringComparer.Ordinal));
        Assert.Equal(NotServedYet.Length, NotServedYet.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal((85, 39, 46), (cases.Count, NotServedYet.Length, Served.Count));
    }

    // Goal: requests are answered as Nomad answers them. Source of each case: Nomad's agent tests and handlers.
    [Theory]
    [MemberData(nameof(Served))]
    public async Task Request_is_answered_as_the_table_says(string name)
    {
        JsonElement input = Cases()[name].GetProperty("input");
        JsonElement expected = Cases()[name].GetProperty("expected");
        JsonElement setup = input.GetProperty("setup");
        FakeOperator cluster = new()
        {
            Servers = setup.TryGetProperty("servers", out JsonElement servers) ? servers.GetInt32() : 1,
            HasLeader = !setup.TryGetProperty("no_leader", out _),
            AskFollower = setup.TryGetProperty("ask", out _),
        };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        if (setup.TryGetProperty("before", out JsonElement before))
        {
            foreach (JsonElement earlier in before.EnumerateArray())
            {
                Assert.Equal(200, (await SendAsync(api, earlier)).Status);
            }
        }

        Check(await SendAsync(api, input.GetProperty("request")), expected);
        if (expected.TryGetProperty("then", out JsonElement then))
        {
            Check(await SendAsync(api, then), then);
        }
    }

    private static async Task<Reply> SendAsync(ApiServer api, JsonElement request)
    {
        string path = request.GetProperty("path").GetString()!;
        if (path.Contains("<ModifyIndex>", StringComparison.Ordinal))
        {
            Reply current = await api.SendAsync("GET", "/v1/operator/autopilot/configuration");
            using JsonDocument config = JsonDocument.Parse(current.Bytes);
            string index = config.RootElement.GetProperty("ModifyIndex").GetRawText();
            path = path.Replace("<ModifyIndex>", index, StringComparison.Ordinal);
        }

        path = path.Replace("<leader id>", FakeOperator.IdOf(0), StringComparison.Ordinal);
        return await api.SendAsync(
            request.GetProperty("method").GetString()!,
            path,
            request.TryGetProperty("body", out JsonElement body) ? body.GetString() : null);
    }

    private static void Check(Reply reply, JsonElement expected)
    {
        foreach (JsonProperty property in expected.EnumerateObject())
        {
            switch (property.Name)
            {
                case "status":
                    Assert.Equal(property.Value.GetInt32(), reply.Status);
                    break;
                case "body_exact":
                    Assert.Equal(property.Value.GetString(), reply.Text);
                    break;
                case "body_contains":
                    Assert.Contains(property.Value.GetString()!, reply.Text, StringComparison.Ordinal);
                    break;
                case "body_shape":
                    Assert.Equal("compact, no trailing newline", property.Value.GetString());
                    Assert.DoesNotContain('\n', reply.Text);
                    break;
                case "body_matches_in_order":
                    string pattern = Regex.Escape(property.Value.GetString()!);
                    Assert.Matches($"^{pattern.Replace("<n>", "[0-9]+", StringComparison.Ordinal)}$", reply.Text);
                    break;
                case "headers_expected":
                    foreach (JsonProperty header in property.Value.EnumerateObject())
                    {
                        Assert.Equal(header.Value.GetString(), reply.Header(header.Name));
                    }

                    break;
                case "json_subset":
                    CheckSubset(reply, property.Value);
                    break;
                case "json_checks":
                    foreach (JsonElement check in property.Value.EnumerateArray())
                    {
                        CheckExpression(reply, check.GetString()!);
                    }

                    break;
                case "effect" or "note" or "then" or "method" or "path":
                    break;
                default:
                    Assert.Fail($"The table has a kind of check that is unknown here: {property.Name}");
                    break;
            }
        }
    }

    private static void CheckSubset(Reply reply, JsonElement subset)
    {
        using JsonDocument body = JsonDocument.Parse(reply.Bytes);
        foreach (JsonProperty property in subset.EnumerateObject())
        {
            Assert.Equal(property.Value.GetRawText(), body.RootElement.GetProperty(property.Name).GetRawText());
        }
    }

    // Such as: len(Servers)==1, Servers[0].Leader==true, ModifyIndex!=99999.
    private static void CheckExpression(Reply reply, string text)
    {
        Match match = Expression().Match(text);
        Assert.True(match.Success, $"Not understood: {text}");
        using JsonDocument body = JsonDocument.Parse(reply.Bytes);
        JsonElement value = body.RootElement.GetProperty(match.Groups["name"].Value);
        if (match.Groups["at"].Success)
        {
            value = value[int.Parse(match.Groups["at"].ValueSpan, CultureInfo.InvariantCulture)];
            value = value.GetProperty(match.Groups["field"].Value);
        }

        string actual = match.Groups["len"].Success
            ? value.GetArrayLength().ToString(CultureInfo.InvariantCulture)
            : value.GetRawText();
        string wanted = new StringBuilder(match.Groups["wanted"].Value)
            .Replace("<node_name>", "s1").Replace("<region>", "global")
            .Replace("<raft configuration index>", "1")
            .Replace("<raft leader id>", $"\"{FakeOperator.IdOf(0)}\"").ToString();
        bool isEqual = string.Equals(wanted, actual, StringComparison.Ordinal);
        Assert.True(isEqual != match.Groups["not"].Success, $"{text} does not hold: {actual}");
    }

    [GeneratedRegex(
        @"^(?<len>len\()?(?<name>\w+)\)?(\[(?<at>\d+)\]\.(?<field>\w+))?(==|(?<not>!=))(?<wanted>.+?)( \(a string\))?$",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Expression();

    private static SortedDictionary<string, JsonElement> Cases()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Vectors", "operator-http.json");
        JsonElement table = JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(path));
        SortedDictionary<string, JsonElement> cases = new(StringComparer.Ordinal);
        foreach (JsonElement one in table.GetProperty("cases").EnumerateArray())
        {
            cases.Add(one.GetProperty("name").GetString()!, one);
        }

        return cases;
    }
}
