using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// Carries messages over TCP: a connection for each lane to each address, length-prefixed frames with checksums, bounded
/// queues, connections made anew by themselves. <c>docs/TRANSPORT.md</c> has the format. Thread-safe.
/// </summary>
public sealed partial class TcpTransport : ITransport, IAsyncDisposable
{
    // Far more than a cluster has servers; bounds what wrong addresses could cost.
    private const int PeersMax = 4_096;

    private readonly Action<Envelope> _received;
    private readonly Action<ServerAddress>? _unreachable;
    private readonly ConcurrentDictionary<ServerAddress, TcpPeer> _peers = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Prng _prng;
    private Socket? _listener;
    private IPEndPoint? _bound;
    private TcpTransportSender? _urgent;
    private TcpTransportSender? _bulk;
    private ITimer? _sweep;
    private Task _accepting = Task.CompletedTask;
    private bool _isClosed;

    /// <summary>
    /// Makes a transport that does not listen yet. Throws <see cref="ArgumentException"/> for options out of range.
    /// </summary>
    /// <param name="options">The settings.</param>
    /// <param name="received">
    /// Takes what arrives, called by several threads at once but in order for each connection. While it does not return,
    /// nothing more is read from that connection.
    /// </param>
    /// <param name="unreachable">Told when a connection to an address could not be made; called by any thread.</param>
    /// <param name="logger">Hears of connections that fail and strangers that are refused. Default: nobody does.</param>
    /// <param name="time">The clock of pauses and time-outs. Default: the system's.</param>
    public TcpTransport(
        TcpTransportOptions options,
        Action<Envelope> received,
        Action<ServerAddress>? unreachable = null,
        ILogger? logger = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(received);
        options.Validate();
        Options = options;
        Logger = logger ?? NullLogger.Instance;
        Time = time ?? TimeProvider.System;
        Closing = _closing.Token;
        _received = received;
        _unreachable = unreachable;
        _prng = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    }

    /// <summary>Where it listens. Throws <see cref="InvalidOperationException"/> before <see cref="Start"/>.</summary>
    public IPEndPoint BoundEndPoint => _bound ?? throw new InvalidOperationException("the transport is not started");

    /// <summary>
    /// <see cref="BoundEndPoint"/> as others address it. Of no use when it listens on all interfaces: then the operator has to
    /// say which address others can reach.
    /// </summary>
    public ServerAddress Address => new(BoundEndPoint.ToString());

    internal TcpTransportOptions Options { get; }

    internal ILogger Logger { get; }

    internal TimeProvider Time { get; }

    internal CancellationToken Closing { get; }

    /// <summary>
    /// Starts to listen. Throws <see cref="TransportStartException"/> when the address cannot be had, and
    /// <see cref="InvalidOperationException"/> the second time.
    /// </summary>
    public void Start()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_listener is not null)
            {
                throw new InvalidOperationException("the transport was started before");
            }

            _listener = TcpSockets.Listen(Options.Listen);
            _bound = (IPEndPoint)_listener.LocalEndPoint!;
            // The system shows 15 characters of a thread's name.
            _urgent = new($"raft:{_bound.Port} urg");
            _bulk = new($"raft:{_bound.Port} blk");
            _sweep = Time.CreateTimer(_ => Sweep(), null, Options.IdleTimeout, Options.IdleTimeout);
            _accepting = AcceptAsync(_listener);
        }
    }

    /// <inheritdoc/>
    public bool TrySend(in Envelope envelope) =>
        !envelope.ToAddress.IsNone && PeerAt(envelope.ToAddress) is { } peer && peer.TrySend(envelope);

    /// <summary>
    /// Closes everything; when this returns, no thread and no connection is left, and nothing is received any more. What
    /// was not sent is lost. Does nothing the second time. Not to be called from a callback.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        await _accepting.ConfigureAwait(false);
        if (_sweep is not null)
        {
            await _sweep.DisposeAsync().ConfigureAwait(false);
        }

        // First the threads that could still start a send, then the connections.
        _urgent?.Close();
        _bulk?.Close();
        await Task.WhenAll(_peers.Values.Select(peer => peer.CloseAsync())).ConfigureAwait(false);
        await CloseIncomingAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>How many messages wait for each connection that was ever made or tried.</summary>
    internal IEnumerable<(ServerAddress Peer, Lane Lane, int Messages)> Queues() =>
        _peers.Values.SelectMany(peer => peer.Queues());

    internal TcpTransportSender SenderOf(Lane lane) => lane == Lane.Bulk ? _bulk! : _urgent!;

    internal Prng NewPrng()
    {
        lock (_gate)
        {
            return new(_prng.NextUInt64());
        }
    }

    internal void TellUnreachable(ServerAddress address)
    {
        try
        {
            _unreachable?.Invoke(address);
        }
        catch (Exception fault)
        {
            Log.ReceiverFailed(Logger, address.ToString(), fault);
        }
    }

    private TcpPeer? PeerAt(ServerAddress name)
    {
        if (_peers.TryGetValue(name, out TcpPeer? peer))
        {
            return peer;
        }

        if (_listener is null || _peers.Count >= PeersMax || TcpAddress.Parse(name) is not { } address)
        {
            return null;
        }

        TcpPeer made = _peers.GetOrAdd(name, (_, self) => new(self, name, address), this);
        // Made while the transport was being closed, it might have been overlooked; it has no connection yet.
        return _closing.IsCancellationRequested ? null : made;
    }

    // Servers that left the cluster are not kept connected for ever.
    private void Sweep()
    {
        foreach ((ServerAddress name, TcpPeer peer) in _peers)
        {
            if (peer.IsIdle(Options.IdleTimeout) && _peers.TryRemove(new(name, peer)))
            {
                Log.Swept(Logger, name);
                _ = peer.CloseAsync();
            }
        }
    }
}
