using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>The way to one address: a queue and a connection for each lane. Thread-safe.</summary>
internal sealed class TcpPeer
{
    private readonly TcpPeerLane[] _lanes;
    private readonly TcpTransport _owner;
    private int _isUnreachable;

    public TcpPeer(TcpTransport owner, ServerAddress name, TcpAddress address)
    {
        _owner = owner;
        Name = name;
        Address = address;
        _lanes = [.. Enum.GetValues<Lane>().Select(lane => new TcpPeerLane(owner, this, lane))];
    }

    /// <summary>The address as envelopes have it.</summary>
    public ServerAddress Name { get; }

    /// <summary>The address, taken apart.</summary>
    public TcpAddress Address { get; }

    /// <summary>Queues a message; false when it will not be sent.</summary>
    public bool TrySend(in Envelope envelope) =>
        (int)envelope.Lane < _lanes.Length && _lanes[(int)envelope.Lane].TrySend(envelope);

    /// <summary>Whether nothing was sent for a while.</summary>
    public bool IsIdle(TimeSpan limit) => Array.TrueForAll(_lanes, lane => lane.IsIdle(limit));

    /// <summary>How many messages wait in each lane.</summary>
    public IEnumerable<(ServerAddress Peer, Lane Lane, int Messages)> Queues() =>
        _lanes.Select(lane => (Name, lane.Lane, lane.Depth));

    /// <summary>Closes all connections for good; ends when nothing of them goes on any more.</summary>
    public Task CloseAsync() => Task.WhenAll(_lanes.Select(lane => lane.CloseAsync()));

    /// <summary>A connection was made. Told to people only when it is news.</summary>
    public void Reached()
    {
        if (Interlocked.Exchange(ref _isUnreachable, 0) == 1)
        {
            TcpTransport.Log.Reached(_owner.Logger, Name);
        }
    }

    /// <summary>A connection could not be made. Told to people only when it is news.</summary>
    public void Unreached(string reason)
    {
        if (Interlocked.Exchange(ref _isUnreachable, 1) == 0)
        {
            TcpTransport.Log.Unreached(_owner.Logger, Name, reason);
        }

        _owner.TellUnreachable(Name);
    }
}
