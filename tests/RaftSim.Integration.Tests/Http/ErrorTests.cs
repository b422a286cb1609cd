using RaftSim.Server;

namespace RaftSim.Integration.Tests.Http;

/// <summary>What a caller reads when the cluster has no result.</summary>
public sealed class ErrorTests
{
    // Goal: every kind of failure is a 500 with its text, prefixed when it came by way of another server.
    // Source: Nomad's forwarding; "outcome unknown" is never to be taken for a refusal.
    [Theory]
    [InlineData(ServerErrorKind.Refused, "need at least one voter", false, "need at least one voter")]
    [InlineData(ServerErrorKind.Refused, "need at least one voter", true, "rpc error: need at least one voter")]
    [InlineData(ServerErrorKind.NoLeader, "whatever", false, "No cluster leader")]
    [InlineData(ServerErrorKind.NotLeader, "not the leader", false, "No cluster leader")]
    [InlineData(ServerErrorKind.NotReady, "whatever", false, "Not ready to serve consistent reads")]
    [InlineData(ServerErrorKind.NotReady, "whatever", true, "rpc error: Not ready to serve consistent reads")]
    [InlineData(ServerErrorKind.NotFound, "not initialized yet", false, "not initialized yet")]
    [InlineData(ServerErrorKind.Busy, "too many <requests> & more", true, "rpc error: too many <requests> & more")]
    [InlineData(ServerErrorKind.OutcomeUnknown, "outcome unknown: no answer", false, "outcome unknown: no answer")]
    [InlineData(
        ServerErrorKind.OutcomeUnknown, "the server is shutting down", false,
        "outcome unknown, the change may have happened or may still happen: the server is shutting down")]
    public async Task Failure_is_told_with_its_text(ServerErrorKind kind, string text, bool forwarded, string expected)
    {
        FakeOperator cluster = new() { Script = _ => new ErrorReply(kind, text, forwarded) };
        await using ApiServer api = await ApiServer.StartAsync(cluster);
        foreach ((string method, string path, string? body) in new[]
        {
            ("GET", "/v1/operator/raft/configuration?pretty", null),
            ("DELETE", "/v1/operator/raft/peer?id=x", null),
            ("GET", "/v1/operator/autopilot/configuration", null),
            ("PUT", "/v1/operator/autopilot/configuration", "{}"),
            ("GET", "/v1/operator/autopilot/health", null),
            ("GET", "/v1/operator/autopilot/explain", null),
            ("GET", "/v1/operator/autopilot/state", null),
        })
        {
            Reply reply = await api.SendAsync(method, path, body);
            Assert.Equal((500, expected, "text/plain; charset=utf-8"), (reply.Status, reply.Text, reply.ContentType));
        }

        Assert.Equal(7, cluster.Requests.Count);
    }
}
