using System.IO.Compression;
using System.Text;

namespace RaftSim.Integration.Tests.Http;

/// <summary>
/// Compression by exact token, for every status and size. Source: Nomad's compression handler (gorilla/handlers).
/// </summary>
public sealed class CompressionTests
{
    private const string Config = "/v1/operator/autopilot/configuration";

    // Goal: the first exact token wins; whatever is not exactly one of the two says nothing.
    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("deflate, gzip", "deflate")]
    [InlineData("br,gzip,deflate", "gzip")]
    [InlineData("  gzip  ", "gzip")]
    [InlineData("gzip;q=1.0, deflate", "deflate")]
    [InlineData("gzip;q=1", null)]
    [InlineData("gzip;q=0", null)]
    [InlineData("GZIP", null)]
    [InlineData("x-gzip", null)]
    [InlineData("*", null)]
    [InlineData("identity", null)]
    [InlineData("br", null)]
    [InlineData(",", null)]
    public async Task First_exact_token_is_used(string accept, string? coding)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        string plain = (await api.SendAsync("GET", Config)).Text;
        Reply reply = await api.SendAsync("GET", Config, null, ("Accept-Encoding", accept));
        Assert.Equal(coding, reply.Header("Content-Encoding"));
        Assert.Equal("Accept-Encoding", reply.Header("Vary"));
        Assert.Equal("application/json", reply.ContentType);
        Assert.Equal(plain, Decode(reply));
    }

    // Goal: errors and tiny bodies are compressed like everything else, an empty body becomes an empty stream.
    [Theory]
    [InlineData("GET", "/v1/operator/raft/configuration?index=x", 400, "Invalid index")]
    [InlineData("PUT", "/v1/operator/raft/configuration", 405, "")]
    [InlineData("POST", Config, 404, "Invalid method")]
    [InlineData("DELETE", "/v1/operator/raft/peer?id=x", 500, "id \"x\" was not found in the Raft configuration")]
    [InlineData("GET", "/nowhere", 404, "")]
    [InlineData("GET", "/", 307, "")]
    public async Task Every_status_and_size_is_compressed(string method, string path, int status, string text)
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        foreach (string coding in new[] { "gzip", "deflate" })
        {
            Reply reply = await api.SendAsync(method, path, null, ("Accept-Encoding", coding));
            Assert.Equal((status, coding), (reply.Status, reply.Header("Content-Encoding")));
            Assert.NotEmpty(reply.Bytes);
            Assert.Equal(text, Decode(reply));
        }
    }

    // Goal: a removed peer is reported by an empty body, which compressed has the 23 bytes that Go gives it.
    [Fact]
    public async Task Empty_success_becomes_an_empty_stream()
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply reply = await api.SendAsync(
            "DELETE", "/v1/operator/raft/peer?id=" + FakeOperator.IdOf(0), null, ("Accept-Encoding", "gzip"));
        Assert.Equal((200, 23, null), (reply.Status, reply.Bytes.Length, reply.ContentType));
        Assert.Equal("", Decode(reply));
    }

    // Goal: a request that asks to upgrade the connection is answered plainly.
    [Fact]
    public async Task Nothing_is_compressed_when_an_upgrade_is_asked_for()
    {
        await using ApiServer api = await ApiServer.StartAsync(new FakeOperator());
        Reply reply = await api.SendAsync("GET", Config, null, ("Accept-Encoding", "gzip"), ("Upgrade", "websocket"));
        Assert.Null(reply.Header("Content-Encoding"));
        Assert.StartsWith("{", reply.Text, StringComparison.Ordinal);
    }

    private static string Decode(Reply reply)
    {
        using MemoryStream source = new(reply.Bytes);
        using Stream stream = reply.Header("Content-Encoding") switch
        {
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            "deflate" => new DeflateStream(source, CompressionMode.Decompress),
            _ => source,
        };
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
