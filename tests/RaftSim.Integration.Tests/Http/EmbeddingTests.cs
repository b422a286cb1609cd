using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using RaftSim.Http;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Http;

/// <summary>The API inside a program that has endpoints and habits of its own.</summary>
public sealed class EmbeddingTests
{
    // Goal: the program's own endpoints, wrong methods and unknown paths stay as ASP.NET answers them.
    [Fact]
    public async Task Own_endpoints_stay_as_they_are()
    {
        await using WebApplication app = await StartAsync(new FakeOperator(), app =>
        {
            app.MapOperatorApi();
            app.MapGet("/", () => "my own page");
            app.MapGet("/v1/operator/raft/mine", () => "mine");
            app.MapGet("/{a}/{b}/{c}/{d}", (string d) => d);
        });
        using HttpClient client = app.GetTestClient();
        client.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");

        using HttpResponseMessage root = await client.GetAsync("/");
        Assert.Equal("my own page", await root.Content.ReadAsStringAsync());
        Assert.Empty(root.Headers.Vary);
        Assert.Empty(root.Content.Headers.ContentEncoding);

        using HttpResponseMessage wrong = await client.PostAsync("/", null);
        Assert.Equal(405, (int)wrong.StatusCode);
        Assert.Equal(["GET"], wrong.Content.Headers.Allow);

        using HttpResponseMessage unknown = await client.GetAsync("/ui/");
        Assert.Equal(404, (int)unknown.StatusCode);
        Assert.Empty(unknown.Headers.Vary);

        // What is ours only but for its case is free for the program, and so is what it maps itself.
        Assert.Equal("Health", await client.GetStringAsync("/v1/operator/autopilot/Health"));
        Assert.Equal("mine", await client.GetStringAsync("/v1/operator/raft/mine"));
    }

    // Goal: on our paths nothing of the program's habits shows: our bodies, our 405, our coding.
    [Fact]
    public async Task Our_paths_follow_Nomad_inside_another_program()
    {
        FakeOperator cluster = new();
        await using WebApplication app = await StartAsync(cluster, app =>
        {
            app.UseStatusCodePages();
            app.UseResponseCompression();
            app.Use((context, next) =>
            {
                context.Response.Headers.Vary = "Origin";
                return next(context);
            });
            app.MapOperatorApi();
        });
        using HttpClient client = app.GetTestClient();
        using HttpResponseMessage wrong = await client.PostAsync("/v1/operator/raft/configuration", null);
        Assert.Equal((405, ""), ((int)wrong.StatusCode, await wrong.Content.ReadAsStringAsync()));
        Assert.Empty(wrong.Content.Headers.Allow);
        Assert.Equal("Origin, Accept-Encoding", string.Join(", ", wrong.Headers.Vary));

        client.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");
        using HttpResponseMessage health = await client.GetAsync("/v1/operator/autopilot/health");
        Assert.Equal(200, (int)health.StatusCode);
        Assert.Equal(["gzip"], health.Content.Headers.ContentEncoding);
        Assert.Equal("Origin, Accept-Encoding", string.Join(", ", health.Headers.Vary));
        Assert.Single(cluster.Requests);
    }

    // Goal: the API can live below a prefix, and can be guarded as a whole.
    [Fact]
    public async Task Api_can_be_put_below_a_prefix()
    {
        await using WebApplication app = await StartAsync(
            new FakeOperator(), app => app.MapGroup("/nomad").MapOperatorApi());
        using HttpClient client = app.GetTestClient();
        using HttpResponseMessage config = await client.GetAsync("/nomad/operator/autopilot/configuration");
        Assert.Equal(200, (int)config.StatusCode);
        using HttpResponseMessage unknown = await client.GetAsync("/nomad/v1/operator/raft/nope");
        Assert.Equal("Invalid method", await unknown.Content.ReadAsStringAsync());
        using HttpResponseMessage bare = await client.GetAsync("/v1/operator/raft/nope");
        Assert.Equal((404, ""), ((int)bare.StatusCode, await bare.Content.ReadAsStringAsync()));
    }

