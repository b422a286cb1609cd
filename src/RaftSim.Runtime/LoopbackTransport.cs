using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Runtime;

/// <summary>
/// Connects servers of one process without sockets: for tests, and for programs that hold a whole cluster. Addresses are any
/// text. Thread-safe.
/// </summary>
public sealed class LoopbackHub
{
    private readonly ConcurrentDictionary<string, LoopbackTransport> _servers = new(StringComparer.Ordinal);

    /// <summary>
    /// Whether messages pass through <see cref="WireCodec"/> on their way, so that nothing is shared between servers and a
    /// message that cannot be written is found. Default: false, the message arrives as the very same object.
    /// </summary>
    public bool EncodesMessages { get; init; }

    /// <summary>Most messages of one lane that wait for one server; more are refused. Positive; default 4096.</summary>
    public int QueueMessagesMax { get; init; } = 4_096;

    /// <summary>
    /// Connects a server. What arrives is given to <paramref name="received"/>, one message of each lane at a time. Throws
    /// <see cref="TransportStartException"/> when the address is taken.
    /// </summary>
    public LoopbackTransport Connect(ServerAddress address, Action<Envelope> received)
    {
        LoopbackTransport transport = new(this, address, received);
        if (!_servers.TryAdd(address.ToString(), transport))
        {
            throw new TransportStartException(address, "another server has it");
        }

        transport.Start();
        return transport;
    }

    internal LoopbackTransport? Find(ServerAddress address) => _servers.GetValueOrDefault(address.ToString());

    internal void Remove(LoopbackTransport transport) =>
        _servers.TryRemove(new(transport.Address.ToString(), transport));
}

/// <summary>One server's way into a <see cref="LoopbackHub"/>.</summary>
public sealed class LoopbackTransport : ITransport, IAsyncDisposable
{
    private readonly LoopbackHub _hub;
    private readonly Action<Envelope> _received;
    private readonly Channel<Envelope>[] _lanes;
    private Task _delivering = Task.CompletedTask;

    internal LoopbackTransport(LoopbackHub hub, ServerAddress address, Action<Envelope> received)
    {
        _hub = hub;
        _received = received;
        Address = address;
        _lanes = new Channel<Envelope>[Enum.GetValues<Lane>().Length];
        for (int i = 0; i < _lanes.Length; i++)
        {
            _lanes[i] = Channel.CreateBounded<Envelope>(hub.QueueMessagesMax);
        }
    }

    /// <summary>Where others reach this server.</summary>
    public ServerAddress Address { get; }

    /// <inheritdoc/>
    public bool TrySend(in Envelope envelope) =>
        _hub.Find(envelope.ToAddress) is { } receiver
        && (int)envelope.Lane < receiver._lanes.Length
        && TryPass(envelope, out Envelope passed)
        && receiver._lanes[(int)envelope.Lane].Writer.TryWrite(passed);

    /// <summary>
    /// Disconnects the server. What has not arrived is lost; when this returns, nothing arrives any more. Not to be called
    /// from the callback.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _hub.Remove(this);
        foreach (Channel<Envelope> lane in _lanes)
        {
            lane.Writer.TryComplete();
            while (lane.Reader.TryRead(out _))
            {
                // Lost, as on a network.
            }
        }

        await _delivering.ConfigureAwait(false);
    }

    internal void Start() => _delivering = Task.WhenAll(_lanes.Select(lane => Task.Run(() => DeliverAsync(lane.Reader))));

    private async Task DeliverAsync(ChannelReader<Envelope> lane)
    {
        await foreach (Envelope envelope in lane.ReadAllAsync().ConfigureAwait(false))
        {
            _received(envelope);
        }
    }

    private bool TryPass(in Envelope envelope, out Envelope passed)
    {
        passed = envelope;
        if (!_hub.EncodesMessages)
        {
            return envelope.Message.Kind != ServerMessageKind.None;
        }

        try
        {
            ArrayBufferWriter<byte> bytes = new();
            WireCodec.Encode(envelope, bytes);
            return WireCodec.TryDecode(bytes.WrittenMemory, out passed, out _);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
