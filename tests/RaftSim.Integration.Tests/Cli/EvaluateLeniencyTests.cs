using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>What <c>raftsim autopilot evaluate</c> understands as the original programs do, Go's JSON among them.</summary>
public sealed class EvaluateLeniencyTests
{
    // Goal: a list that is null or left out is an empty one, as Go reads it.
    [Theory]
    [InlineData("next-state", """{"Now":"2026-01-01T00:00:00Z"}""", "Voters")]
    [InlineData("next-state", """{"Now":"2026-01-01T00:00:00Z","RaftConfig":{"Servers":null},"KnownServers":null}""", "Voters")]
    [InlineData("stable-promoter", "{}", "promotions")]
    [InlineData("stable-promoter", """{"servers":null}""", "promotions")]
    [InlineData("reconcile", """{"state":{"Leader":"a"},"changes":{"Promotions":null,"Demotions":null}}""", "calls")]
    [InlineData("policy", """{"Servers":null}""", "promotions")]
    [InlineData("prune-dead-servers", "{}", "calls")]
    [InlineData("prune-dead-servers", """{"raft_servers":null,"known_servers":null}""", "calls")]
    [InlineData("voter-order", "{}", "order")]
    [InlineData("voter-order", """{"servers":null}""", "order")]
    public async Task A_list_that_is_not_there_is_empty(string table, string line, string member)
    {
        JsonNode answer = await AskAsync(table, line);

        Assert.Empty(answer[member]!.AsArray());
    }

    // Goal: only what is alive is alive; any other text of membership, or none, is no opinion.
    [Theory]
    [InlineData("\"alive\"", true, "alive")]
    [InlineData("\"failed\"", false, "failed")]
    [InlineData("\"left\"", false, "left")]
    [InlineData("\"unknown\"", false, "unknown")]
    [InlineData("\"suspect\"", false, "unknown")]
    [InlineData("\"Alive\"", false, "unknown")]
    [InlineData("\"\"", false, "unknown")]
    [InlineData("null", false, "unknown")]
    public async Task Whoever_is_not_told_to_be_alive_is_not(string status, bool isHealthy, string told)
    {
        JsonNode health = await AskAsync(
            "is-healthy",
            $$"""
            {"leader_last_term":1,"leader_last_index":1,"stats":{"LastTerm":1,"LastIndex":1},"node_status":{{status}} }
            """);
        JsonNode state = await AskAsync(
            "next-state",
            $$"""
            {"Now":"2026-01-01T00:00:00Z","RaftConfig":{"Servers":[{"ID":"a"}]},"KnownServers":{"a":{"NodeStatus":{{status}} } } }
            """);

        Assert.Equal(isHealthy, health["healthy"]!.GetValue<bool>());
        Assert.Equal(told, state["Servers"]!["a"]!["Server"]!["NodeStatus"]!.GetValue<string>());
    }

    // Goal: a status that is left out is none.
    [Fact]
    public async Task A_server_without_a_status_is_not_alive()
    {
        JsonNode answer = await AskAsync(
            "is-healthy", """{"leader_last_term":1,"leader_last_index":1,"stats":{"LastTerm":1,"LastIndex":1}}""");

        Assert.False(answer["healthy"]!.GetValue<bool>());
    }

    // Goal: suffrages are read as Raft writes them ("Voter", "Nonvoter", "Staging"), and however else they are written.
    [Theory]
    [InlineData("\"Voter\"", true)]
    [InlineData("\"VOTER\"", true)]
    [InlineData("0", true)]
    [InlineData("null", true)]
    [InlineData("\"Nonvoter\"", false)]
    [InlineData("\"Non-Voter\"", false)]
    [InlineData("\"Staging\"", false)]
    [InlineData("1.0", false)]
    public async Task The_case_of_a_suffrage_does_not_matter(string suffrage, bool isVoter)
    {
        JsonNode answer = await AskAsync("prune-dead-servers", $$"""{"raft_servers":[{"ID":"a","Suffrage":{{suffrage}}}]}""");

        JsonNode categories = answer["categories"]!;
        Assert.Equal(isVoter ? 1 : 0, categories["StaleVoters"]!.AsArray().Count);
        Assert.Equal(isVoter ? 0 : 1, categories["StaleNonVoters"]!.AsArray().Count);
    }

