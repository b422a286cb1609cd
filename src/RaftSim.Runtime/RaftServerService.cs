using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// Ties a server to the life of a generic host: started with it, stopped with it, and when the server fails, the host does
/// what its <see cref="HostOptions.BackgroundServiceExceptionBehavior"/> says; by default it stops.
/// </summary>
internal sealed class RaftServerService(ServerHost server) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await server.StartAsync(cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await server.StopAsync(cancellationToken).ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => server.Completion.WaitAsync(stoppingToken);
}

/// <summary>Says what is wrong with a server's settings before anything is opened.</summary>
internal sealed class RaftServerOptionsValidator : IValidateOptions<RaftServerOptions>
{
    public ValidateOptionsResult Validate(string? name, RaftServerOptions options) =>
        options.Problems() is { Count: > 0 } problems
            ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;
}

/// <summary>Adds a RaftSim server to a program.</summary>
public static class RaftServerExtensions
{
    /// <summary>
    /// Adds one server, which starts and stops with the host, and <see cref="IOperator"/> to talk to it. The program's own
    /// <see cref="IStateMachine"/>, <see cref="TimeProvider"/>, logging and metrics are used where they are registered.
    /// Wrong settings fail the start with <see cref="OptionsValidationException"/>, whose message names value and rule.
    /// <example>
    /// One server of three, beside the program's own endpoints:
    /// <code>
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.AddRaftServer(options =>
    /// {
    ///     options.Name = "s1";
    ///     options.DataFolder = "data/s1";
    ///     options.Bind = IPEndPoint.Parse("10.0.0.1:4647");
    ///     options.Peers.Add(new ListedPeer("s1", new ServerAddress("10.0.0.1:4647")));
    ///     options.Peers.Add(new ListedPeer("s2", new ServerAddress("10.0.0.2:4647")));
    ///     options.Peers.Add(new ListedPeer("s3", new ServerAddress("10.0.0.3:4647")));
    /// });
    /// var app = builder.Build();
    /// app.MapOperatorApi(); // of RaftSim.Http
    /// app.MapGet("/", () => "my own page");
    /// app.Run();
    /// </code>
    /// </example>
    /// </summary>
    public static IServiceCollection AddRaftServer(this IServiceCollection services, Action<RaftServerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<RaftServerOptions>().Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RaftServerOptions>, RaftServerOptionsValidator>();
        services.AddSingleton(provider => new ServerHost(
            provider.GetRequiredService<IOptions<RaftServerOptions>>().Value,
            provider.GetService<IStateMachine>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<IMeterFactory>()));
        services.AddSingleton<IOperator>(provider => provider.GetRequiredService<ServerHost>());
        services.AddHostedService<RaftServerService>();
        return services;
    }
}
