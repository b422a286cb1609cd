using RaftSim.Server;

namespace RaftSim.Conformance;

/// <summary>
/// A world of servers that one transport connects: what <see cref="TransportConformance"/> needs to know of an
/// implementation. Over sockets the world runs by itself, in virtual time it goes on only inside
/// <see cref="RunUntilAsync"/>, which may then work to its end before it returns.
/// </summary>
public abstract class TransportHarness : IAsyncDisposable
{
    private int _servers;

    /// <summary>
    /// Whether a receiver that does not take what arrives makes the senders' queues fill up. False for a network that
    /// hands over or drops whatever is due.
    /// </summary>
    public virtual bool FeelsStuckReceivers => true;

    /// <summary>A well-formed address at which no server is.</summary>
    public abstract ServerAddress Nowhere { get; }

    /// <summary>A new server that listens at an address of its own.</summary>
    public async Task<TransportEndpoint> StartAsync()
    {
        TransportEndpoint endpoint = new(new($"server-{++_servers}"));
        await OpenAsync(endpoint);
        return endpoint;
    }

    /// <summary>
    /// Lets the world go on until the condition holds; false when it did not within the limit, which is a net for broken
    /// transports and not a measure. <paramref name="meanwhile"/> is done again and again, as servers repeat themselves.
    /// </summary>
    public abstract Task<bool> RunUntilAsync(Func<bool> condition, Action? meanwhile = null);

    /// <summary>
    /// Makes the endpoint listen: sets <see cref="TransportEndpoint.Transport"/> and, the first time,
    /// <see cref="TransportEndpoint.Address"/>; later the address is the same as before. What arrives goes to
    /// <see cref="TransportEndpoint.Accept"/>.
    /// </summary>
    public abstract Task OpenAsync(TransportEndpoint endpoint);

    /// <summary>Ends the endpoint's transport; nobody listens at its address until it is opened again.</summary>
    public abstract Task CloseAsync(TransportEndpoint endpoint);

    /// <summary>Ends everything.</summary>
    public abstract ValueTask DisposeAsync();
}

/// <summary>One server of a <see cref="TransportHarness"/>.</summary>
public sealed class TransportEndpoint
{
    private readonly Lock _gate = new();
    private readonly List<Envelope> _arrived = [];
    private readonly ManualResetEventSlim[] _open = [.. Enum.GetValues<Lane>().Select(_ => new ManualResetEventSlim(true))];

    public TransportEndpoint(ServerId id) => Id = id;

    /// <summary>Called after each arrival.</summary>
    public Action? Arrival { get; set; }

    public ServerId Id { get; }

    public ServerAddress Address { get; set; }

    /// <summary>The transport that this server sends with; set by the harness.</summary>
    public ITransport? Transport { get; set; }

    /// <summary>Everything that arrived, in order.</summary>
    public IReadOnlyList<Envelope> Arrived
    {
        get
        {
            lock (_gate)
            {
                return [.. _arrived];
            }
        }
    }

    /// <summary>How many messages arrived.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _arrived.Count;
            }
        }
    }

    /// <summary>Takes what arrives; blocks while the lane is held.</summary>
    public void Accept(Envelope envelope)
    {
        _open[(int)envelope.Lane].Wait();
        lock (_gate)
        {
            _arrived.Add(envelope);
        }

        Arrival?.Invoke();
    }

    /// <summary>From now on the server is stuck whenever it takes a message of this lane.</summary>
    public void Hold(Lane lane) => _open[(int)lane].Reset();

    /// <summary>The server takes all messages again.</summary>
    public void Release()
    {
        foreach (ManualResetEventSlim lane in _open)
        {
            lane.Set();
        }
    }

    /// <summary>Sends; false when the transport refused.</summary>
    public bool Send(TransportEndpoint to, Lane lane, ServerMessage message) =>
        Send(to.Address, to.Id, lane, message);

    /// <summary>Sends to whoever is at an address; false when the transport refused.</summary>
    public bool Send(ServerAddress address, ServerId to, Lane lane, ServerMessage message) => Transport!.TrySend(new()
    {
        Cluster = new(1, 2),
        From = Id,
        FromDisk = new(3, 4),
        FromAddress = Address,
        To = to,
        ToDisk = new(5, 6),
        ToAddress = address,
        Lane = lane,
        Message = message,
    });
}
