using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using RaftSim.Http;

namespace RaftSim.Integration.Tests.Http;

/// <summary>The bytes on a real socket: what a test server in memory cannot show.</summary>
public sealed class KestrelTests : IAsyncLifetime
{
    private const string ConfigPath = "/v1/operator/autopilot/configuration";
    private const string NoValueText = "invalid character '}' looking for beginning of value";
    private const string TextType = "Content-Type: text/plain; charset=utf-8";
    private const string ConfigBody =
        "{\"LastContactThreshold\":\"200ms\",\"ServerStabilizationTime\":\"10s\",\"CleanupDeadServers\":true,"
        + "\"MaxTrailingLogs\":250,\"MinQuorum\":0,\"EnableRedundancyZones\":false,\"DisableUpgradeMigration\":false,"
        + "\"EnableCustomUpgrades\":false,\"CreateIndex\":4,\"ModifyIndex\":4}";

    private readonly FakeOperator _cluster = new();
    private readonly WebApplication _app;

    public KestrelTests() => _app = OperatorWebHost.Create(_cluster, "127.0.0.1:0");

    public Task InitializeAsync() => _app.StartAsync();

    public async Task DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    // Goal: exactly the headers that are documented: no Server, no Allow, one Vary, a length.
    [Theory]
    [InlineData("GET " + ConfigPath, "200 OK", "Content-Type: application/json", ConfigBody)]
    [InlineData("POST " + ConfigPath, "404 Not Found", TextType, "Invalid method")]
    [InlineData("GET /v1/operator/raft/configuration?index=x", "400 Bad Request", TextType, "Invalid index")]
    [InlineData("DELETE /v1/operator/raft/peer?id=e349749b-3303-3ddf-959c-000000000001", "200 OK", null, "")]
    [InlineData("PUT /v1/operator/raft/configuration", "405 Method Not Allowed", null, "")]
    [InlineData("TRACE /v1/operator/raft/transfer-leadership", "405 Method Not Allowed", TextType, "Invalid method")]
    [InlineData("get " + ConfigPath, "404 Not Found", TextType, "Invalid method")]
    [InlineData("OPTIONS *", "404 Not Found", null, "")]
    [InlineData("GET /nowhere", "404 Not Found", null, "")]
    [InlineData("GET /?q=%zz;+", "307 Temporary Redirect", "Location: /ui/?q=%zz;+", "")]
    public async Task Reply_has_the_documented_headers_and_no_other(
        string request, string status, string? header, string body)
    {
        string[] expected =
        [
            $"Content-Length: {Encoding.UTF8.GetByteCount(body)}",
            "Connection: close",
            "Date: *",
            "Vary: Accept-Encoding",
            .. header is null ? Array.Empty<string>() : [header],
        ];
        string reply = await SendAsync($"{request} HTTP/1.1\r\nContent-Length: 0\r\n");
        (string head, string[] headers, string text) = Split(reply);
        Assert.Equal("HTTP/1.1 " + status, head);
        Assert.Equal(expected.Order(StringComparer.Ordinal), headers.Order(StringComparer.Ordinal));
        Assert.Equal(body, text);
    }

    // Goal: HEAD is never a GET: the refusal's headers, and no body.
    [Theory]
    [InlineData(ConfigPath, "404 Not Found", 14)]
    [InlineData("/v1/operator/raft/peer", "404 Not Found", 14)]
    [InlineData("/v1/operator/raft/configuration", "405 Method Not Allowed", 0)]
    public async Task Head_is_refused_without_a_body(string path, string status, int length)
    {
        (string head, string[] headers, string text) = Split(await SendAsync($"HEAD {path} HTTP/1.1\r\n"));
        Assert.Equal(("HTTP/1.1 " + status, ""), (head, text));
        Assert.Contains($"Content-Length: {length}", headers, StringComparer.Ordinal);
        Assert.DoesNotContain(headers, header => header.StartsWith("Allow", StringComparison.Ordinal));
        Assert.Empty(_cluster.Requests);
    }

