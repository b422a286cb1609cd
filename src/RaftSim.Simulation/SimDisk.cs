using RaftSim.Storage;

namespace RaftSim.Simulation;

/// <summary>
/// A disk in virtual time that loses at a crash what was not synced, each sector and each change of a name for itself.
/// Operations take a seeded time and are carried out one after the other, at the moment they complete. The contents
/// live on in the object: after <see cref="Crash"/> it is the disk of the restarted server.
/// </summary>
/// <remarks>
/// The world's part: <c>schedule(wake, delay)</c> is called whenever the next operation begins; <c>delay</c> later the
/// world calls <see cref="TryComplete"/> with that number and hands what comes out to the server. Numbers from before
/// a crash answer <see langword="false"/>, so events in the queue need not be removed.
/// </remarks>
public sealed partial class SimDisk : IDisk
{
    private SimDiskOptions _options;
    private readonly Action<ulong, Duration> _schedule;
    private readonly Draw _draw;
    private readonly Queue<DiskOp> _queue = new();
    private readonly SortedDictionary<FileId, SimDiskFile> _names = [];
    private readonly SortedDictionary<FileId, SimDiskFile> _durableNames = [];
    private readonly List<NameChange> _nameChanges = [];
    private readonly ulong[] _counts = new ulong[(int)SimDiskFault.Misdirected + 1];
    private long _bytes;

    // What is under way; mostly nothing waits behind it.
    private DiskOp _underWay;
    private bool _isBusy;
    private ulong _wake;
    private ulong _lives;
    private ulong _begun;
    private Draw _current;

    /// <summary>An empty disk.</summary>
    /// <param name="prng">
    /// Decides delays and faults: those of an operation follow from its number since the disk was last cut off alone, so that
    /// leaving one out changes no other.
    /// </param>
    /// <param name="options">How the disk behaves.</param>
    /// <param name="schedule">
    /// Takes the number to call <see cref="TryComplete"/> with, and after how long; called from <see cref="Submit"/>
    /// too.
    /// </param>
    public SimDisk(Prng prng, SimDiskOptions options, Action<ulong, Duration> schedule)
    {
        ArgumentNullException.ThrowIfNull(prng);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(schedule);
        options.Validate();
        _options = options;
        _schedule = schedule;
        _draw = new Draw(prng.Derive(1).NextUInt64());
    }

    /// <summary>How many operations wait or are under way.</summary>
    public int InFlight => _queue.Count + (_isBusy ? 1 : 0);

    /// <summary>Whether somebody else has taken all the space there is, for the time being.</summary>
    public bool IsFull { get; set; }

    /// <summary>How often a fault came to pass.</summary>
    public ulong Count(SimDiskFault fault) => _counts[(int)fault];

    /// <inheritdoc/>
    public void Submit(in DiskOp op)
    {
        if (_isBusy)
        {
            _queue.Enqueue(op);
            return;
        }

        _underWay = op;
        _isBusy = true;
        Begin(op.Kind);
    }

    /// <summary>Carries out the operation that was announced with <paramref name="wake"/>; false if a crash took it.</summary>
    public bool TryComplete(ulong wake, out DiskCompletion completion)
    {
        if (wake != _wake || !_isBusy)
        {
            completion = default;
            return false;
        }

        completion = Execute(_underWay, _current);
        Advance();
        if (_isBusy)
        {
            Begin(_underWay.Kind);
        }

        return true;
    }

    /// <summary>
    /// Cuts the power. Of the operations under way a random number were still carried out; what no sync covered is
    /// kept, lost or torn. Nothing submitted before completes any more; the disk is at once ready for a restarted server.
    /// </summary>
    /// <param name="prng">Decides what is lost.</param>
    /// <param name="crash">How unkind it is.</param>
    public void Crash(Prng prng, SimDiskCrash crash = SimDiskCrash.Any)
    {
        ArgumentNullException.ThrowIfNull(prng);
        CarryOutSome(prng);
        CrashAtOnce(prng, crash);
    }

