namespace RaftSim.Simulation;

/// <summary>
/// The bytes of one simulated file, as programs see them and as they would be found after a power cut. Sectors are
/// written wholly or not at all; a sector that survives a crash holds what it held after one of the writes to it.
/// </summary>
internal sealed class SimDiskFile
{
    internal const int SectorBytes = 512;

    private readonly List<Change> _changes = [];
    private byte[] _seen = [];
    private int _seenLength;
    private byte[] _durable = [];
    private int _durableLength;
    private byte[] _images = [];
    private int _imagesLength;

    private enum ChangeKind : byte
    {
        Write,
        Fill,
        Truncate,
    }

    internal int Length => _seenLength;

    internal int Read(long offset, Span<byte> buffer)
    {
        int start = (int)Math.Min(offset, _seenLength);
        int count = Math.Min(buffer.Length, _seenLength - start);
        _seen.AsSpan(start, count).CopyTo(buffer);
        return count;
    }

    internal void Write(int offset, ReadOnlySpan<byte> data)
    {
        int end = checked(offset + data.Length);
        Grow(ref _seen, end);
        _seenLength = Math.Max(_seenLength, end);
        data.CopyTo(_seen.AsSpan(offset));

        // The image is of whole sectors: it is the cached page that reaches the disk, not the bytes of one write.
        int from = offset / SectorBytes * SectorBytes;
        int to = Math.Min(RoundUp(end), _seenLength);
        Grow(ref _images, checked(_imagesLength + (to - from)));
        _seen.AsSpan(from, to - from).CopyTo(_images.AsSpan(_imagesLength));
        _changes.Add(new(ChangeKind.Write, from, to, _imagesLength));
        _imagesLength += to - from;
    }

    internal void Fill(int length)
    {
        if (length > _seenLength)
        {
            Grow(ref _seen, length);
            _changes.Add(new(ChangeKind.Fill, _seenLength, length, 0));
            _seenLength = length;
        }
    }

    internal void Truncate(int length)
    {
        if (length < _seenLength)
        {
            _seen.AsSpan(length, _seenLength - length).Clear();
        }

        Grow(ref _seen, length);
        _seenLength = length;
        _changes.Add(new(ChangeKind.Truncate, length, length, 0));
    }

    internal void Sync()
    {
        foreach (Change change in _changes)
        {
            int to = Math.Min(change.To, _seenLength);
            Grow(ref _durable, to);
            if (change.From < to)
            {
                _seen.AsSpan(change.From, to - change.From).CopyTo(_durable.AsSpan(change.From));
            }

            SetDurableLength(change.Kind == ChangeKind.Truncate ? to : Math.Max(_durableLength, to));
        }

        Forget();
    }

    /// <summary>A sync that failed: nothing became durable, and no later sync will try it again.</summary>
    internal void Forget()
    {
        _changes.Clear();
        _imagesLength = 0;
    }

    internal bool HasUnsynced => _changes.Count > 0;

    internal int DurableLength => _durableLength;

    internal ReadOnlySpan<byte> Durable => _durable.AsSpan(0, _durableLength);

    internal void FlipBit(int offset, int bit)
    {
        _durable[offset] ^= (byte)(1 << bit);
        if (offset < _seenLength)
        {
            _seen[offset] ^= (byte)(1 << bit);
        }
    }

    /// <summary>Falls back to what is durable and whatever else the crash let through.</summary>
    internal void Crash(SimDiskCrash crash, Prng prng, Action<SimDiskFault> count)
    {
        int point = (int)prng.Below((ulong)_changes.Count + 1);
        for (int i = 0; i < _changes.Count; i++)
        {
            bool isTorn = crash == SimDiskCrash.Tear && i == _changes.Count - 1;
            KeepPart(_changes[i], isTorn ? 2 : SharesOf(crash, i, point, prng), prng, count);
        }

        Forget();
        Grow(ref _seen, _durableLength);
        Durable.CopyTo(_seen);
        if (_durableLength < _seenLength)
        {
            _seen.AsSpan(_durableLength, _seenLength - _durableLength).Clear();
        }

        _seenLength = _durableLength;
    }

    // How many of 4 sectors survive on average.
    private static ulong SharesOf(SimDiskCrash crash, int index, int point, Prng prng) => crash switch
    {
        SimDiskCrash.LoseAll => 0,
        SimDiskCrash.KeepAll => 4,
        SimDiskCrash.PointInTime when index == point => 2,
        SimDiskCrash.PointInTime => index < point ? 4UL : 0UL,
        _ => prng.Below(3) * 2,
    };

    private void KeepPart(in Change change, ulong shares, Prng prng, Action<SimDiskFault> count)
    {
        if (change.Kind == ChangeKind.Truncate)
        {
            if (prng.Chance(shares, 4))
            {
                Grow(ref _durable, change.To);
                SetDurableLength(change.To);
            }

            return;
        }

        int kept = 0;
        int lost = 0;
        for (int from = change.From; from < change.To;)
        {
            int to = Math.Min(RoundUp(from + 1), change.To);
            if (shares == 4 || prng.Chance(shares, 4))
            {
                kept++;
                KeepSector(change, from, to);
            }
            else
            {
                lost++;
            }

            from = to;
        }

        if (lost > 0)
        {
            count(kept == 0 ? SimDiskFault.WriteLost : SimDiskFault.WriteTorn);
        }
    }

    private void KeepSector(in Change change, int from, int to)
    {
        Grow(ref _durable, to);
        SetDurableLength(Math.Max(_durableLength, to));
        Span<byte> sector = _durable.AsSpan(from, to - from);
        if (change.Kind == ChangeKind.Fill)
        {
            sector.Clear();
        }
        else
        {
            _images.AsSpan(change.Image + (from - change.From), to - from).CopyTo(sector);
        }
    }

    private void SetDurableLength(int length)
    {
        if (length < _durableLength)
        {
            _durable.AsSpan(length, _durableLength - length).Clear();
        }

        _durableLength = length;
    }

    private static int RoundUp(int length) => checked((length + SectorBytes - 1) / SectorBytes * SectorBytes);

    private static void Grow(ref byte[] bytes, int length)
    {
        if (length > bytes.Length)
        {
            Array.Resize(ref bytes, Math.Max(length, (int)Math.Min(bytes.Length * 2L, Array.MaxLength)));
        }
    }

    private readonly record struct Change(ChangeKind Kind, int From, int To, int Image);
}
