using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using RaftSim.Conformance;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Transport;

/// <summary>
/// Servers that TCP connects, on ports that the system chose, and where nothing else is said (<paramref name="isAtHome"/>)
/// on an address that no other world uses.
/// </summary>
internal sealed class TcpHarness(TcpTransportOptions? options = null, ILogger? logger = null, bool isAtHome = true)
    : RealTimeTransportHarness
{
    private static int _worlds;

    // Bound but not listening: whoever connects is refused, and nobody else gets the port.
    private readonly Socket _nowhere = BoundSocket();
    private readonly IPAddress _home = NextHome();

    public static TcpTransportOptions Quick { get; } = new()
    {
        Listen = new(IPAddress.Loopback, 0),
        BackoffMin = TimeSpan.FromMilliseconds(5),
        BackoffMax = TimeSpan.FromMilliseconds(50),
    };

    public override ServerAddress Nowhere => new(_nowhere.LocalEndPoint!.ToString()!);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _nowhere.Dispose();
    }

    protected override Task<ITransport> OpenTransportAsync(TransportEndpoint endpoint)
    {
        TcpTransportOptions chosen = options ?? Quick;
        if (!endpoint.Address.IsNone)
        {
            chosen = chosen with { Listen = IPEndPoint.Parse(endpoint.Address.Value) };
        }
        else if (isAtHome && chosen.Listen.Address.Equals(IPAddress.Loopback))
        {
            chosen = chosen with { Listen = new(_home, 0) };
        }

        TcpTransport transport = new(chosen, endpoint.Accept, logger: logger);
        transport.Start();
        endpoint.Address = transport.Address;
        return Task.FromResult<ITransport>(transport);
    }

    protected override async Task CloseTransportAsync(ITransport transport) =>
        await ((TcpTransport)transport).DisposeAsync();

    // A server that comes back needs its port again, which the system may have given to somebody else meanwhile. Where all
    // of 127.0.0.0/8 is ours, each world has an address of its own.
    private static IPAddress NextHome()
    {
        int world = Interlocked.Increment(ref _worlds);
        return OperatingSystem.IsLinux()
            ? new([127, (byte)(1 + (Environment.ProcessId % 250)), (byte)(world / 250 % 250), (byte)(1 + (world % 250))])
            : IPAddress.Loopback;
    }

    private static Socket BoundSocket()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}

public sealed class TcpConformanceTests : TransportConformance
{
    protected override TransportHarness Create() => new TcpHarness();
}

/// <summary>The same, with every connection read by the thread pool.</summary>
public sealed class TcpWithoutThreadsConformanceTests : TransportConformance
{
    protected override TransportHarness Create() => new TcpHarness(TcpHarness.Quick with { ReaderThreadsMax = 0 });
}
