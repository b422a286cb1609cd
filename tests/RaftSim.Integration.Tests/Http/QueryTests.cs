using RaftSim.Server;

namespace RaftSim.Integration.Tests.Http;

/// <summary>How the query of a request is read. Source: Nomad's query parsing, Go net/url and strconv.</summary>
public sealed class QueryTests
{
    private const string Raft = "/v1/operator/raft/configuration";
    private const string ConfigPath = "/v1/operator/autopilot/configuration";
    private const string MissingText =
        "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove";

    private const string StaleText = "Expect `true` or `false` for `stale` query string parameter";
    private const string OutOfRangeText =
        "strconv.ParseUint: parsing \"9999999999999999999999x\": value out of range";

    private const string PageText = "Expect a number for `per_page` query string parameter";
    private const string WaitText = "Invalid wait time";
    private const string IndexText = "Invalid index";

    // Goal: every read checks the same parameters in the same order; the first wrong one is reported.
    [Theory]
    [InlineData("stale=random", StaleText)]
    [InlineData("stale=yes", StaleText)]
    [InlineData("stale=tRUE", StaleText)]
    [InlineData("stale=+", StaleText)]
    [InlineData("stale=x&stale=1", StaleText)]
    [InlineData("per_page=abc", PageText)]
    [InlineData("per_page=2147483648", PageText)]
    [InlineData("per_page=-2147483649", PageText)]
    [InlineData("per_page=1.5", PageText)]
    [InlineData("per_page=-", PageText)]
    [InlineData("per_page=1_000", PageText)]
    [InlineData("wait=60", WaitText)]
    [InlineData("wait=60foo", WaitText)]
    [InlineData("wait=1d", WaitText)]
    [InlineData("wait=+60s", WaitText)]
    [InlineData("index=-1", IndexText)]
    [InlineData("index=%2B1", IndexText)]
    [InlineData("index=1.0", IndexText)]
    [InlineData("index=18446744073709551616", IndexText)]
    [InlineData("index=0x10", IndexText)]
    [InlineData("index=x&wait=x&per_page=x&stale=x", StaleText)]
    [InlineData("index=x&wait=x&per_page=x", PageText)]
    [InlineData("index=x&wait=x", WaitText)]
    [InlineData("index=x&stale", IndexText)]
    public async Task Wrong_parameter_of_a_read_is_refused(string query, string text)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        foreach (string path in new[]
        {
            "raft/configuration", "autopilot/configuration", "autopilot/health", "autopilot/explain", "autopilot/state",
        })
        {
            Reply reply = await api.GetRawAsync("/v1/operator/" + path, query);
            Assert.Equal((400, text), (reply.Status, reply.Text));
        }