    /// <summary>The same, but nothing that is under way is carried out any more.</summary>
    internal void CrashAtOnce(Prng prng, SimDiskCrash crash)
    {
        Note(SimDiskFault.Crash);
        IsTearing = false;
        CutOff();
        foreach (SimDiskFile file in FilesThatMaySurvive())
        {
            file.Crash(Choose(crash, prng), prng, Note);
        }

        LoseNames(Choose(crash, prng), prng);
        _bytes = _names.Values.Sum(file => (long)file.Length);
    }

    /// <summary>
    /// Kills the server's process: what it had submitted may be carried out or not, but nothing written is lost.
    /// </summary>
    /// <param name="prng">Decides how many of the operations under way were still carried out.</param>
    public void Kill(Prng prng)
    {
        ArgumentNullException.ThrowIfNull(prng);
        CarryOutSome(prng);
    }

    /// <summary>Empties the folder for good, as an operator might while the server is down.</summary>
    public void Wipe()
    {
        Note(SimDiskFault.Wipe);
        _next = null;
        _names.Clear();
        _durableNames.Clear();
        _nameChanges.Clear();
        _bytes = 0;
        CutOff();
    }

    /// <summary>
    /// The bytes of a file as a program would read them now; throws <see cref="ArgumentException"/> if there is none.
    /// </summary>
    public byte[] ReadAll(FileId file)
    {
        if (!_names.TryGetValue(file, out SimDiskFile? found))
        {
            throw new ArgumentException($"there is no file {file}", nameof(file));
        }

        byte[] bytes = new byte[found.Length];
        found.Read(0, bytes);
        return bytes;
    }

    /// <summary>The names of the files as a program would see them now.</summary>
    public IReadOnlyList<FileId> Files => [.. _names.Keys];

    /// <summary>Lets one durable bit rot.</summary>
    public void FlipBit(FileId file, int offset, int bit)
    {
        _names[file].FlipBit(offset, bit);
        Note(SimDiskFault.BitFlip);
    }

    // Nothing that waits takes place, and what comes next is another life.
    private void CutOff()
    {
        _queue.Clear();
        Advance();
        _wake++;
        _lives++;
        _begun = 0;
    }

    private void Advance() => _isBusy = _queue.TryDequeue(out _underWay);

    private void Note(SimDiskFault fault)
    {
        _counts[(int)fault]++;
        Noted?.Invoke(fault);
    }

    private DiskCompletion Execute(in DiskOp op, Draw draw)
    {
        if (op.Kind is DiskOpKind.Sync or DiskOpKind.SyncDirectory)
        {
            if (Happens(draw, Value.Fails, _options.SyncFailuresPerMillion) || IsNext(SimDiskFault.SyncFailure))
            {
                return FailSync(op);
            }

            if (op.Kind == DiskOpKind.Sync && _names.TryGetValue(op.File, out SimDiskFile? synced)
                && IsNext(SimDiskFault.SyncLie))
            {
                Note(SimDiskFault.SyncLie);
                synced.Forget();
                return new(op.Ticket, DiskStatus.Ok);
            }
        }
        else if (Happens(draw, Value.Fails, _options.FailuresPerMillion) || IsNext(SimDiskFault.Failure))
        {
            Note(SimDiskFault.Failure);
            return new(op.Ticket, DiskStatus.Failed, Detail: "simulated input/output error");
        }

        return op.Kind switch
        {
            DiskOpKind.List => new(op.Ticket, DiskStatus.Ok, Files: _names.Keys.ToArray()),
            DiskOpKind.Create => Create(op),
            DiskOpKind.SyncDirectory => SyncDirectory(op),
            _ => _names.TryGetValue(op.File, out SimDiskFile? file)
                ? ExecuteOn(file, op)
                : new(op.Ticket, DiskStatus.NotFound, Detail: "no such file"),
        };
    }