    // Goal: what is whole is a whole number, however it is written, and nothing is rounded to be one.
    [Theory]
    [InlineData("1e1", true)]
    [InlineData("10.0", true)]
    [InlineData("0.1E+2", true)]
    [InlineData("1000e-2", true)]
    [InlineData("10.5", false)]
    [InlineData("1e-1", false)]
    [InlineData("1e10", false)]
    [InlineData("1e99999999999", false)]
    [InlineData("10.0000000000000000000000000000000000000001", false)]
    public async Task A_number_that_is_whole_is_understood(string number, bool isWhole)
    {
        (int exit, string output, _) = await EvaluateCases.AskAsync(
            "failure-tolerance", $$"""{"voters":{{number}},"healthy_voters":8}""");

        Assert.Equal(
            isWhole
                ? "{\"failure_tolerance\":2,\"quorum\":6}"
                : $"{{\"error\":\"line 1: voters {number}: must be a whole number from 0 to 2147483647\"}}",
            output.TrimEnd('\n'));
        Assert.Equal(isWhole ? 0 : 1, exit);
    }

    // Goal: nanoseconds and indexes, too: 2e8 ns of silence and index 1e2 are at the limits, and so healthy.
    [Theory]
    [InlineData("2e8", "1e2", true)]
    [InlineData("200000000.0", "100.0", true)]
    [InlineData("200000001", "1e2", false)]
    [InlineData("2e8", "9.9e1", false)]
    public async Task Durations_and_indexes_may_have_exponents(string contact, string index, bool isHealthy)
    {
        JsonNode answer = await AskAsync(
            "is-healthy",
            $$"""
            {"node_status":"alive","leader_last_term":1,"leader_last_index":350,
            "stats":{"LastContact":{{contact}},"LastTerm":1,"LastIndex":{{index}} } }
            """.ReplaceLineEndings(""));

        Assert.Equal(isHealthy, answer["healthy"]!.GetValue<bool>());
    }

    // Goal: ids are listed in the order of servers' ids everywhere, and no table has one of its own.
    [Fact]
    public async Task Ids_are_in_the_order_of_servers()
    {
        string[] ids = ["b", "\U0001F600", "é", "Ａ", "a", "B"];
        string members = string.Join(',', ids.Select(id => $$"""
            "{{id}}":{"Status":"non-voter","Healthy":true,"state":"non-voter","healthy":true}
            """));
        string[] ordered = [.. ids.Select(id => new ServerId(id)).Order().Select(id => id.ToString())];

        JsonNode policy = await AskAsync("policy", $$"""{"Servers":{ {{members}} } }""");
        JsonNode promoter = await AskAsync("stable-promoter", $$"""{"servers":{ {{members}} } }""");
        JsonNode pruned = await AskAsync(
            "prune-dead-servers",
            $$"""
            {"raft_servers":[{{string.Join(',', ids.Select(id => $"{{\"ID\":\"{id}\",\"Suffrage\":1}}"))}}]}
            """);

        Assert.Equal(ordered, policy["node_types"]!.AsObject().Select(member => member.Key));
        Assert.Equal(ordered, Texts(promoter["promotions"]!));
        Assert.Equal(ordered, Texts(pruned["categories"]!["StaleNonVoters"]!));
    }

    // Goal: JSON is UTF-8 in a pipe, whatever the locale says of the terminal.
    [Theory]
    [InlineData("en_US.ISO-8859-1")]
    [InlineData("en_US.UTF-8")]
    [InlineData("C")]
    public async Task Texts_are_UTF_8_whatever_the_locale(string locale)
    {
        const string Line = """{"raft_servers":[{"ID":"é","Suffrage":"voter"},{"ID":"日本","Suffrage":"ü"}]}""";
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "raftsim.dll"),
            "autopilot", "evaluate", "--table", "prune-dead-servers"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["LC_ALL"] = locale;
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync($"{Line}\n{Line.Replace("ü", "voter", StringComparison.Ordinal)}\n");
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Quick.SafetyNet);
        string error = await process.StandardError.ReadToEndAsync().WaitAsync(Quick.SafetyNet);
        await process.WaitForExitAsync().WaitAsync(Quick.SafetyNet);

        string[] answers = output.Split('\n');
        const string Problem = "line 1: raft_servers[1].Suffrage \"ü\": must be voter, nonvoter, non-voter or staging";
        Assert.Equal((1, Problem), (process.ExitCode, EvaluateCases.ErrorOf(answers[0])));
        Assert.Equal($"error: {Problem}\n", error);
        Assert.Contains("\"StaleVoters\":[\"é\",\"日本\"]", answers[1], StringComparison.Ordinal);
    }

    private static IEnumerable<string> Texts(JsonNode list) => list.AsArray().Select(text => text!.GetValue<string>());

    private static async Task<JsonNode> AskAsync(string table, string line)
    {
        (int exit, string output, _) = await EvaluateCases.AskAsync(table, line);
        Assert.Equal(0, exit);
        return JsonNode.Parse(output)!;
    }
}
