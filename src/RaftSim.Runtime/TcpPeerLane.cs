using System.Diagnostics;
using System.Net.Sockets;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// The queue and the connection of one lane to one address. A connection is made when there is something to send, and
/// after a failure only when the pause is over: nobody connects to a server that nobody writes to. Thread-safe.
/// </summary>
internal sealed partial class TcpPeerLane
{
    // So that one large queue does not hold a time-out for all of it.
    private const int SlowChunkBytes = 256 << 10;

    private readonly Lock _gate = new();
    private readonly TcpTransport _owner;
    private readonly TcpPeer _peer;
    private readonly Lane _lane;
    private readonly Prng _prng;

    // Under the gate.
    private TcpFrameBuffer _pending = new();
    private Socket? _socket;
    private bool _isConnecting;
    private bool _isClosed;
    private int _failures;
    private long _brokenAt;
    private TimeSpan _pause;
    private long _connectedAt;
    private long _usedAt;
    private Task _connecting = Task.CompletedTask;
    private Task _watching = Task.CompletedTask;

    // Who set this owns _sending: the sender's thread, or a send that the system finishes.
    private bool _isScheduled;
    private Task _finishing = Task.CompletedTask;
    private TcpFrameBuffer _sending = new();

    public TcpPeerLane(TcpTransport owner, TcpPeer peer, Lane lane)
    {
        _owner = owner;
        _peer = peer;
        _lane = lane;
        _prng = owner.NewPrng();
        _usedAt = owner.Time.GetTimestamp();
    }

    /// <summary>Which lane.</summary>
    public Lane Lane => _lane;

    /// <summary>How many messages wait; without the gate, so it may be a moment old.</summary>
    public int Depth => Volatile.Read(ref _pending).Frames;

    /// <summary>Queues a message; false when it will not be sent. Never waits, never throws.</summary>
    public bool TrySend(in Envelope envelope)
    {
        lock (_gate)
        {
            if (!MayQueue() || !TryQueue(envelope))
            {
                return false;
            }

            _usedAt = _owner.Time.GetTimestamp();
            if (_socket is null)
            {
                if (!_isConnecting)
                {
                    _isConnecting = true;
                    _connecting = Task.Run(ConnectAsync);
                }

                return true;
            }

            if (_isScheduled)
            {
                return true;
            }

            _isScheduled = true;
        }

        _owner.SenderOf(_lane).Schedule(this);
        return true;
    }

    /// <summary>Whether nothing was sent for a while.</summary>
    public bool IsIdle(TimeSpan limit)
    {
        lock (_gate)
        {
            return !_isConnecting && !_isScheduled && _owner.Time.GetElapsedTime(_usedAt) >= limit;
        }
    }

    /// <summary>Sends what waits; called on the sender's thread, by whoever scheduled the lane.</summary>
    public void Flush()
    {
        Socket? socket = TakePending();
        if (socket is null)
        {
            return;
        }

        _sending.Seal();
        ReadOnlyMemory<byte> rest = _sending.Written;
        try
        {
            while (!rest.IsEmpty)
            {
                int count = socket.Send(rest.Span, SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock)
                {
                    _finishing = FinishAsync(socket, rest);
                    return;
                }

                if (error != SocketError.Success)
                {
                    Break(socket, new SocketException((int)error).Message);
                    break;
                }

                rest = rest[count..];
            }
        }
        catch (ObjectDisposedException)
        {
            // The connection was broken elsewhere meanwhile.
        }

        Sent();
    }

    /// <summary>Closes the connection for good; ends when nothing of it goes on any more.</summary>
    public async Task CloseAsync()
    {
        Socket? socket;
        lock (_gate)
        {
            _isClosed = true;
            socket = _socket;
            _socket = null;
            _pending.Clear();
        }

        if (socket is not null)
        {
            TcpSockets.Close(socket);
        }

        await _connecting.ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        await _finishing.ConfigureAwait(false);
    }

    private bool MayQueue()
    {
        if (_isClosed)
        {
            return false;
        }

        if (_socket is not null)
        {
            return _pending.Frames < _owner.Options.QueueMessagesMax && _pending.Length < _owner.Options.QueueBytesMax;
        }

        return _isConnecting
            ? _pending.Frames < _owner.Options.ConnectingMessagesMax && _pending.Length < _owner.Options.QueueBytesMax
            : _pause == TimeSpan.Zero || _owner.Time.GetElapsedTime(_brokenAt) >= _pause;
    }

    private bool TryQueue(in Envelope envelope)
    {
        try
        {
            _pending.Append(envelope);
            return true;
        }
        catch (ArgumentException fault)
        {
            TcpTransport.Log.Unwritable(_owner.Logger, _peer.Name, fault.Message);
            return false;
        }
    }

    // What waits becomes what is sent; none when there is nothing, and then the lane is no longer scheduled.
    private Socket? TakePending()
    {
        lock (_gate)
        {
            if (_socket is null || _pending.Frames == 0)
            {
                _isScheduled = false;
                return null;
            }

            (_pending, _sending) = (_sending, _pending);
            return _socket;
        }
    }

    private async Task FinishAsync(Socket socket, ReadOnlyMemory<byte> rest)
    {
        try
        {
            while (!rest.IsEmpty)
            {
                using CancellationTokenSource timeout = new(_owner.Options.WriteTimeout, _owner.Time);
                int count = await socket.SendAsync(
                    rest[..Math.Min(rest.Length, SlowChunkBytes)], timeout.Token).ConfigureAwait(false);
                rest = rest[count..];
            }
        }
        catch (OperationCanceledException)
        {
            Break(socket, "it takes nothing any more");
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            Break(socket, fault.Message);
        }

        Sent();
    }

    private void Sent()
    {
        _sending.Clear();
        lock (_gate)
        {
            if (_socket is null || _pending.Frames == 0)
            {
                _isScheduled = false;
                return;
            }
        }

        // Behind the lanes of other servers, so that all take turns.
        _owner.SenderOf(_lane).Schedule(this);
    }

    // Takes a connection out of use. What waited for it is dropped: after a break, Raft starts from what it knows.
    private void Break(Socket socket, string reason)
    {
        lock (_gate)
        {
            if (_socket != socket)
            {
                return;
            }

            _socket = null;
            _pending.Clear();
            bool wasStable = _owner.Time.GetElapsedTime(_connectedAt) >= _owner.Options.BackoffMax;
            Pause(wasStable ? 0 : _failures + 1);
        }

        TcpSockets.Close(socket);
        TcpTransport.Log.Broken(_owner.Logger, _peer.Name, _lane, reason);
    }

    private void Pause(int failures)
    {
        _failures = failures;
        _brokenAt = _owner.Time.GetTimestamp();
        _pause = TimeSpan.Zero;
        if (failures > 0)
        {
            long most = Math.Min(
                _owner.Options.BackoffMax.Ticks, _owner.Options.BackoffMin.Ticks << Math.Min(failures - 1, 20));
            _pause = new(most - (long)_prng.Below((ulong)(most / 2) + 1));
        }

        Debug.Assert(_pause <= _owner.Options.BackoffMax, "a pause is bounded");
    }
}
