using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RaftSim.Http;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>A server inside somebody else's program. Source: the item 8, AddRaftServer and MapOperatorApi.</summary>
public sealed class AddRaftServerTests
{
    // Goal: a plain ASP.NET program keeps its own pages, serves the API beside them, and its state machine is used.
    [Fact]
    public async Task An_ASP_NET_program_hosts_a_server_beside_its_own_endpoints()
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<IStateMachine>(new SumMachine());
        builder.Services.AddRaftServer(options =>
        {
            options.Name = "s1";
            Quick.Configure(options);
        });
        await using WebApplication app = builder.Build();
        app.MapOperatorApi();
        app.MapGet("/sum", async (IOperator server) => $"{SumMachine.SumOf(await server.RequestAsync(SumMachine.Add(20)))}");
        await app.StartAsync().WaitAsync(Quick.SafetyNet);
        using HttpClient client = app.GetTestClient();

        string sum = await client.GetStringAsync("/sum").WaitAsync(Quick.SafetyNet);
        string configuration = await client.GetStringAsync("/v1/operator/raft/configuration").WaitAsync(Quick.SafetyNet);

        Assert.Equal("20", sum);
        Assert.Contains("\"Node\":\"s1.global\"", configuration, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/elsewhere").WaitAsync(Quick.SafetyNet)).StatusCode);
        await app.StopAsync().WaitAsync(Quick.SafetyNet);
        await app.Services.GetRequiredService<ServerHost>().Completion.WaitAsync(Quick.SafetyNet);
    }

    // Goal: wrong settings stop the program before anything is opened; the message names value and rule.
    [Fact]
    public async Task Wrong_options_fail_the_start_with_value_and_rule()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddRaftServer(options =>
        {
            options.Name = "s1";
            options.HeartbeatInterval = Duration.Seconds(3);
            options.DataFolder = "";
        });
        using IHost host = builder.Build();

        OptionsValidationException wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(
            [
                "DataFolder \"\": must name a folder, or be null to keep everything in memory",
                "HeartbeatInterval 3s: must be at most half of the election timeout, 1s",
            ],
            wrong.Failures);
    }

    // Goal: a server that cannot go on takes its program along, which is what the host does by default.
    [Fact]
    public async Task A_server_that_fails_stops_its_program()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton<IStateMachine>(new SumMachine(fears: 1));
        builder.Services.AddRaftServer(options =>
        {
            options.Name = "s1";
            Quick.Configure(options);
        });
        using IHost host = builder.Build();
        TaskCompletionSource stopping = new();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);
        await host.StartAsync().WaitAsync(Quick.SafetyNet);

        await host.Services.GetRequiredService<IOperator>().RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet);

        await stopping.Task.WaitAsync(Quick.SafetyNet);
    }
}
