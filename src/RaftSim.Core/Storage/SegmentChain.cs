namespace RaftSim.Storage;

/// <summary>Something in a log that no crash explains: nothing may be built on it.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">The byte in it.</param>
/// <param name="Rule">The rule that is broken there.</param>
public readonly record struct LogDamage(FileId File, long Offset, string Rule)
{
    /// <summary>File, offset and rule in one line.</summary>
    public override string ToString() => $"{File}, offset {Offset}: {Rule}";
}

/// <summary>
/// Takes the segments of a log, one after the other, and judges each by those before it: what may be believed and what
/// must be refused. It neither reads nor writes files; whoever does hands it the bytes.
/// </summary>
/// <param name="requested">The server that the log must belong to; none: any.</param>
internal sealed class SegmentChain(ServerId requested = default)
{
    private readonly List<ulong> _numbers = [];
    private int _at;
    private SegmentEnd _lastEnd;

    /// <summary>What was read.</summary>
    internal LogReplay Replay { get; } = new();

    /// <summary>Whom the log belongs to, once the first segment was taken.</summary>
    internal ServerId Id { get; private set; }

    /// <summary>The identity of the folder, once the first segment was taken.</summary>
    internal DiskId Disk { get; private set; }

    /// <summary>Why the log is refused; null while it is not.</summary>
    internal LogDamage? Damage { get; private set; }

    /// <summary>How many segments there are.</summary>
    internal int Count => _numbers.Count;

    /// <summary>The segment whose bytes are wanted.</summary>
    internal FileId File => LogFormat.NameOf(_numbers[_at]);

    /// <summary>Whether that is the last one.</summary>
    internal bool IsLast => _at == _numbers.Count - 1;

    /// <summary>Takes the names of the files; false: refused.</summary>
    internal bool TakeNames(ReadOnlySpan<FileId> files)
    {
        foreach (FileId file in files)
        {
            if (LogFormat.TryParseName(file, out ulong number))
            {
                _numbers.Add(number);
            }
        }

        _numbers.Sort();
        if (_numbers.Count == 0 && SnapshotFormat.Latest(files) is { } snapshot)
        {
            return Refuse(snapshot, 0, "there is a snapshot, but no log: term and vote are lost");
        }

        // Segments at the beginning go when a snapshot holds what they held; whether one does is judged with it.
        for (int i = 1; i < _numbers.Count; i++)
        {
            ulong expected = _numbers[0] + (ulong)i;
            if (_numbers[i] != expected)
            {
                FileId next = LogFormat.NameOf(_numbers[i]);
                return Refuse(LogFormat.NameOf(expected), 0, $"the segment is missing, but there is {next}");
            }
        }

        return true;
    }

    /// <summary>Takes the length of the segment; false: refused.</summary>
    internal bool TakeLength(long length) =>
        length <= Array.MaxLength || Refuse(File, 0, $"no segment is {length} bytes long");

    /// <summary>
    /// Takes the bytes of the segment, of which so many could be read; false: refused. <paramref name="applied"/> is
    /// told where each good frame stands, after it was applied.
    /// </summary>
    internal bool TakeSegment(
        ReadOnlySpan<byte> bytes, long read, out SegmentHeader header, out SegmentEnd end, Action<int>? applied = null)
    {
        header = default;
        end = default;
        if (read != bytes.Length)
        {
            return Refuse(File, read, $"the file has {bytes.Length} bytes, but they end here");
        }

        if (!CheckHeader(bytes, out header))
        {
            return false;
        }

        end = SegmentReader.Read(bytes, header, Replay, applied);
        if (!CheckEnd(end, bytes.Length))
        {
            return false;
        }

        _lastEnd = end;
        return true;
    }

    /// <summary>Goes on to the next segment.</summary>
    internal void GoOn() => _at++;

    private bool CheckHeader(ReadOnlySpan<byte> bytes, out SegmentHeader header)
    {
        // A segment gets its name after it is complete, so its head is never torn.
        string? broken = LogFormat.ReadSegmentHeader(bytes, out header);
        if (broken is not null)
        {
            return Refuse(File, 0, broken);
        }

        if (header.Number != _numbers[_at])
        {
            return Refuse(File, 0, $"the segment inside is number {header.Number}: the file was renamed");
        }

        if (_at == 0)
        {
            if (!requested.IsNone && requested != header.Id)
            {
                return Refuse(File, 0, $"this folder belongs to server {header.Id}, not to {requested} as asked for");
            }

            Id = header.Id;
            Disk = header.Disk;
            if (header.Number > 1)
            {
                Replay.Begin(header);
            }
        }
        else if (header.Id != Id || header.Disk != Disk)
        {
            return Refuse(
                File, 0, $"the segment is of server {header.Id}, disk {header.Disk}; the log of {Id}, disk {Disk}");
        }

        if (header.FirstOrdinal != Replay.NextOrdinal)
        {
            string what = $"frame {Replay.NextOrdinal} is wanted, but {File} begins with {header.FirstOrdinal}";
            return _at == 0
                ? Refuse(File, 0, what)
                : Refuse(
                    LogFormat.NameOf(_numbers[_at - 1]),
                    _lastEnd.Offset,
                    $"{_lastEnd.Damage ?? "the frames end"}; {what}, which proves that all before was synced");
        }

        LogIndex before = header.Before.Last.Index;
        return before == Replay.LastIndex
            || Refuse(File, 0, $"it continues a log that ends at {before}, not at {Replay.LastIndex}");
    }

    private bool CheckEnd(in SegmentEnd end, int length)
    {
        if (end.Broken is not null)
        {
            return Refuse(File, end.Offset, end.Broken);
        }

        if (end.FilledTo > length)
        {
            return Refuse(File, length, $"the file ends here, but it once had {end.FilledTo} bytes, synced");
        }

        // Never cut what was synced: others count on it. Cutting here is how a cluster forgets what it acknowledged.
        if (end.SyncedThrough >= Replay.NextOrdinal)
        {
            string what = end.Damage ?? "there are only zeros";
            return Refuse(
                File,
                end.Offset,
                $"{what}; frame {Replay.NextOrdinal} belongs here, and offset {end.Witness} says that all up to "
                + $"{end.SyncedThrough} was synced");
        }

        return !(end.Continued && IsLast)
            || Refuse(LogFormat.NameOf(_numbers[_at] + 1), 0, $"the segment is missing, but {File} says it exists");
    }

    private bool Refuse(FileId file, long offset, string rule)
    {
        Damage = new(file, offset, rule);
        return false;
    }
}
