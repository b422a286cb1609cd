using System.Net.Sockets;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Runtime;

/// <summary>
/// A connection that another server made: heard out, then read until it ends. Control and bulk have a thread that blocks in
/// the read, which halves the time to the callback and does not depend on the thread pool; the rest is read by the pool.
/// </summary>
internal sealed class TcpTransportIncoming
{
    private readonly TcpTransport _owner;
    private readonly Socket _socket;
    private readonly TcpFrameReader _reader = new();
    private readonly WireDecoder _decoder = new();
    private bool _hasComplained;

    public TcpTransportIncoming(TcpTransport owner, Socket socket)
    {
        _owner = owner;
        _socket = socket;
        Remote = RemoteOf(socket);
    }

    /// <summary>Who is at the other end, for people.</summary>
    public string Remote { get; }

    /// <summary>Serves the connection until it ends; never throws.</summary>
    public async Task ServeAsync()
    {
        try
        {
            TcpSockets.Prepare(_socket, _owner.Options.WriteTimeout);
            Lane lane = await HearAsync().ConfigureAwait(false);
            if (lane != Lane.Datagram && _owner.TryTakeReaderThread())
            {
                await ReadOnThreadAsync(lane).ConfigureAwait(false);
            }
            else
            {
                await ReadAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            Refuse("it said nothing");
        }
        catch (TcpHandshakeException fault)
        {
            Refuse(fault.Message);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // The other side went away; it will come back when it has something to say.
            TcpTransport.Log.Gone(_owner.Logger, Remote, fault.Message);
        }
        catch (Exception fault)
        {
            TcpTransport.Log.ReceiverFailed(_owner.Logger, Remote, fault);
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Ends the connection.</summary>
    public void Close() => TcpSockets.Close(_socket);

    private static string RemoteOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "";
        }
        catch (SocketException)
        {
            return "a connection that ended at once";
        }
    }

    private async Task<Lane> HearAsync()
    {
        using CancellationTokenSource timeout = new(_owner.Options.ConnectTimeout, _owner.Time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _owner.Closing);
        return await TcpHandshake.ReceiveAsync(_socket, either.Token).ConfigureAwait(false);
    }

    private void Refuse(string reason)
    {
        if (!_owner.Closing.IsCancellationRequested)
        {
            TcpTransport.Log.Refused(_owner.Logger, Remote, reason);
        }
    }

    private async Task ReadOnThreadAsync(Lane lane)
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() => Read(ended))
        {
            IsBackground = true,
            Name = $"raft:{_owner.BoundEndPoint.Port} {(lane == Lane.Bulk ? "rb" : "rc")}",
        };
        thread.Start();
        await ended.Task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        thread.Join();
        _owner.ReturnReaderThread();
        await ended.Task.ConfigureAwait(false);
    }

    private void Read(TaskCompletionSource ended)
    {
        try
        {
            while (true)
            {
                int count = _socket.Receive(_reader.Space.Span, SocketFlags.None, out SocketError error);
                if (count == 0 || error != SocketError.Success || !TryTake(count))
                {
                    break;
                }
            }

            ended.SetResult();
        }
        catch (Exception fault)
        {
            ended.SetException(fault);
        }
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            int count = await _socket.ReceiveAsync(_reader.Space).ConfigureAwait(false);
            if (count == 0 || !TryTake(count))
            {
                return;
            }
        }
    }

    // False when the rest of the stream cannot be trusted.
    private bool TryTake(int count)
    {
        _reader.Filled(count);
        while (_reader.TryTake(out byte[]? body))
        {
            if (_owner.Closing.IsCancellationRequested)
            {
                return false;
            }

            if (_decoder.TryDecode(body, out Envelope envelope, out string error))
            {
                _owner.Receive(envelope);
            }
            else if (!_hasComplained)
            {
                // Whole, but of a kind that we do not know: from a newer server, which may send thousands of them.
                _hasComplained = true;
                TcpTransport.Log.NotUnderstood(_owner.Logger, Remote, error);
            }
        }

        if (_reader.Fault is { } fault)
        {
            Refuse(fault);
            return false;
        }

        return true;
    }
}