    private DiskCompletion ExecuteOn(SimDiskFile file, in DiskOp op)
    {
        int before = file.Length;
        long after = op.Kind switch
        {
            DiskOpKind.Write => Math.Max(before, op.Offset + op.Data.Length),
            DiskOpKind.Preallocate or DiskOpKind.Truncate => op.Length,
            _ => before,
        };
        if (after > before && (IsFull || _bytes + (after - before) > _options.CapacityBytes))
        {
            Note(SimDiskFault.Full);
            return new(op.Ticket, DiskStatus.Full, Detail: "no space left on the simulated disk");
        }

        long length = 0;
        switch (op.Kind)
        {
            case DiskOpKind.Size:
                length = before;
                break;
            case DiskOpKind.Read:
                length = file.Read(op.Offset, op.Buffer.Span);
                break;
            case DiskOpKind.Write:
                file.Write(PlaceOf(op), op.Data.Span);
                TearIfNext(op);
                break;
            case DiskOpKind.Sync:
                file.Sync();
                break;
            case DiskOpKind.Preallocate:
                file.Fill((int)op.Length);
                break;
            case DiskOpKind.Truncate:
                file.Truncate((int)op.Length);
                break;
            default:
                Move(file, op);
                break;
        }

        _bytes += file.Length - before;
        return new(op.Ticket, DiskStatus.Ok, length);
    }

    private DiskCompletion FailSync(in DiskOp op)
    {
        Note(SimDiskFault.SyncFailure);
        if (op.Kind == DiskOpKind.Sync && _names.TryGetValue(op.File, out SimDiskFile? file))
        {
            file.Forget();
        }

        return new(op.Ticket, DiskStatus.Failed, Detail: "simulated input/output error");
    }

    private DiskCompletion Create(in DiskOp op)
    {
        SimDiskFile file = new();
        if (!_names.TryAdd(op.File, file))
        {
            return new(op.Ticket, DiskStatus.Failed, Detail: "the file exists");
        }

        _nameChanges.Add(new(null, op.File, file));
        return new(op.Ticket, DiskStatus.Ok);
    }

    private void Move(SimDiskFile file, in DiskOp op)
    {
        FileId? target = op.Kind == DiskOpKind.Rename ? op.Target : null;
        _names.Remove(op.File);
        if (target is not { } name)
        {
            _bytes -= file.Length;
        }
        else
        {
            _bytes -= _names.TryGetValue(name, out SimDiskFile? replaced) ? replaced.Length : 0;
            _names[name] = file;
        }

        _nameChanges.Add(new(op.File, target, file));
    }

    private DiskCompletion SyncDirectory(in DiskOp op)
    {
        _durableNames.Clear();
        foreach ((FileId name, SimDiskFile file) in _names)
        {
            _durableNames.Add(name, file);
        }

        _nameChanges.Clear();
        return new(op.Ticket, DiskStatus.Ok);
    }

    private void CarryOutSome(Prng prng)
    {
        ulong first = _begun;
        ulong some = prng.Below((ulong)InFlight + 1);
        for (ulong i = 0; i < some; i++)
        {
            Execute(_underWay, DrawOf(first + i));
            Advance();
        }

        CutOff();
    }

    private static SimDiskCrash Choose(SimDiskCrash crash, Prng prng) =>
        crash == SimDiskCrash.Any ? (SimDiskCrash)(1 + prng.Below((ulong)SimDiskCrash.Each)) : crash;

    private IEnumerable<SimDiskFile> FilesThatMaySurvive() =>
        _durableNames.Values.Concat(_nameChanges.Select(change => change.File)).Distinct();

    private void LoseNames(SimDiskCrash crash, Prng prng)
    {
        int point = (int)prng.Below((ulong)_nameChanges.Count + 1);
        for (int i = 0; i < _nameChanges.Count; i++)
        {
            bool kept = crash switch
            {
                SimDiskCrash.LoseAll => false,
                SimDiskCrash.KeepAll => true,
                SimDiskCrash.PointInTime => i < point,
                _ => prng.Chance(1, 2),
            };
            if (!kept || !Apply(_nameChanges[i]))
            {
                Note(SimDiskFault.NameLost);
            }
        }

        _nameChanges.Clear();
        _names.Clear();
        foreach ((FileId name, SimDiskFile file) in _durableNames)
        {
            _names.Add(name, file);
        }
    }

    // A rename or deletion whose file never got its old name has nothing to act on.
    private bool Apply(NameChange change)
    {
        if (change.From is { } from)
        {
            if (!_durableNames.TryGetValue(from, out SimDiskFile? found) || found != change.File)
            {
                return false;
            }

            _durableNames.Remove(from);
        }

        if (change.To is { } to)
        {
            _durableNames[to] = change.File;
        }

        return true;
    }

    private readonly record struct NameChange(FileId? From, FileId? To, SimDiskFile File);
}
