using RaftSim.Server;

namespace RaftSim.Integration.Tests.Http;

/// <summary>Moving leadership. Source: Nomad HTTP API, "Transfer Leadership".</summary>
public sealed class TransferTests
{
    private const string Path = "/v1/operator/raft/transfer-leadership";

    // Goal: the target is checked in Nomad's order and with its texts, before anybody is asked.
    [Theory]
    [InlineData("", "must specify id or address")]
    [InlineData("?ID=x", "must specify id or address")]
    [InlineData("?id=a&address=b", "must specify either id or address")]
    [InlineData("?id&address", "must specify either id or address")]
    [InlineData("?id", "id must be non-empty")]
    [InlineData("?id=&id=x", "id must be non-empty")]
    [InlineData("?id=x&id=y", "must specify only one id")]
    [InlineData("?address=", "address must be non-empty")]
    [InlineData("?address=1.2.3.4:1&address=1.2.3.4:2", "must specify only one address")]
    [InlineData("?id=foo", "id must be a uuid: uuid string is wrong length")]
    [InlineData("?id=8b8a4c1e-6c9f-4a57-9b1d-0a5e3f1c2d4x", "id must be a uuid: uuid is improperly formatted")]
    [InlineData("?address=nope", "address must be in IP:port format: not an ip:port")]
    [InlineData("?address=1.2.3.4:", "address must be in IP:port format: no port")]
    [InlineData("?address=:4647", "address must be in IP:port format: no IP")]
    [InlineData("?address=1.2.3.4:http",
        "address must be in IP:port format: invalid port \"http\" parsing \"1.2.3.4:http\"")]
    [InlineData("?address=1.2.3.4:70000",
        "address must be in IP:port format: invalid port \"70000\" parsing \"1.2.3.4:70000\"")]
    [InlineData("?address=localhost:4647", "address must be in IP:port format: ParseAddr(\"localhost\"): unable to parse IP")]
    [InlineData("?address=127.1:4647", "address must be in IP:port format: ParseAddr(\"127.1\"): unable to parse IP")]
    [InlineData("?address=::1:4647", "address must be in IP:port format: invalid ip:port \"::1:4647\", "
        + "IPv6 addresses must be surrounded by square brackets")]
    public async Task Bad_target_is_refused_with_its_reason(string query, string expected)
    {
        FakeOperator cluster = new();
        await using ApiServer api = await ApiServer.StartAsync(cluster);

        Reply reply = await api.SendAsync("PUT", Path + query);

        Assert.Equal((400, expected), (reply.Status, reply.Text));
        Assert.Empty(cluster.Requests);
    }

    // Goal: a good target is passed on as it was given, the body is not looked at, and the reply has Nomad's shape.
    [Theory]
    [InlineData("PUT", "?address=127.0.0.1:4657", false)]
    [InlineData("POST", "?id=e349749b-3303-3ddf-959c-000000000002", false)]
    [InlineData("PUT", "?id=e349749b-3303-3ddf-959c-000000000001", true)]
    public async Task Leadership_moves(string method, string query, bool isNoop)
    {
        FakeOperator cluster = new() { Servers = 3 };
        await using ApiServer api = await ApiServer.StartAsync(cluster);

        Reply reply = await api.SendAsync(method, Path + query, "{ nonsense");

        (string address, int number) = isNoop ? ("127.0.0.1:4647", 1) : ("127.0.0.1:4657", 2);
        Assert.Equal(
            "{\"Err\":null,\"From\":{\"Address\":\"127.0.0.1:4647\",\"ID\":\"e349749b-3303-3ddf-959c-000000000001\"},"
            + $"\"Noop\":{(isNoop ? "true" : "false")},"
            + $"\"To\":{{\"Address\":\"{address}\",\"ID\":\"e349749b-3303-3ddf-959c-00000000000{number}\"}}}}",
            reply.Text);
        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
    }

    // Goal: an unknown target is a 400 with the same text through every server; every other failure is a 500.
    [Theory]
    [InlineData(ServerErrorKind.NotFound, true, 400, "x")]
    [InlineData(ServerErrorKind.NotFound, false, 400, "x")]
    [InlineData(ServerErrorKind.Refused, false, 500, "x")]
    [InlineData(ServerErrorKind.Refused, true, 500, "rpc error: x")]
    [InlineData(ServerErrorKind.NoLeader, false, 500, "No cluster leader")]
    public async Task Failure_is_told_with_its_status(ServerErrorKind kind, bool forwarded, int status, string text)
    {
        FakeOperator cluster = new() { Script = _ => new ErrorReply(kind, "x", forwarded) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);

        Reply reply = await api.SendAsync("PUT", Path + "?address=[::1]:4647");

        Assert.Equal((status, text), (reply.Status, reply.Text));
    }
}
