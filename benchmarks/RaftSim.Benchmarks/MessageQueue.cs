using RaftSim.Raft;

namespace RaftSim.Benchmarks;

/// <summary>Messages by value, first in, first out; grows and never shrinks.</summary>
internal sealed class MessageQueue
{
    // Small, because fresh groups are measured too and must not be charged for it; a power of two, because it is a mask.
    private RaftMessage[] _ring = new RaftMessage[16];
    private int _start;
    private int _count;

    public void Add(in RaftMessage message)
    {
        if (_count == _ring.Length)
        {
            RaftMessage[] larger = new RaftMessage[_count * 2];
            for (int i = 0; i < _count; i++)
            {
                larger[i] = _ring[(_start + i) & (_count - 1)];
            }

            (_ring, _start) = (larger, 0);
        }

        _ring[(_start + _count++) & (_ring.Length - 1)] = message;
    }

    public bool TryTake(out RaftMessage message)
    {
        if (_count == 0)
        {
            message = default;
            return false;
        }

        message = _ring[_start];
        _start = (_start + 1) & (_ring.Length - 1);
        _count--;
        return true;
    }
}