        Assert.Empty(cluster.Requests);
    }

    // Goal: whatever Go's parsers accept, is accepted; names that mean nothing here are ignored, and so is letter case.
    [Theory]
    [InlineData("wait=60s&index=1000", false)]
    [InlineData("wait=&index=&per_page=", false)]
    [InlineData("wait=-1h1.5ms&index=18446744073709551615", false)]
    [InlineData("wait=%2B60s&per_page=%2B5", false)]
    [InlineData("per_page=-2147483648", false)]
    [InlineData("index=007", false)]
    [InlineData("consistent", false)]
    [InlineData("region=global&namespace=any&token=t&prefix=p&filter=f&reverse=maybe", false)]
    [InlineData("region=&STALE=x&Index=x", false)]
    [InlineData("stale", true)]
    [InlineData("stale=", true)]
    [InlineData("stale=1", true)]
    [InlineData("stale=t", true)]
    [InlineData("stale=TRUE", true)]
    [InlineData("stale=True&stale=false", true)]
    [InlineData("%73tale=tru%65", true)]
    [InlineData("stale=0", false)]
    [InlineData("stale=F", false)]
    [InlineData("stale=False&stale", false)]
    // A pair that Go cannot read is dropped, and the others stay.
    [InlineData("stale=%zz", false)]
    [InlineData("stale=%2", false)]
    [InlineData("stale=%", false)]
    [InlineData("stale%=1", false)]
    [InlineData("stale;", false)]
    [InlineData("index=x;wait=x", false)]
    [InlineData("a;b&stale", true)]
    [InlineData("stale=%zz&stale=1", true)]
    [InlineData("&&=&=x&stale&", true)]
    [InlineData("?stale=x", false)]
    [InlineData("stale=1=2&stale=1", null)]
    public async Task Query_is_read_as_Go_reads_it(string query, bool? stale)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.GetRawAsync(Raft, query);
        Assert.Equal(stale is null ? 400 : 200, reply.Status);
        Assert.Equal(stale, (cluster.Requests.SingleOrDefault() as GetRaftConfigurationRequest)?.Stale);
    }

    // Goal: health and its explanation are always the leader's word, while the configuration may be read stale.
    [Fact]
    public async Task Stale_is_honoured_for_configurations_only()
    {
        FakeOperator cluster = new() { HasLeader = false, Servers = 3 };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Assert.Equal(200, (await api.SendAsync("GET", Raft + "?stale")).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/operator/autopilot/configuration?stale")).Status);
        foreach (string name in new[] { "health", "explain" })
        {
            Reply reply = await api.SendAsync("GET", $"/v1/operator/autopilot/{name}?stale");
            Assert.Equal((500, "No cluster leader"), (reply.Status, reply.Text));
        }
    }

    // Goal: another region has no servers here, which is told only after everything else was found right.
    [Theory]
    [InlineData("GET", Raft + "?region=eu", null)]
    [InlineData("GET", Raft + "?region=Global", null)]
    [InlineData("GET", "/v1/operator/autopilot/health?region=eu", null)]
    [InlineData("GET", "/v1/operator/autopilot/explain?region=eu", null)]
    [InlineData("DELETE", "/v1/operator/raft/peer?id=x&region=eu", null)]
    [InlineData("PUT", "/v1/operator/autopilot/configuration?region=eu&cas=1", "{}")]
    public async Task Other_region_cannot_be_reached(string method, string path, string? body)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.SendAsync(method, path, body);
        Assert.Equal((500, "No path to region"), (reply.Status, reply.Text));
        Assert.Empty(cluster.Requests);
    }

    // Goal: the order of checks when the region is wrong, too.
    [Theory]
    [InlineData("GET", Raft + "?region=eu&index=x", IndexText)]
    [InlineData("PUT", ConfigPath + "?region=eu&cas=x", "Error parsing autopilot config: Request body is empty")]
    public async Task Other_mistakes_are_reported_before_the_region(string method, string path, string text)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply reply = await api.SendAsync(method, path);
        Assert.Equal((400, text), (reply.Status, reply.Text));
    }

    // Goal: a peer is named by id or by address, never by both; an empty name is simply not found.
    [Theory]
    [InlineData("", 400, MissingText)]
    [InlineData("?ID=x", 400, MissingText)]
    [InlineData("?id&address", 400, "Must specify only one of ?id or ?address")]
    [InlineData("?id", 500, "id \"\" was not found in the Raft configuration")]
    [InlineData("?id=", 500, "id \"\" was not found in the Raft configuration")]
    [InlineData("?address=", 500, "address \"\" was not found in the Raft configuration")]
    [InlineData("?id=a+b%22", 500, "id \"a b\\\"\" was not found in the Raft configuration")]
    [InlineData("?id=x&id=e349749b-3303-3ddf-959c-000000000001", 500,
        "id \"x\" was not found in the Raft configuration")]
    [InlineData("?id=e349749b-3303-3ddf-959c-000000000001", 200, "")]
    [InlineData("?address=127.0.0.1:4647", 200, "")]
    [InlineData("?address=127.0.0.1%3A4647&stale=nonsense&index=x", 200, "")]
    public async Task Peer_is_named_by_id_or_by_address(string query, int status, string text)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply reply = await api.SendAsync("DELETE", "/v1/operator/raft/peer" + query);
        Assert.Equal((status, text), (reply.Status, reply.Text));
        Assert.Equal(status == 200 ? null : "text/plain; charset=utf-8", reply.ContentType);
    }

    // Goal: cas is a number of 64 bits; its first value counts, and its error is Go's.
    [Theory]
    [InlineData("cas=abc", "strconv.ParseUint: parsing \"abc\": invalid syntax")]
    [InlineData("cas", "strconv.ParseUint: parsing \"\": invalid syntax")]
    [InlineData("cas=+4", "strconv.ParseUint: parsing \" 4\": invalid syntax")]
    [InlineData("cas=%2B4", "strconv.ParseUint: parsing \"+4\": invalid syntax")]
    [InlineData("cas=4.0", "strconv.ParseUint: parsing \"4.0\": invalid syntax")]
    [InlineData("cas=%22%5C%0A", "strconv.ParseUint: parsing \"\\\"\\\\\\n\": invalid syntax")]
    [InlineData("cas=18446744073709551616", "strconv.ParseUint: parsing \"18446744073709551616\": value out of range")]
    [InlineData("cas=9999999999999999999999x", OutOfRangeText)]
    [InlineData("cas=x&cas=4", "strconv.ParseUint: parsing \"x\": invalid syntax")]
    public async Task Wrong_cas_is_refused(string query, string text)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        Reply reply = await api.SendAsync("PUT", ConfigPath + "?" + query, "{}");
        Assert.Equal((400, "Error parsing cas value: " + text), (reply.Status, reply.Text));
        Assert.Empty(cluster.Requests);
    }

    // Goal: a check-and-set that does not match is an answer (200 false), not an error, and changes nothing.
    [Theory]
    [InlineData("cas=4", "true")]
    [InlineData("cas=004&cas=9", "true")]
    [InlineData("cas=0", "false")]
    [InlineData("cas=5", "false")]
    [InlineData("cas=18446744073709551615", "false")]
    [InlineData("", "true")]
    [InlineData("CAS=9", "true")]
    [InlineData("cas=4;", "true")]
    public async Task Cas_decides_whether_the_configuration_changes(string query, string applied)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply before = await api.SendAsync("GET", "/v1/operator/autopilot/configuration");
        Reply reply = await api.SendAsync("PUT", ConfigPath + "?" + query, "{\"MinQuorum\":3}");
        Assert.Equal((200, applied, "application/json"), (reply.Status, reply.Text, reply.ContentType));
        Reply after = await api.SendAsync("GET", "/v1/operator/autopilot/configuration");
        Assert.Equal(applied is "false", string.Equals(before.Text, after.Text, StringComparison.Ordinal));
    }
}
