using System.Buffers.Binary;
using System.Text;

namespace RaftSim.Storage;

/// <summary>Puts the recovered state together, frame by frame, and checks the rules that hold between frames.</summary>
internal sealed class LogReplay
{
    private const int EntryHeadBytes = sizeof(ulong) + sizeof(byte) + sizeof(uint);

    private readonly List<LogEntry> _entries = [];
    private ClusterId _cluster;
    private HardState _hardState;

    // The end of what came before the first entry; of a term that is not known, the term is 0.
    private LogPosition _start;
    private LogIndex _startsAnewBehind;

    /// <summary>The ordinal of the next frame.</summary>
    internal ulong NextOrdinal { get; private set; } = 1;

    /// <summary>The ordinal of the last frame that holds a batch; 0 for none.</summary>
    internal ulong LastBatch { get; private set; }

    /// <summary>Where the entries of the last frame begin; behind <see cref="LastIndex"/> when it had none.</summary>
    internal LogIndex AppendedFrom { get; private set; } = new(1);

    internal LogIndex LastIndex => _start.Index + (ulong)_entries.Count;

    /// <summary>What was read so far adds up to this.</summary>
    internal LogCheckpoint Checkpoint => new(
        _cluster, _hardState, _entries.Count == 0 ? _start : new(_entries[^1].Index, _entries[^1].Term));

    /// <summary>Begins with a segment before which there were others.</summary>
    internal void Begin(in SegmentHeader header)
    {
        NextOrdinal = header.FirstOrdinal;
        _cluster = header.Before.Cluster;
        _hardState = header.Before.HardState;
        _start = header.Before.Last;
        AppendedFrom = LastIndex.Next;
    }

    internal RecoveredState ToState()
    {
        // Entries were cut off in front of what is left of the log. A snapshot holds the one that came in place of the
        // first (nothing else lets segments go), so that one need not be kept, and its term is known.
        if (_start.Index > LogIndex.Zero && _start.Term == Term.Zero && _entries.Count > 0)
        {
            _start = new(_entries[0].Index, _entries[0].Term);
            _entries.RemoveAt(0);
        }

        return new() { Cluster = _cluster, HardState = _hardState, LogStart = _start, Entries = _entries };
    }

    /// <summary>Takes a frame whose checksums are right; null, or the rule that it breaks.</summary>
    internal string? Apply(in FrameHeader header, ReadOnlySpan<byte> body)
    {
        AppendedFrom = LastIndex.Next;
        string? broken = header.Kind == FrameKind.Batch ? ApplyBatch(body) : null;
        if (broken is null)
        {
            LastBatch = header.Kind == FrameKind.Batch ? header.Ordinal : LastBatch;
            NextOrdinal = header.Ordinal + 1;
        }

        return broken;
    }

    private string? ApplyBatch(ReadOnlySpan<byte> body)
    {
        BodyReader reader = new(body);
        FrameBuffer.Parts parts = (FrameBuffer.Parts)reader.Byte();
        const FrameBuffer.Parts known = FrameBuffer.Parts.Cluster | FrameBuffer.Parts.HardState
            | FrameBuffer.Parts.RestartAt | FrameBuffer.Parts.TruncateFrom | FrameBuffer.Parts.Entries;
        if ((parts & ~known) != FrameBuffer.Parts.None)
        {
            return $"the batch has parts that this program does not know ({parts:x})";
        }

        if (parts.HasFlag(FrameBuffer.Parts.Cluster))
        {
            _cluster = new(reader.UInt64(), reader.UInt64());
        }

        if (parts.HasFlag(FrameBuffer.Parts.HardState))
        {
            Term term = new(reader.UInt64());
            ServerId vote = new(Encoding.UTF8.GetString(reader.Bytes(reader.UInt16())));
            if (term < _hardState.Term)
            {
                return $"term {term} comes after term {_hardState.Term}";
            }

            _hardState = new(term, vote);
        }

        if (parts.HasFlag(FrameBuffer.Parts.RestartAt))
        {
            _start = new(new(reader.UInt64()), new(reader.UInt64()));
            _startsAnewBehind = _start.Index;
            _entries.Clear();
        }

        if (parts.HasFlag(FrameBuffer.Parts.TruncateFrom) && Cut(new(reader.UInt64())) is { } wrong)
        {
            return wrong;
        }

        AppendedFrom = LastIndex.Next;
        string? broken = parts.HasFlag(FrameBuffer.Parts.Entries) ? ApplyEntries(ref reader) : null;
        return broken ?? (reader.IsAtEnd ? null : "the batch is not as long as its parts");
    }

