using System.Net;
using System.Net.Sockets;

namespace RaftSim.Runtime;

/// <summary>Sockets as servers use them among each other.</summary>
internal static class TcpSockets
{
    // Linux, include/uapi/linux/tcp.h: how long sent data may stay without an acknowledgement. .NET has no name for it.
    private const int TcpUserTimeout = 18;

    /// <summary>
    /// Prepares a connection: nothing waits to be sent together with something else (TCP_NODELAY), and a peer that vanished
    /// without a word is noticed, by keepalives when nothing is sent and by <paramref name="writeTimeout"/> when something is.
    /// Without the latter TCP waits a quarter of an hour, and after a partition of a minute its next try may be a minute off.
    /// </summary>
    public static void Prepare(Socket socket, TimeSpan writeTimeout)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (OperatingSystem.IsLinux())
        {
            byte[] milliseconds = BitConverter.GetBytes((int)writeTimeout.TotalMilliseconds);
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeout, milliseconds);
        }
    }

    /// <summary>A socket that listens; throws <see cref="TransportStartException"/> when the address cannot be had.</summary>
    public static Socket Listen(IPEndPoint endpoint)
    {
        Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                // "All addresses" means those of version 4, too.
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(512);
            return socket;
        }
        catch (SocketException fault)
        {
            socket.Dispose();
            string reason = fault.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the port is in use",
                SocketError.AddressNotAvailable => "this machine does not have that address",
                SocketError.AccessDenied => "not permitted",
                _ => fault.Message,
            };
            throw new TransportStartException(new(endpoint.ToString()), reason, fault);
        }
    }

    /// <summary>Closes at once; also wakes a thread that reads from the socket.</summary>
    public static void Close(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // It was not connected any more.
        }

        socket.Dispose();
    }
}
