using System.Net;
using System.Net.Sockets;

namespace RaftSim.Runtime;

/// <summary>Making connections, and noticing their end.</summary>
internal sealed partial class TcpPeerLane
{
    private async Task ConnectAsync()
    {
        try
        {
            using CancellationTokenSource timeout = new(_owner.Options.ConnectTimeout, _owner.Time);
            using CancellationTokenSource either =
                CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _owner.Closing);
            Socket socket = await OpenAsync(either.Token).ConfigureAwait(false);
            Adopt(socket);
        }
        catch (OperationCanceledException)
        {
            Failed($"no answer within {_owner.Options.ConnectTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception fault)
        {
            // Whatever it was, the lane must not stay "connecting" for ever.
            Failed(fault.Message);
        }
    }

    // Every address that the name stands for is tried, in the order of the resolver.
    private async Task<Socket> OpenAsync(CancellationToken cancellation)
    {
        IPAddress[] candidates = await _peer.Address.ResolveAsync(cancellation).ConfigureAwait(false);
        SocketException? fault = null;
        foreach (IPAddress candidate in candidates)
        {
            Socket socket = new(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                TcpSockets.Prepare(socket, _owner.Options.WriteTimeout);
                await socket.ConnectAsync(new IPEndPoint(candidate, _peer.Address.Port), cancellation).ConfigureAwait(false);
                await TcpHandshake.IntroduceAsync(socket, _lane, cancellation).ConfigureAwait(false);
                socket.Blocking = false;
                return socket;
            }
            catch (SocketException refused)
            {
                socket.Dispose();
                fault = refused;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw fault ?? new SocketException((int)SocketError.HostNotFound);
    }

    private void Adopt(Socket socket)
    {
        lock (_gate)
        {
            _isConnecting = false;
            if (_isClosed)
            {
                socket.Dispose();
                return;
            }

            _socket = socket;
            _connectedAt = _owner.Time.GetTimestamp();
            _watching = WatchAsync(socket);
            if (!_isScheduled)
            {
                _isScheduled = true;
                _owner.SenderOf(_lane).Schedule(this);
            }
        }

        _peer.Reached();
    }

    private void Failed(string reason)
    {
        lock (_gate)
        {
            _isConnecting = false;
            _pending.Clear();
            Pause(_failures + 1);
            if (_isClosed)
            {
                return;
            }
        }

        _peer.Unreached(reason);
    }

    // The other side says nothing after the handshake, so whatever can be read is the end of the connection. Noticed at
    // once, it does not cost the next message.
    private async Task WatchAsync(Socket socket)
    {
        string reason = "the other side closed it";
        try
        {
            if (await socket.ReceiveAsync(new byte[1]).ConfigureAwait(false) > 0)
            {
                reason = "the other side sent something unexpected";
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            reason = fault.Message;
        }

        Break(socket, reason);
    }
}
