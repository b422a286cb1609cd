using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using RaftSim.Cli.Output;
using RaftSim.Http;
using RaftSim.Runtime;

namespace RaftSim.Cli.Commands;

/// <summary>The web servers of a command, one for each Raft server.</summary>
internal sealed class WebServers : IAsyncDisposable
{
    private readonly List<WebApplication> _running = [];

    /// <summary>Where each listens, in the order of starting.</summary>
    public IReadOnlyList<string> Addresses => [.. _running.Select(AddressOf)];

    /// <summary>Starts one. Throws <see cref="UsageException"/> when it cannot listen there.</summary>
    public async Task StartAsync(IOperator server, string listen, LogLevel level, Terminal terminal)
    {
        WebApplication web = OperatorWebHost.Create(
            server, listen, builder => LogLines.Configure(builder.Logging, level, terminal));
        try
        {
            await web.StartAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            await web.DisposeAsync();
            string reason = e is AddressInUseException || e.InnerException is AddressInUseException
                ? "is in use; give another one, or stop who uses it"
                : $"cannot be listened on: {(e.InnerException ?? e).Message}";
            throw new UsageException($"HTTP address {listen} of {server.Name}: {reason}", e);
        }

        _running.Add(web);
    }

    /// <summary>Stops all.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_running.Select(web => web.StopAsync()));
        foreach (WebApplication web in _running)
        {
            await web.DisposeAsync();
        }
    }

    private static string AddressOf(WebApplication web) => new Uri(web.Urls.First()).Authority;
}
