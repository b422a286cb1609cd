using RaftSim.Storage;

namespace RaftSim.Simulation;

// What is drawn about operations, each by its own number: how long it takes, whether it stalls or fails.
public sealed partial class SimDisk
{
    private void Begin(DiskOpKind kind)
    {
        _current = DrawOf(++_begun);
        bool sync = kind is DiskOpKind.Sync or DiskOpKind.SyncDirectory;
        Duration delay = sync
            ? _current.Between(Value.Delay, _options.SyncMin, _options.SyncMax)
            : _current.Between(Value.Delay, _options.OperationMin, _options.OperationMax);
        if (Happens(_current, Value.HasStall, _options.StallsPerMillion))
        {
            Note(SimDiskFault.Stall);
            delay += _current.Between(Value.Stall, Duration.Zero, _options.StallMax);
        }

        _schedule(++_wake, delay);
    }

    // What is decided about the n-th operation of a life.
    private Draw DrawOf(ulong number) => _draw.At(_lives).At(number);

    private static bool Happens(Draw draw, ushort value, uint perMillion) =>
        perMillion > 0 && draw.Below(value, 1_000_000UL) < perMillion;

    // The numbers of what is drawn for an operation.
    private static class Value
    {
        public const ushort Delay = 1;
        public const ushort HasStall = 2;
        public const ushort Stall = 3;
        public const ushort Fails = 4;
    }
}
