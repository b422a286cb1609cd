using RaftSim.Storage;

namespace RaftSim.Simulation.Tests.Storage;

/// <summary>One server's log and snapshots on one simulated disk; time passes one disk operation at a time.</summary>
internal sealed class SnapshotLogRig
{
    private const int Chunks = 3;

    private readonly Queue<ulong> _wakes = new();
    private WriteAheadLog? _log;
    private SnapshotStore? _store;
    private StoredSnapshot _writing;
    private LogIndex _logStart;
    private bool _isChunkDone;
    private ulong _read;

    internal SnapshotLogRig(ulong seed)
    {
        Prng prng = new(seed);
        Disk = new(prng.Derive(1), new(), (wake, _) => _wakes.Enqueue(wake));
        Model = new(prng.Derive(2));
        Script = prng.Derive(3);
        Luck = prng.Derive(4);
    }

    internal SimDisk Disk { get; }

    internal SnapshotLogModel Model { get; }

    internal Prng Script { get; }

    internal Prng Luck { get; set; }

    internal string Hint { get; set; } = "";

    internal int Delivered { get; private set; }

    /// <summary>Whether log and snapshots are open, and the snapshot was read to its end.</summary>
    internal bool IsOpened { get; private set; }

    private WriteAheadLog Log => _log!;

    private SnapshotStore Store => _store!;

    internal void Start()
    {
        _log = new(Disk, LogRig.Options);
        _store = new(Disk);
        IsOpened = false;
        _log.Open();
    }

    /// <summary>Carries out one disk operation and tells whose it was; false if there is none.</summary>
    internal bool Step()
    {
        if (!TryCarryOut(out DiskCompletion completion))
        {
            return false;
        }

        Delivered++;
        if ((completion.Ticket & SnapshotStore.TicketBit) != 0)
        {
            Store.Complete(completion);
        }
        else
        {
            Log.Complete(completion);
        }

        TakeLogEvents();
        TakeSnapshotEvents();
        return true;
    }

    /// <summary>Carries out one disk operation, but the server does not hear of it any more.</summary>
    internal bool CarryOutUnheard() => TryCarryOut(out _);

