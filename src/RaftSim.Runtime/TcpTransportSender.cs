namespace RaftSim.Runtime;

/// <summary>
/// The thread that writes to the connections of a lane, to all servers. It never waits for one of them: what a socket does
/// not take at once is finished by the system while the thread serves the others.
/// </summary>
internal sealed class TcpTransportSender
{
    private readonly object _gate = new();
    private readonly Queue<TcpPeerLane> _ready = new();
    private readonly Thread _thread;
    private bool _isClosed;

    public TcpTransportSender(string name)
    {
        _thread = new(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Lets the thread call <see cref="TcpPeerLane.Flush"/>.</summary>
    public void Schedule(TcpPeerLane lane)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _ready.Enqueue(lane);
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Ends the thread and waits for its end.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (TryNext(out TcpPeerLane? lane))
        {
            lane.Flush();
        }
    }

    private bool TryNext([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TcpPeerLane? lane)
    {
        lock (_gate)
        {
            while (!_isClosed)
            {
                if (_ready.TryDequeue(out lane))
                {
                    return true;
                }

                Monitor.Wait(_gate);
            }
        }

        lane = null;
        return false;
    }
}
