using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>One server's log on a simulated disk, with the oracle beside it; time passes one disk operation at a time.</summary>
internal sealed class LogRig
{
    private readonly Queue<ulong> _wakes = new();
    private WriteAheadLog? _log;

    internal LogRig(ulong seed, SimDiskOptions? options = null)
    {
        Prng prng = new(seed);
        Disk = new(prng.Derive(1), options ?? new(), (wake, _) => _wakes.Enqueue(wake));
        Model = new(prng.Derive(2));
        Script = prng.Derive(3);
        Luck = prng.Derive(4);
        Hint = $"seed {seed}";
    }

    internal SimDisk Disk { get; }

    internal LogModel Model { get; }

    /// <summary>Decides what the server does.</summary>
    internal Prng Script { get; }

    /// <summary>Decides what crashes do.</summary>
    internal Prng Luck { get; set; }

    internal string Hint { get; set; }

    internal WriteAheadLog Log => _log ?? throw new InvalidOperationException("no server runs");

    internal int Delivered { get; private set; }

    /// <summary>Why the log gave up; null while it has not.</summary>
    internal string? Failure { get; private set; }

    internal bool IsOpened { get; private set; }

    internal static WriteAheadLogOptions Options => new()
    {
        SegmentBytes = 64 << 10,
        NewId = new("server-1"),
        NewDisk = new(11, 12),
    };

    /// <summary>Starts a server on the disk; it has not read anything yet.</summary>
    internal void Start(WriteAheadLogOptions? options = null)
    {
        _log = new(Disk, options ?? Options);
        Failure = null;
        IsOpened = false;
        _log.Open();
    }

    /// <summary>Starts a server and lets it read its folder.</summary>
    internal void StartAndRun(WriteAheadLogOptions? options = null)
    {
        Start(options);
        Run();
    }

    /// <summary>Reads the folder without a server.</summary>
    internal LogReading Read()
    {
        LogReader reader = new(Disk);
        reader.Open();
        while (reader.Result is null)
        {
            Assert.True(TryCarryOut(out DiskCompletion completion), $"{Hint}: the reader waits for nothing");
            reader.Complete(completion);
        }

        return reader.Result;
    }

    internal void Append()
    {
        Log.Append(Model.Draw());
        Log.Flush();
    }

    internal void AppendEven(int bytes)
    {
        Log.Append(Model.DrawEven(bytes));
        Log.Flush();
    }

    /// <summary>Carries out one disk operation and tells the log; false if there is none.</summary>
    internal bool Step()
    {
        if (!TryCarryOut(out DiskCompletion completion))
        {
            return false;
        }

        Delivered++;
        Log.Complete(completion);
        while (Log.TryTakeEvent(out WriteAheadLogEvent logEvent))
        {
            switch (logEvent.Kind)
            {
                case WriteAheadLogEventKind.Opened:
                    IsOpened = true;
                    Model.Recovered(Log.Recovered, Hint);
                    break;
                case WriteAheadLogEventKind.Durable:
                    Model.Durable(logEvent.Sequence);
                    break;
                default:
                    Assert.Null(Failure);
                    Failure = logEvent.Text;
                    Model.Failed();
                    break;
            }
        }

        return true;
    }

    /// <summary>Carries out one disk operation, but the server does not hear of it any more.</summary>
    internal bool CarryOutUnheard() => TryCarryOut(out _);

    /// <summary>Runs until the disk has nothing to do.</summary>
    internal void Run()
    {
        while (Step())
        {
        }
    }

    internal void Crash(SimDiskCrash crash) => Disk.Crash(Luck, crash);

    private bool TryCarryOut(out DiskCompletion completion)
    {
        completion = default;
        while (_wakes.TryDequeue(out ulong wake))
        {
            if (Disk.TryComplete(wake, out completion))
            {
                return true;
            }
        }

        return false;
    }
}