    private string? Cut(LogIndex from)
    {
        if (from <= _startsAnewBehind || from > LastIndex.Next)
        {
            return $"the log goes from index {_startsAnewBehind.Next} to {LastIndex} and cannot be cut from {from} on";
        }

        if (from <= _start.Index)
        {
            _start = new(from.Previous, Term.Zero);
            _entries.Clear();
            return null;
        }

        int keep = (int)(from - _start.Index) - 1;
        _entries.RemoveRange(keep, _entries.Count - keep);
        return null;
    }

    private string? ApplyEntries(ref BodyReader reader)
    {
        int count = reader.Int32();
        LogIndex first = new(reader.UInt64());
        if (count < 0)
        {
            return $"the batch holds {count} entries";
        }

        if (first != LastIndex.Next)
        {
            return $"entry {first} follows entry {LastIndex}";
        }

        // One array for the payloads of a frame: the buffer of the whole segment can go, and so can the array when
        // its entries are cut from the log.
        byte[] payloads = new byte[Math.Max(0, reader.Left - ((long)count * EntryHeadBytes))];
        int used = 0;
        for (int i = 0; i < count && !reader.IsBroken; i++)
        {
            Term term = new(reader.UInt64());
            EntryKind kind = (EntryKind)reader.Byte();
            ReadOnlySpan<byte> payload = reader.Bytes(reader.Int32());
            if (kind > EntryKind.Configuration)
            {
                // Never skipped: what a later version wrote there may be what everything behind it rests on.
                return $"entry {LastIndex.Next} is of the unknown kind {(byte)kind}";
            }

            if (payload.Length > payloads.Length - used)
            {
                return "the entries are longer than their batch";
            }

            payload.CopyTo(payloads.AsSpan(used));
            _entries.Add(new(LastIndex.Next, term, kind, payloads.AsMemory(used, payload.Length)));
            used += payload.Length;
        }

        return null;
    }

    /// <summary>Reads numbers one after the other; past the end it gives zeros and remembers that.</summary>
    private ref struct BodyReader(ReadOnlySpan<byte> body)
    {
        private ReadOnlySpan<byte> _left = body;

        internal bool IsBroken { get; private set; }

        internal readonly int Left => _left.Length;

        internal readonly bool IsAtEnd => !IsBroken && _left.IsEmpty;

        internal ReadOnlySpan<byte> Bytes(int count)
        {
            if (count < 0 || count > _left.Length)
            {
                IsBroken = true;
                return default;
            }

            ReadOnlySpan<byte> bytes = _left[..count];
            _left = _left[count..];
            return bytes;
        }

        internal byte Byte() => Bytes(1) is [byte value] ? value : (byte)0;

        internal ushort UInt16() => Bytes(2) is { Length: 2 } b ? BinaryPrimitives.ReadUInt16LittleEndian(b) : (ushort)0;

        internal int Int32() => Bytes(4) is { Length: 4 } b ? BinaryPrimitives.ReadInt32LittleEndian(b) : 0;

        internal ulong UInt64() => Bytes(8) is { Length: 8 } b ? BinaryPrimitives.ReadUInt64LittleEndian(b) : 0;
    }
}
