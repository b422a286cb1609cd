using System.Net;
using System.Net.Sockets;

namespace RaftSim.Integration.Tests.Transport;

/// <summary>Passes connections on to a server, and flips a bit in the first one.</summary>
internal sealed class DamagingRelay : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _server;
    private readonly int _damagedByte;
    private int _damaged;

    public DamagingRelay(IPEndPoint server, int damagedByte)
    {
        (_server, _damagedByte) = (server, damagedByte);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public ServerAddress Address => new(_listener.LocalEndPoint!.ToString()!);

    /// <summary>How many bits were flipped.</summary>
    public int Damaged => Volatile.Read(ref _damaged);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            for (bool isFirst = true; ; isFirst = false)
            {
                Socket from = await _listener.AcceptAsync();
                Socket to = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await to.ConnectAsync(_server);
                _ = PassAsync(from, to, isFirst);
                _ = PassAsync(to, from, damages: false);
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool damages)
    {
        try
        {
            byte[] buffer = new byte[4_096];
            int passed = 0;
            for (int count; (count = await from.ReceiveAsync(buffer)) > 0; passed += count)
            {
                if (damages && _damagedByte >= passed && _damagedByte < passed + count)
                {
                    buffer[_damagedByte - passed] ^= 1;
                    Interlocked.Increment(ref _damaged);
                }

                await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // One end has gone; so does the other.
        }

        from.Dispose();
        to.Dispose();
    }
}