    // Goal: conventions reach every endpoint of the API and no other.
    [Fact]
    public async Task Api_can_be_bound_to_a_host_name()
    {
        await using WebApplication app = await StartAsync(new FakeOperator(), app =>
        {
            app.MapOperatorApi().RequireHost("operator.example");
            app.MapGet("/free", () => "free");
        });
        using HttpClient client = app.GetTestClient();
        Assert.Equal("free", await client.GetStringAsync("/free"));
        foreach (string path in new[] { "/v1/operator/raft/nope", "/operator/autopilot/health" })
        {
            using HttpResponseMessage elsewhere = await client.GetAsync(path);
            Assert.Equal((404, ""), ((int)elsewhere.StatusCode, await elsewhere.Content.ReadAsStringAsync()));
            using HttpResponseMessage here = await client.GetAsync("http://operator.example" + path);
            Assert.NotEmpty(await here.Content.ReadAsByteArrayAsync());
        }
    }

    // Goal: several servers in one program: each API asks its own.
    [Fact]
    public async Task Two_servers_can_be_served_by_one_program()
    {
        await using WebApplication app = await StartAsync(null, app =>
        {
            app.MapGroup("/one").MapOperatorApi(new FakeOperator { Servers = 1 });
            app.MapGroup("/three").MapOperatorApi(new FakeOperator { Servers = 3 });
        });
        using HttpClient client = app.GetTestClient();
        string one = await client.GetStringAsync("/one/operator/autopilot/health");
        Assert.StartsWith("{\"FailureTolerance\":0,", one, StringComparison.Ordinal);
        string three = await client.GetStringAsync("/three/operator/autopilot/health");
        Assert.StartsWith("{\"FailureTolerance\":1,", three, StringComparison.Ordinal);
    }

    // Goal: a forgotten registration is told at the start, in words, and not with the first request.
    [Fact]
    public async Task Missing_server_is_told_at_once()
    {
        InvalidOperationException fault = await Assert.ThrowsAsync<InvalidOperationException>(
            () => StartAsync(null, app => app.MapOperatorApi()));
        Assert.Contains("IOperator", fault.Message, StringComparison.Ordinal);
    }

    // Goal: a caller that goes away takes its request with it, without an error anywhere.
    [Fact]
    public async Task Caller_that_goes_away_cancels_the_request()
    {
        WaitingOperator server = new();
        await using WebApplication app = await StartAsync(server, app => app.MapOperatorApi());
        using HttpClient client = app.GetTestClient();
        using CancellationTokenSource gone = new();
        Task<HttpResponseMessage> request = client.GetAsync("/v1/operator/autopilot/health", gone.Token);
        await server.Asked.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await server.Cancelled.Task;
    }

    // Goal: other formats of the same program, JSON endpoints for example, share nothing with ours.
    [Fact]
    public async Task Json_endpoints_of_the_program_keep_their_format()
    {
        await using WebApplication app = await StartAsync(new FakeOperator(), app =>
        {
            app.MapOperatorApi();
            app.MapPost("/echo", (Dictionary<string, int> body) => body);
        });
        using HttpClient client = app.GetTestClient();
        using HttpResponseMessage echo = await client.PostAsJsonAsync("/echo", new { a = 1 });
        Assert.Equal("{\"a\":1}", await echo.Content.ReadAsStringAsync());
        Assert.Equal("application/json; charset=utf-8", echo.Content.Headers.ContentType?.ToString());
    }

    private static async Task<WebApplication> StartAsync(IOperator? server, Action<WebApplication> map)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddResponseCompression();
        if (server is not null)
        {
            builder.Services.AddSingleton(server);
        }

        WebApplication app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    private sealed class WaitingOperator : IOperator
    {
        public string Name => "s1";

        public string Region => "global";

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<ServerReply> RequestAsync(
            ServerRequest request, CancellationToken cancellationToken = default)
        {
            await using CancellationTokenRegistration registration = cancellationToken.Register(Cancelled.SetResult);
            Asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            throw new InvalidOperationException("An endless wait has ended.");
        }
    }
}