    // Goal: a body that is missing, empty, broken or not JSON is told apart. Source: Nomad's decodeBody, Go net/http.
    [Theory]
    [InlineData("", "", "Request body is empty")]
    [InlineData("Content-Length: 0\r\n", "", "Request body is empty")]
    [InlineData("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "EOF")]
    [InlineData("Transfer-Encoding: chunked\r\n", "1\r\n{\r\n0\r\n\r\n", "unexpected EOF")]
    [InlineData("Transfer-Encoding: chunked\r\n", "2\r\n[}\r\n0\r\n\r\n", NoValueText)]
    [InlineData("Content-Type: a/b\r\nContent-Length: 1\r\n", "}", NoValueText)]
    [InlineData("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n", "Bad chunk size data.")]
    public async Task Body_is_judged_as_it_comes_in(string headers, string body, string reason)
    {
        string reply = await SendAsync($"PUT {ConfigPath} HTTP/1.1\r\n{headers}", body);
        (string head, string[] replyHeaders, string text) = Split(reply);
        Assert.Equal(("HTTP/1.1 400 Bad Request", "Error parsing autopilot config: " + reason), (head, text));
        Assert.Contains("Vary: Accept-Encoding", replyHeaders, StringComparer.Ordinal);
        Assert.Empty(_cluster.Requests);
    }

    // Goal: chunks and content types make no difference to a good body.
    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 2\r\nContent-Type: text/plain\r\n", "{}")]
    [InlineData("Content-Length: 2\r\nExpect: 100-continue\r\n", "{}")]
    public async Task Good_body_is_taken_in_any_form(string headers, string body)
    {
        string reply = await SendAsync($"PUT {ConfigPath} HTTP/1.1\r\n{headers}", body);
        const string Continue = "HTTP/1.1 100 Continue\r\n\r\n";
        bool isContinued = reply.StartsWith(Continue, StringComparison.Ordinal);
        (string head, _, string text) = Split(isContinued ? reply[Continue.Length..] : reply);
        Assert.Equal(("HTTP/1.1 200 OK", "true"), (head, text));
    }

    // Goal: too large a body is refused with its own status and a clear text.
    [Fact]
    public async Task Huge_body_is_refused()
    {
        string body = new(' ', 3 << 20);
        string reply = await SendAsync($"PUT {ConfigPath} HTTP/1.1\r\nContent-Length: {body.Length}\r\n", body);
        (string head, _, string text) = Split(reply);
        Assert.Equal("HTTP/1.1 413 Content Too Large", head.Replace("Payload", "Content", StringComparison.Ordinal));
        Assert.Equal("Error parsing autopilot config: Request body is larger than 1048576 bytes", text);
    }

    // Goal: compression over the wire, header lines repeated or not.
    [Theory]
    [InlineData("Accept-Encoding: gzip\r\n", "gzip")]
    [InlineData("accept-encoding: br\r\nAccept-Encoding: deflate\r\n", "deflate")]
    [InlineData("Accept-Encoding: gzip;q=1.0\r\n", null)]
    [InlineData("Accept-Encoding: gzip\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n", null)]
    public async Task Coding_is_announced(string header, string? coding)
    {
        (string head, string[] headers, _) = Split(await SendAsync($"GET {ConfigPath} HTTP/1.1\r\n{header}"));
        Assert.Equal("HTTP/1.1 200 OK", head);
        Assert.Equal(
            coding is null ? null : "Content-Encoding: " + coding,
            headers.SingleOrDefault(line => line.StartsWith("Content-Encoding", StringComparison.Ordinal)));
        Assert.Contains("Vary: Accept-Encoding", headers, StringComparer.Ordinal);
    }

    // Goal: one connection serves many requests, refused bodies in between included.
    [Fact]
    public async Task Connection_is_kept()
    {
        using HttpClient client = new() { BaseAddress = new(_app.Urls.Single()) };
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage refused = await client.PutAsync(ConfigPath, new StringContent("{x"));
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Null(refused.Headers.ConnectionClose);
            Assert.Equal(ConfigBody, await client.GetStringAsync(ConfigPath));
        }
    }

    // Goal: a port in use fails the start with an error the caller can show, and tells nothing by itself.
    [Fact]
    public async Task Port_in_use_fails_the_start()
    {
        await using WebApplication second = OperatorWebHost.Create(_cluster, new Uri(_app.Urls.Single()).Authority);
        IOException fault = await Assert.ThrowsAsync<IOException>(() => second.StartAsync());
        Assert.Contains("address already in use", fault.Message, StringComparison.OrdinalIgnoreCase);
    }

    // Goal: an address is an IP and a port, and nothing that merely looks like it.
    [Theory]
    [InlineData("127.0.0.1:4646", "127.0.0.1:4646")]
    [InlineData("0.0.0.0:0", "0.0.0.0:0")]
    [InlineData("[::1]:4646", "[::1]:4646")]
    [InlineData("127.0.0.1", null)]
    [InlineData("127.0.0.1:", null)]
    [InlineData(":4646", null)]
    [InlineData("127.0.0.1:65536", null)]
    [InlineData("127.0.0.1:-1", null)]
    [InlineData("127.0.0.1: 80", null)]
    [InlineData("::1:4646", null)]
    [InlineData("[127.0.0.1]:4646", null)]
    [InlineData("localhost:4646", null)]
    [InlineData("1:4646", null)]
    [InlineData("127.1:4646", null)]
    [InlineData("", null)]
    public void Address_is_an_IP_and_a_port(string text, string? parsed)
    {
        if (parsed is not null)
        {
            Assert.Equal(parsed, OperatorWebHost.ParseAddress(text).ToString());
            return;
        }

        ArgumentException fault = Assert.Throws<ArgumentException>(() => OperatorWebHost.ParseAddress(text));
        Assert.Contains($"\"{text}\" is not an IP address and port", fault.Message, StringComparison.Ordinal);
    }

    private async Task<string> SendAsync(string head, string body = "")
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPEndPoint.Parse(new Uri(_app.Urls.Single()).Authority));
        await using NetworkStream stream = client.GetStream();
        string connection = head.Contains("Connection:", StringComparison.Ordinal) ? "" : "Connection: close\r\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"{head}Host: test\r\n{connection}\r\n{body}"));
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private static (string Head, string[] Headers, string Body) Split(string reply)
    {
        int end = reply.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string[] lines = reply[..end].Split("\r\n");
        return (
            lines[0],
            [.. lines[1..].Select(line => line.StartsWith("Date:", StringComparison.Ordinal) ? "Date: *" : line)],
            reply[(end + 4)..]);
    }
}
