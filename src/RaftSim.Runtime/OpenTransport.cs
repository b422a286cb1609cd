using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// A transport that listens before there is a server behind it. What arrives meanwhile is lost, as on a network.
/// </summary>
internal sealed class OpenTransport : IAsyncDisposable
{
    private volatile Action<Envelope>? _received;

    private OpenTransport(Func<Action<Envelope>, (ITransport Transport, ServerAddress Address)> open) =>
        (Transport, Address) = open(envelope => _received?.Invoke(envelope));

    /// <summary>The transport.</summary>
    public ITransport Transport { get; }

    /// <summary>Where others reach it.</summary>
    public ServerAddress Address { get; }

    /// <summary>Opens what the options ask for.</summary>
    public static OpenTransport Of(RaftServerOptions options, Microsoft.Extensions.Logging.ILoggerFactory? loggers) =>
        new(received => ServerParts.OpenTransportOf(options, received, loggers));

    /// <summary>Hands what arrives from now on to a server.</summary>
    public (ITransport Transport, ServerAddress Address) HandOver(Action<Envelope> received)
    {
        _received = received;
        return (Transport, Address);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Transport is IAsyncDisposable asynchronous)
        {
            await asynchronous.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            (Transport as IDisposable)?.Dispose();
        }
    }
}
