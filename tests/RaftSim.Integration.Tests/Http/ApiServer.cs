using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using RaftSim.Http;
using RaftSim.Runtime;

namespace RaftSim.Integration.Tests.Http;

/// <summary>The shipped web host over a server in memory: the whole of ASP.NET, but no socket.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiServer(WebApplication app)
    {
        _app = app;
        Client = app.GetTestClient();
    }

    /// <summary>Sends to it.</summary>
    public HttpClient Client { get; }

    public static async Task<ApiServer> StartAsync(IOperator server)
    {
        WebApplication app = OperatorWebHost.Create(server, "127.0.0.1:0", builder => builder.WebHost.UseTestServer());
        await app.StartAsync();
        return new(app);
    }

    /// <summary>Sends a request and reads the whole reply. A body is sent with its length.</summary>
    public async Task<Reply> SendAsync(
        string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await SendAsync(request);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await Client.SendAsync(request);
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, IEnumerable<string> values) in response.Headers.Concat(response.Content.Headers))
        {
            headers.Add(name, string.Join(", ", values));
        }

        return new(response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Sends a GET whose query no HTTP client would let through unchanged.</summary>
    public async Task<Reply> GetRawAsync(string path, string query)
    {
        Microsoft.AspNetCore.Http.HttpContext context = await _app.GetTestServer().SendAsync(context =>
        {
            context.Request.Method = "GET";
            context.Request.Path = path;
            context.Request.QueryString = new("?" + query);
        });
        MemoryStream body = new();
        await context.Response.Body.CopyToAsync(body);
        Dictionary<string, string> none = new(StringComparer.Ordinal);
        return new((HttpStatusCode)context.Response.StatusCode, none, body.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>A reply that was read to its end.</summary>
internal sealed record Reply(HttpStatusCode StatusCode, IReadOnlyDictionary<string, string> Headers, byte[] Bytes)
{
    public int Status => (int)StatusCode;

    public string Text => Encoding.UTF8.GetString(Bytes);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public string? ContentType => Header("Content-Type");
}
