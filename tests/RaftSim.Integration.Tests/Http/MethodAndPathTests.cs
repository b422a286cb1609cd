namespace RaftSim.Integration.Tests.Http;

/// <summary>Paths, methods and headers that are not those of a successful request.</summary>
public sealed class MethodAndPathTests
{
    private static readonly string[] Methods =
        ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "Put", "PROPFIND"];

    // Path, the methods it serves, the status and the text of all others.
    private static readonly (string Path, string[] Served, int Status, string Text)[] Paths =
    [
        ("/v1/operator/raft/configuration", ["GET"], 405, ""),
        ("/v1/operator/raft/peer", ["DELETE"], 404, "Invalid method"),
        ("/v1/operator/autopilot/configuration", ["GET", "PUT"], 404, "Invalid method"),
        ("/v1/operator/autopilot/health", ["GET"], 404, "Invalid method"),
        ("/operator/autopilot/configuration", ["GET", "PUT"], 404, "Invalid method"),
        ("/operator/autopilot/health", ["GET"], 404, "Invalid method"),
        ("/v1/operator/autopilot/explain", ["GET"], 404, "Invalid method"),
        ("/operator/autopilot/explain", ["GET"], 404, "Invalid method"),
        ("/v1/operator/autopilot/state", ["GET"], 404, "Invalid method"),
        ("/operator/autopilot/state", ["GET"], 404, "Invalid method"),
        ("/v1/operator/raft/nope", [], 404, "Invalid method"),
        ("/v1/operator/raft/", [], 404, "Invalid method"),
        ("/v1/operator/raft/configuration/", [], 404, "Invalid method"),
        ("/v1/operator/raft/configurationXYZ", [], 404, "Invalid method"),
        ("/v1/operator/raft/Peer", [], 404, "Invalid method"),
        ("/v1/operator/raft/transfer-leadership", ["PUT", "POST"], 405, "Invalid method"),
        ("/v1/operator/raft/a/b/c", [], 404, "Invalid method"),
        ("/", [], 307, ""),
        ("/v1/operator/raft", [], 404, ""),
        ("/V1/operator/raft/nope", [], 404, ""),
        ("/v1/Operator/autopilot/health", [], 404, ""),
        ("/v1/operator/autopilot/health/", [], 404, ""),
        ("/v1/operator/autopilot/", [], 404, ""),
        ("/v1/operator/autopilot/states", [], 404, ""),
        ("/operator/raft/configuration", [], 404, ""),
        ("/x/v1/operator/autopilot/health", [], 404, ""),
        ("/v1/status/leader", [], 404, ""),
        ("/ui/", [], 404, ""),
        ("/index.html", [], 404, ""),
    ];

    public static TheoryData<string> AllPaths => [.. Paths.Select(row => row.Path)];

    // Goal: every wrong method and every path that is not ours has its documented status and text, and nobody is asked.
    // Source: Nomad's operator handlers; methods and paths are case-sensitive there.
    [Theory]
    [MemberData(nameof(AllPaths))]
    public async Task Wrong_method_or_path_is_refused_as_documented(string path)
    {
        (_, string[] served, int status, string text) =
            Paths.Single(row => string.Equals(row.Path, path, StringComparison.Ordinal));
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        foreach (string method in Methods.Except(served, StringComparer.Ordinal))
        {
            Reply reply = await api.SendAsync(method, path);
            Assert.Equal((method, status), (method, reply.Status));
            Assert.Equal(method is "HEAD" ? "" : text, reply.Text);
            Assert.Equal(text.Length == 0 ? null : "text/plain; charset=utf-8", reply.ContentType);
            Assert.Equal("Accept-Encoding", reply.Header("Vary"));
            Assert.Null(reply.Header("Allow"));
        }

        Assert.Empty(cluster.Requests);
    }

    // Goal: the autopilot paths answer without /v1, too, as the older of the published pages prints them.
    [Theory]
    [InlineData("configuration")]
    [InlineData("health")]
    [InlineData("explain")]
    [InlineData("state")]
    public async Task Autopilot_paths_answer_with_and_without_version(string name)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply versioned = await api.SendAsync("GET", "/v1/operator/autopilot/" + name);
        Reply bare = await api.SendAsync("GET", "/operator/autopilot/" + name);
        Assert.Equal(200, bare.Status);
        Assert.Equal(versioned.Text, bare.Text);
    }

    // Goal: a PUT without /v1 changes the same configuration.
    [Fact]
    public async Task Configuration_is_set_without_version()
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply set = await api.SendAsync("PUT", "/operator/autopilot/configuration?cas=4", """{"MaxTrailingLogs":7}""");
        Assert.Equal((200, "true", "application/json"), (set.Status, set.Text, set.ContentType));
        Reply read = await api.SendAsync("GET", "/v1/operator/autopilot/configuration");
        Assert.Contains("\"MaxTrailingLogs\":7", read.Text, StringComparison.Ordinal);
    }

    // Goal: the root leads to the user interface and keeps the query as it is.
    [Theory]
    [InlineData("/", "/ui/")]
    [InlineData("/?", "/ui/")]
    [InlineData("/?a=b%20c&d", "/ui/?a=b%20c&d")]
    public async Task Root_leads_to_the_user_interface(string path, string location)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply reply = await api.SendAsync("GET", path);
        Assert.Equal((307, location, ""), (reply.Status, reply.Header("Location"), reply.Text));
    }

    // Goal: none of these endpoints sends the metadata headers of Nomad's blocking queries.
    [Fact]
    public async Task Replies_carry_no_query_metadata()
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply reply = await api.SendAsync("GET", "/v1/operator/raft/configuration");
        Assert.DoesNotContain(reply.Headers.Keys, name => name.StartsWith("X-", StringComparison.OrdinalIgnoreCase));
    }
}