    internal void Run()
    {
        while (Step())
        {
        }
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

    internal void Crash(SimDiskCrash crash) => Disk.Crash(Luck, crash);

    /// <summary>
    /// A life: each element is a moment at which time passes. Starts, appends, takes snapshots, gives one up, fetches one.
    /// </summary>
    internal IEnumerable<bool> Life()
    {
        Start();
        while (!IsOpened)
        {
            yield return true;
        }

        foreach (IEnumerable<bool> part in (IEnumerable<bool>[])
            [Appends(6), Own(), Appends(4), GivenUp(), Appends(2), Own(), Appends(3), Fetched(), Appends(4), Own(), Rest()])
        {
            foreach (bool moment in part)
            {
                yield return moment;
            }
        }
    }

    /// <summary>What a server does behind a restart: an installed snapshot that the log does not know yet restarts it.</summary>
    internal IEnumerable<bool> GoOn()
    {
        Store.DropOld();
        if (Store.Current is { } current && current.Last.Index > Model.Last.End)
        {
            Restart(current.Last);
        }

        return Appends(2).Concat(Rest()).Concat(Own()).Concat(Appends(2)).Concat(Rest());
    }

    /// <summary>Lets the moments pass until so many operations were heard of; false if they ended sooner.</summary>
    internal bool Live(IEnumerable<bool> moments, int until = int.MaxValue)
    {
        if (Delivered == until)
        {
            return true;
        }

        int idle = 0;
        foreach (bool _ in moments)
        {
            idle = Step() ? 0 : idle + 1;
            Assert.True(idle < 100, $"{Hint}: it waits for nothing");
            if (Delivered == until)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The files of snapshots, whole and unfinished.</summary>
    internal IEnumerable<string> Snapshots =>
        Disk.Files.Select(file => file.ToString()).Where(name => name.StartsWith("snapshot-", StringComparison.Ordinal));

    private static byte[] Content(in StoredSnapshot snapshot, int number)
    {
        byte[] chunk = new byte[SnapshotFormat.ChunkHeaderBytes + (number == Chunks - 1 ? 9 : snapshot.ChunkBytes)];
        chunk.AsSpan(SnapshotFormat.ChunkHeaderBytes).Fill((byte)(snapshot.Id.Low + (ulong)number));
        if (number == 0)
        {
            // An empty manifest: its length.
            chunk.AsSpan(SnapshotFormat.ChunkHeaderBytes, sizeof(int)).Clear();
        }

        SnapshotFormat.SealChunk(chunk, snapshot.Id, (ulong)number, number == Chunks - 1);
        return chunk;
    }

    private void Append()
    {
        Log.Append(Model.Draw());
        Log.Flush();
    }

    // As a server does it: what the engine has dropped is released as soon as the batch that says so is handed over.
    private void Restart(LogPosition at)
    {
        Log.Append(Model.Restart(at));
        Log.Flush();
        Log.Release(at.Index);
    }

    private IEnumerable<bool> Appends(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Append();
            for (ulong steps = Script.Below(7); steps > 0; steps--)
            {
                yield return true;
            }
        }
    }

    private IEnumerable<bool> Rest()
    {
        while (Disk.InFlight > 0)
        {
            yield return true;
        }
    }

    private IEnumerable<bool> Own()
    {
        if (Model.OwnSnapshot() is not { } snapshot)
        {
            yield break;
        }

        foreach (bool moment in Write(snapshot))
        {
            yield return moment;
        }

        Log.Release(snapshot.Last.Index);
    }

    private IEnumerable<bool> Fetched()
    {
        StoredSnapshot snapshot = Model.FetchedSnapshot();
        foreach (bool moment in Write(snapshot))
        {
            yield return moment;
        }

        Restart(snapshot.Last);
    }

    private IEnumerable<bool> Write(StoredSnapshot snapshot)
    {
        _writing = snapshot;
        Store.Create(snapshot);
        for (int i = 0; i < Chunks; i++)
        {
            _isChunkDone = false;
            Store.Write(Content(snapshot, i));
            if (Script.Chance(1, 3))
            {
                Append();
            }

            while (!_isChunkDone)
            {
                yield return true;
            }
        }
    }

    // Given up some moments behind its last chunk: before, while or after it is renamed, but before it is told finished.
    private IEnumerable<bool> GivenUp()
    {
        if (Model.OwnSnapshot() is not { } snapshot)
        {
            yield break;
        }

        foreach (bool moment in Write(snapshot).TakeWhile(_ => Script.Below(16) > 0 && Store.IsWriting))
        {
            yield return moment;
        }

        if (Store.IsWriting)
        {
            Store.Abandon();
        }
    }

    private void TakeLogEvents()
    {
        while (Log.TryTakeEvent(out WriteAheadLogEvent happened))
        {
            switch (happened.Kind)
            {
                case WriteAheadLogEventKind.Opened:
                    Model.Recovered(Log.Recovered, Hint);
                    _logStart = Log.Recovered.LogStart.Index;
                    Store.Open(Log.Id, Log.Disk);
                    break;
                case WriteAheadLogEventKind.Durable:
                    Model.Durable(happened.Sequence);
                    break;
                default:
                    Assert.Fail($"{Hint}: {happened.Text}");
                    break;
            }
        }
    }

    private void TakeSnapshotEvents()
    {
        while (Store.TryTakeEvent(out SnapshotStoreEvent happened))
        {
            switch (happened.Kind)
            {
                case SnapshotStoreEventKind.Opened:
                    Model.Found(Store.Current, _logStart, Hint);
                    IsOpened = Store.Current is null;
                    ReadFrom(0);
                    break;
                case SnapshotStoreEventKind.Written:
                    _isChunkDone = true;
                    break;
                case SnapshotStoreEventKind.Finished:
                    _isChunkDone = true;
                    Model.Finish(_writing);
                    break;
                case SnapshotStoreEventKind.Read:
                    Assert.Equal(Content(Store.Current!.Value, (int)_read), happened.Chunk.ToArray());
                    IsOpened = happened.IsLast;
                    ReadFrom(_read + 1);
                    break;
                default:
                    Assert.Fail($"{Hint}: {happened.Text}");
                    break;
            }
        }
    }

    private void ReadFrom(ulong chunk)
    {
        if (!IsOpened)
        {
            _read = chunk;
            Store.Read(chunk, 0);
        }
    }

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
