using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using RaftSim.Autopilot;
using RaftSim.Http;
using RaftSim.Integration.Tests.Hosting;
using RaftSim.Integration.Tests.Http;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>A cluster asked from the command line. Source: the item "Explain".</summary>
public sealed class OperatorCommandTests : IDisposable
{
    private static readonly string[] Explain = ["operator", "autopilot", "explain"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: for people: when, each server with the reason, each event in a line with its age, the newest last.
    [Fact]
    public async Task Explain_prints_servers_and_events()
    {
        FakeOperator cluster = new() { Servers = 2, Script = Sick };
        await using WebApplication api = await ServeAsync(cluster);

        (string output, _) = await InProcess.EndAsync(0, _folder.Path, null, [.. Explain, "--address", api.Urls.Single()]);

        Assert.Equal(
            """
            Last state: 2s ago.
            Next round of actions: in 7s.

            Server     State      Health     For    Why                                     What comes
            s1.global  leader     healthy    1m30s  answers, in contact and up to date      nothing to do
            c          non-voter  unhealthy  0s     not alive: membership has it as failed  kept c: [reason]

            1m30s ago  health   the cluster is healthy: failure tolerance 1
            4s ago     refusal  kept c: [reason]

            """,
            output);
    }

    // Goal: what is missing is said, and not left out.
    [Fact]
    public async Task Explain_says_what_is_not_there_yet()
    {
        FakeOperator cluster = new()
        {
            Script = _ => new AutopilotExplanationReply(new() { Time = new(0), Problem = "autopilot does not run" }),
        };
        await using WebApplication api = await ServeAsync(cluster);
        (string output, _) = await InProcess.EndAsync(0, _folder.Path, null, [.. Explain, "--address", api.Urls.Single()]);
        Assert.StartsWith("Last state: none yet.\nProblem: autopilot does not run.\n", output, StringComparison.Ordinal);
        Assert.EndsWith("\nNo events.\n", output, StringComparison.Ordinal);
    }

    // Goal: for programs: the server's answer as it is. The environment names the server as for Nomad's own command, and an
    // option beats it.
    [Fact]
    public async Task Explain_prints_the_answer_for_programs()
    {
        await using WebApplication api = await ServeAsync(new FakeOperator());
        using HttpClient client = new();
        string expected = await client.GetStringAsync(api.Urls.Single() + "/v1/operator/autopilot/explain");
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["NOMAD_ADDR"] = api.Urls.Single() + "/" };
        (string output, _) = await InProcess.EndAsync(
            0, _folder.Path, terminal => terminal with { Environment = environment }, [.. Explain, "--json"]);
        Assert.Equal(expected + "\n", output);

        environment["NOMAD_ADDR"] = "http://127.0.0.1:1";
        (output, _) = await InProcess.EndAsync(
            0, _folder.Path, terminal => terminal with { Environment = environment },
            [.. Explain, "--json", "--address", api.Urls.Single()]);
        Assert.Equal(expected + "\n", output);
    }

    // Goal: a refusal of the server is told with its status and its text.
    [Fact]
    public async Task A_server_that_refuses_is_told_in_one_line()
    {
        await using WebApplication api = await ServeAsync(new FakeOperator { HasLeader = false });
        string address = api.Urls.Single();
        Assert.Equal(
            $"error: {address}/v1/operator/autopilot/explain answers 500: No cluster leader",
            await InProcess.FailAsync(_folder.Path, null, [.. Explain, "--address", address]));
        Assert.Equal(
            $"error: {address}/x/v1/operator/autopilot/explain answers 404: Not Found",
            await InProcess.FailAsync(_folder.Path, null, [.. Explain, "--address", address + "/x"]));
    }

    // Goal: nobody at the address: the line names it.
    [Fact]
    public async Task An_address_without_a_server_is_told_in_one_line()
    {
        using TcpListener reserved = new(IPAddress.Loopback, 0);
        reserved.Start();
        string address = $"http://{reserved.LocalEndpoint}";
        reserved.Stop();
        Assert.StartsWith(
            $"error: {address} cannot be reached: ",
            await InProcess.FailAsync(_folder.Path, null, [.. Explain, "--address", address]),
            StringComparison.Ordinal);
    }

