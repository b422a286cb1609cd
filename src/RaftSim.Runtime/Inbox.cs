using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// What happened to a server and was not yet handled. Anybody posts; one thread takes everything at once. Messages from
/// other servers are dropped when too many wait; what the server itself set off never is.
/// </summary>
internal sealed class Inbox(MonotonicClock clock, int receivedMax)
{
    // After a burst the buffers shrink back to this.
    private const int CapacityKept = 4_096;

    // Monitor's own kind of lock: Wait needs it.
    private readonly object _gate = new();
    private ServerInput[] _waiting = new ServerInput[64];
    private ServerInput[] _taken = new ServerInput[64];
    private int _count;
    private int _receivedCount;
    private int _takenCount;
    private bool _isAsleep;
    private bool _isClosed;

    /// <summary>How many inputs wait.</summary>
    public int Depth
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Posts a message of another server; false: it was dropped.</summary>
    public bool TryPostReceived(in Envelope envelope)
    {
        lock (_gate)
        {
            if (_isClosed || _receivedCount >= receivedMax)
            {
                return false;
            }

            _receivedCount++;
            Add(ServerInput.Received(envelope));
            return true;
        }
    }

    /// <summary>Posts what must not be lost; false: the server has stopped.</summary>
    public bool TryPost(in ServerInput input)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return false;
            }

            Add(input);
            return true;
        }
    }

    /// <summary>
    /// Waits until something was posted or the deadline has come, and takes all there is, in the order of posting.
    /// False: closed. The inputs are valid until the next call.
    /// </summary>
    public bool TryTake(MonoTime deadline, out ReadOnlySpan<ServerInput> inputs)
    {
        // Let go of what the last round held: entries and replies can be large.
        Array.Clear(_taken, 0, _takenCount);
        lock (_gate)
        {
            while (_count == 0 && !_isClosed && clock.Now < deadline)
            {
                _isAsleep = true;
                clock.Wait(_gate, deadline);
                _isAsleep = false;
            }

            if (_taken.Length > CapacityKept && _count < CapacityKept)
            {
                _taken = new ServerInput[CapacityKept];
            }

            (_waiting, _taken) = (_taken, _waiting);
            _takenCount = _count;
            _count = 0;
            _receivedCount = 0;
            inputs = new ReadOnlySpan<ServerInput>(_taken, 0, _takenCount);
            return !_isClosed;
        }
    }

    /// <summary>Takes nothing more, and wakes the taker to tell it so. What waits is forgotten.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Add(in ServerInput input)
    {
        if (_count == _waiting.Length)
        {
            Array.Resize(ref _waiting, _count * 2);
        }

        _waiting[_count++] = input;
        if (_isAsleep)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
