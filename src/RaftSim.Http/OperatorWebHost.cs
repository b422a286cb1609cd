using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RaftSim.Runtime;

namespace RaftSim.Http;

/// <summary>Makes web servers that serve one server's operator API and nothing else.</summary>
public static class OperatorWebHost
{
    /// <summary>How long stopping waits for requests that are being answered: 5 s.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Makes a web server for one server. It reads no settings, writes nothing to the console and leaves Ctrl+C to the
    /// caller, so that one process can run several. Start it with <c>StartAsync</c>, which throws
    /// <see cref="IOException"/> when the address cannot be listened on; the addresses it got are then in
    /// <see cref="WebApplication.Urls"/>.
    /// </summary>
    /// <param name="server">The server to ask.</param>
    /// <param name="listen">Where to listen, <c>IP:port</c>; IPv6 in brackets; port 0 takes a free one.</param>
    /// <param name="configure">Adds services or settings, a logger for example; <see langword="null"/>: none.</param>
    /// <exception cref="ArgumentException">The address is no <c>IP:port</c>.</exception>
    public static WebApplication Create(
        IOperator server, string listen, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        IPEndPoint address = ParseAddress(listen);
        WebApplicationOptions options = new() { ContentRootPath = AppContext.BaseDirectory };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(options);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address);
        });
        configure?.Invoke(builder);

        WebApplication app = builder.Build();
        app.MapOperatorApi(server);
        app.MapNomadConventions();
        return app;
    }

    /// <summary>
    /// Reads <c>IP:port</c>; throws <see cref="ArgumentException"/> for anything else, a missing port included.
    /// </summary>
    /// <param name="text">The text; IPv6 in brackets.</param>
    public static IPEndPoint ParseAddress(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon];
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && IPAddress.TryParse(isBracketed ? host[1..^1] : host, out IPAddress? address)
            && isBracketed == (address.AddressFamily == AddressFamily.InterNetworkV6)

            // .NET reads "1" and "127.1" as addresses, too; nobody means them.
            && (isBracketed || string.Equals(address.ToString(), host, StringComparison.Ordinal)))
        {
            return new(address, port);
        }

        throw new ArgumentException($"\"{text}\" is not an IP address and port such as 127.0.0.1:4646.", nameof(text));
    }

    /// <summary>Stops when the caller says so, and not when the console does.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