    // Goal: what cannot be an address is told before anybody is asked, with where it came from.
    [Theory]
    [InlineData("127.0.0.1:4646")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://h?x=y")]
    [InlineData("s1")]
    public async Task What_is_no_address_is_told_in_one_line(string address)
    {
        const string Rule = "must be a URL such as http://127.0.0.1:4646";
        Assert.Equal(
            $"error: --address \"{address}\": {Rule}",
            await InProcess.FailAsync(_folder.Path, null, [.. Explain, "--address", address]));
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["NOMAD_ADDR"] = address };
        Assert.Equal(
            $"error: NOMAD_ADDR \"{address}\": {Rule}", await InProcess.FailAsync(_folder.Path, environment, Explain));
    }

    // Goal: another program at the address is found out.
    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("<html>")]
    public async Task Another_answer_is_told_in_one_line(string answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        await using WebApplication other = builder.Build();
        other.Urls.Add("http://127.0.0.1:0");
        other.MapGet("/v1/operator/autopilot/explain", () => answer);
        await other.StartAsync();
        Assert.StartsWith(
            $"error: {other.Urls.Single()} gives another answer than servers of this program: ",
            await InProcess.FailAsync(_folder.Path, null, [.. Explain, "--address", other.Urls.Single()]),
            StringComparison.Ordinal);
    }

    // Goal: the whole of it: a real cluster, one server of it killed, and a follower that is asked why. It passes the
    // question on, and the answer names the dead server.
    [Fact]
    public async Task A_follower_of_a_real_cluster_says_why_a_dead_server_stays()
    {
        await using LocalCluster cluster = await Quick.StartAsync(
            hub: new LoopbackHub { EncodesMessages = true },
            configure: options => options.InitialAutopilot = options.InitialAutopilot with { MinQuorum = 3 });
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer[] others = [.. cluster.Servers.Where(server => server != leader)];
        await using WebApplication api = await ServeAsync(others[0]);
        await others[1].KillAsync().WaitAsync(Quick.SafetyNet);
        string kept = $"kept {others[1].Name}.global: removing it would leave 2 voters, fewer than MinQuorum 3";

        // The event is told by the leader alone, in the round after the failure was seen.
        string output = await Quick.UntilAsync(cluster, async () =>
        {
            (string text, _) = await InProcess.EndAsync(
                0, _folder.Path, null, [.. Explain, "--json", "--address", api.Urls.Single()]);
            using JsonDocument body = JsonDocument.Parse(text);
            return body.RootElement.GetProperty("Events").EnumerateArray()
                .Any(told => told.GetProperty("Text").GetString() == kept) ? text : null;
        });

        using JsonDocument last = JsonDocument.Parse(output);
        JsonElement dead = last.RootElement.GetProperty("Servers").EnumerateArray()
            .Single(server => !server.GetProperty("Healthy").GetBoolean());
        Assert.Equal(kept, dead.GetProperty("Outlook").GetString());
    }

    private static AutopilotExplanationReply Sick(ServerRequest request) => new(new()
    {
        Time = At(90_000),
        FirstStateTime = At(0),
        StateTime = At(87_001),
        NextRound = At(97_900),
        Servers =
        [
            new()
            {
                Id = new("a"), Name = "s1.global", State = RaftState.Leader, Health = new(true, At(0)),
                HealthReason = "answers, in contact and up to date", Outlook = "nothing to do",
            },
            new()
            {
                Id = new("c"), State = RaftState.NonVoter, Health = new(false, At(90_001)),
                HealthReason = "not alive: membership has it as failed", Outlook = "kept c: [reason]",
            },
        ],
        Events =
        [
            new(At(0), AutopilotEventKind.Health, default, "", "the cluster is healthy: failure tolerance 1"),
            new(At(85_500), AutopilotEventKind.Refusal, new("c"), "", "kept c: [reason]"),
        ],
    });

    private static WallTime At(long milliseconds) =>
        new WallTime(1_700_000_000_000_000_000) + Duration.Milliseconds(milliseconds);

    private static async Task<WebApplication> ServeAsync(IOperator server)
    {
        WebApplication api = OperatorWebHost.Create(server, "127.0.0.1:0");
        await api.StartAsync();
        return api;
    }
}
