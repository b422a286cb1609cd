namespace RaftSim.Simulation;

/// <summary>The kinds of event. The numbers are part of the trace hash.</summary>
internal enum SimEventKind : byte
{
    None = 0,

    /// <summary>A message arrives; the slot holds it.</summary>
    Deliver = 1,

    /// <summary>A disk operation ends; the slot holds how.</summary>
    Disk = 2,

    /// <summary>The state machine is done with a job; the slot holds it.</summary>
    Applied = 3,

    /// <summary>A server's deadline may have come.</summary>
    Deadline = 4,

    /// <summary>A server has time for what waits in its inbox.</summary>
    Resume = 5,

    /// <summary>The next operation of the workload is due.</summary>
    Workload = 6,

    /// <summary>The next fault of a kind is due; the slot is the kind.</summary>
    Fault = 7,

    /// <summary>The end of a fault that lasts: the slot holds which.</summary>
    FaultEnd = 8,

    /// <summary>A server that crashed where it was told to starts again.</summary>
    Restart = 9,
}

/// <summary>Something that is going to happen.</summary>
/// <param name="Time">Nanoseconds since the start of the world.</param>
/// <param name="Sequence">Its number: of two events of one moment the one scheduled first comes first.</param>
/// <param name="Kind">What.</param>
/// <param name="Server">To whom.</param>
/// <param name="Incarnation">To which life of that server; 0 where it does not matter.</param>
/// <param name="Slot">Where the details lie.</param>
internal readonly record struct SimEvent(
    long Time, ulong Sequence, SimEventKind Kind, int Server, int Incarnation, int Slot);

/// <summary>Events in the order of (time, sequence).</summary>
internal interface IEventQueue
{
    /// <summary>How many wait.</summary>
    int Count { get; }

    /// <summary>Adds one.</summary>
    void Push(in SimEvent item);

    /// <summary>The first one, left where it is; only when there is one.</summary>
    ref readonly SimEvent Peek();

    /// <summary>Takes the first one out; only when there is one.</summary>
    SimEvent Pop();
}

/// <summary>Virtual time and what is going to happen in it.</summary>
internal sealed class Timeline(IEventQueue queue)
{
    private ulong _sequence;

    /// <summary>Nanoseconds since the start of the world.</summary>
    public long Now { get; private set; }

    /// <summary>How many events wait.</summary>
    public int Pending => queue.Count;

    /// <summary>Schedules an event; a time that has passed means now.</summary>
    public void Schedule(long time, SimEventKind kind, int server = 0, int incarnation = 0, int slot = 0) =>
        queue.Push(new SimEvent(Math.Max(time, Now), ++_sequence, kind, server, incarnation, slot));

    /// <summary>
    /// Takes the next event up to <paramref name="limit"/>, and moves time to it, or to the limit when there is none.
    /// </summary>
    public bool TryAdvance(long limit, out SimEvent next)
    {
        if (queue.Count == 0 || queue.Peek().Time > limit)
        {
            Now = Math.Max(Now, limit);
            next = default;
            return false;
        }

        next = queue.Pop();
        Now = next.Time;
        return true;
    }
}
