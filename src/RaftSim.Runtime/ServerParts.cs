using Microsoft.Extensions.Logging;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>How a server comes by what it waits for.</summary>
/// <param name="OpenTransport">Makes the transport, listening, and says which address others reach it at.</param>
/// <param name="OpenDisk">Opens the data folder, given where completions go.</param>
internal sealed record ServerParts(
    Func<Action<Envelope>, (ITransport Transport, ServerAddress Address)> OpenTransport,
    Func<Action<DiskCompletion>, IDisk> OpenDisk)
{
    /// <summary>What the options ask for.</summary>
    public static ServerParts Of(RaftServerOptions options, ILoggerFactory? loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ServerParts(
            received => OpenTransportOf(options, received, loggers),
            completed => OpenDiskOf(options, new MemoryDisk(), completed));
    }

    /// <summary>Opens the transport that the options ask for.</summary>
    public static (ITransport Transport, ServerAddress Address) OpenTransportOf(
        RaftServerOptions options, Action<Envelope> received, ILoggerFactory? loggers)
    {
        if (options.Transport is not null)
        {
            return (options.Transport(received), options.Address);
        }

        TcpTransport tcp = new(
            new TcpTransportOptions { Listen = options.Bind }, received, logger: loggers?.CreateLogger<TcpTransport>());
        try
        {
            tcp.Start();
        }
        catch (TransportStartException e)
        {
            throw new ServerFailedException($"Raft address of {options.Name}: {e.Message}", e);
        }

        return (tcp, options.Address.IsNone ? tcp.Address : options.Address);
    }

    /// <summary>Opens the data folder that the options ask for.</summary>
    public static IDisk OpenDiskOf(RaftServerOptions options, MemoryDisk memory, Action<DiskCompletion> completed) =>
        options.DataFolder is null
            ? new MemoryFolder(memory, completed)
            : new FileDisk(options.DataFolder, completed);
}
