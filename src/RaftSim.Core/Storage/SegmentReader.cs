namespace RaftSim.Storage;

/// <summary>How the reading of a segment ended.</summary>
/// <param name="Offset">Behind the last good frame.</param>
/// <param name="Damage">What is wrong at <paramref name="Offset"/>; null when there are only zeros, or the file ends.</param>
/// <param name="Broken">The rule that a frame with right checksums breaks: never the work of a crash.</param>
/// <param name="Continued">Whether the segment says that the log goes on in the next one.</param>
/// <param name="Unproven">Where the first frame starts that nothing in the log says was synced.</param>
/// <param name="SyncedThrough">The last ordinal that anything in the segment says was synced.</param>
/// <param name="Witness">Where that is said.</param>
/// <param name="FilledTo">The length that anything in the segment says the file had.</param>
internal readonly record struct SegmentEnd(
    int Offset, string? Damage, string? Broken, bool Continued, int Unproven, ulong SyncedThrough, int Witness, long FilledTo);

/// <summary>Reads the frames of one segment, and judges what stands behind the last good one.</summary>
internal static class SegmentReader
{
    /// <summary>
    /// Applies every good frame of a segment whose head was read already, and tells <paramref name="applied"/> behind each
    /// where it stands.
    /// </summary>
    internal static SegmentEnd Read(
        ReadOnlySpan<byte> bytes, in SegmentHeader segment, LogReplay replay, Action<int>? applied = null)
    {
        uint salt = LogFormat.SaltOf(segment.Disk, segment.Number);
        Claims claims = new(segment);
        List<(ulong Ordinal, int Offset)> starts = [];
        int offset = LogFormat.SegmentHeaderBytes;
        string? damage;
        string? broken = null;
        bool continued = false;
        while (true)
        {
            damage = Check(bytes, offset, salt, replay.NextOrdinal, out FrameHeader header);
            if (damage is not null || header.Kind == default)
            {
                break;
            }

            claims.Hear(header, offset);
            continued = header.Kind == FrameKind.Continued;
            if (continued)
            {
                break;
            }

            broken = replay.Apply(header, bytes.Slice(offset + LogFormat.FrameHeaderBytes, header.BodyLength));
            if (broken is not null)
            {
                break;
            }

            applied?.Invoke(offset);
            starts.Add((header.Ordinal, offset));
            offset += LogFormat.FrameBytes(header.BodyLength);
        }

        ScanForClaims(bytes, offset, salt, ref claims);
        int unproven = offset;
        for (int i = starts.Count - 1; i >= 0 && starts[i].Ordinal > claims.SyncedThrough; i--)
        {
            unproven = starts[i].Offset;
        }

        return new(offset, damage, broken, continued, unproven, claims.SyncedThrough, claims.Witness, claims.FilledTo);
    }

    // Null with a kind: a good frame. Null without: nothing was written here. Otherwise what is wrong.
    private static string? Check(ReadOnlySpan<byte> bytes, int offset, uint salt, ulong ordinal, out FrameHeader header)
    {
        ReadOnlySpan<byte> rest = bytes[offset..];
        if (!LogFormat.TryReadFrameHeader(rest, salt, offset, out header))
        {
            ReadOnlySpan<byte> head = rest[..Math.Min(rest.Length, LogFormat.FrameHeaderBytes)];
            return head.ContainsAnyExcept((byte)0) ? "the checksum of the frame's head does not match" : null;
        }

        if (header.Ordinal != ordinal || header.Kind is < FrameKind.Batch or > FrameKind.Continued)
        {
            return $"there is frame {header.Ordinal} of kind {(byte)header.Kind}, not frame {ordinal}";
        }

        if (header.BodyLength < 0
            || header.BodyLength > Limits.LogFrameBytesMax
            || LogFormat.FrameBytes(header.BodyLength) > rest.Length)
        {
            return $"the frame's {header.BodyLength} bytes do not fit into the file";
        }

        ReadOnlySpan<byte> body = rest[LogFormat.FrameHeaderBytes..LogFormat.FrameBytes(header.BodyLength)];
        return Crc32C.Compute(body) == header.BodyChecksum ? null : "the checksum of the frame's body does not match";
    }

    // The head of a frame carries its own checksum, salted with its place: what it says was true when it was written,
    // whatever became of its body and of the frames before it.
    private static void ScanForClaims(ReadOnlySpan<byte> bytes, int offset, uint salt, ref Claims claims)
    {
        while (offset < bytes.Length)
        {
            int skip = bytes[offset..].IndexOfAnyExcept((byte)0);
            if (skip < 0)
            {
                return;
            }

            offset += skip / LogFormat.FrameAlignment * LogFormat.FrameAlignment;
            if (LogFormat.TryReadFrameHeader(bytes[offset..], salt, offset, out FrameHeader header))
            {
                claims.Hear(header, offset);
            }

            offset += LogFormat.FrameAlignment;
        }
    }

    private struct Claims(in SegmentHeader segment)
    {
        internal ulong SyncedThrough { get; private set; } = segment.FirstOrdinal - 1;

        internal int Witness { get; private set; }

        internal long FilledTo { get; private set; } = segment.FilledTo;

        internal void Hear(in FrameHeader header, int offset)
        {
            FilledTo = Math.Max(FilledTo, header.FilledTo);
            if (header.SyncedThrough > SyncedThrough)
            {
                SyncedThrough = header.SyncedThrough;
                Witness = offset;
            }
        }
    }
}
