using RaftSim.Raft;

namespace RaftSim.Wire;

/// <summary>The Raft message as protobuf, written and read by hand: it is nearly all that a busy cluster sends.</summary>
internal static class RaftWire
{
    // The numbers of raftsim.proto, message RaftMessage.
    private const int Kind = 1;
    private const int From = 2;
    private const int To = 3;
    private const int TermField = 4;
    private const int Index = 5;
    private const int LogTerm = 6;
    private const int Commit = 7;
    private const int Reject = 8;
    private const int Hint = 9;
    private const int AddedAt = 10;
    private const int Entries = 11;
    private const int IsTransfer = 12;
    private const int Round = 13;

    // The numbers of message LogEntry.
    private const int EntryTerm = 1;
    private const int EntryKindField = 2;
    private const int EntryPayload = 3;

    /// <summary>The bytes of the message; throws <see cref="ArgumentException"/> when it cannot be written.</summary>
    public static long Measure(in RaftMessage message, ServerId from, ServerId to)
    {
        if (message.Kind is RaftMessageKind.None or > RaftMessageKind.Snapshot)
        {
            throw new ArgumentException($"{message.Kind} is no kind of Raft message", nameof(message));
        }

        long bytes = ProtoSize.Number(Kind, (ulong)message.Kind)
            + (message.From == from ? 0 : ProtoSize.PresentText(From, message.From.ToString()))
            + (message.To == to ? 0 : ProtoSize.PresentText(To, message.To.ToString()))
            + ProtoSize.Number(TermField, message.Term.Value)
            + ProtoSize.Number(Index, message.Index.Value)
            + ProtoSize.Number(LogTerm, message.LogTerm.Value)
            + ProtoSize.Number(Commit, message.Commit.Value)
            + ProtoSize.Flag(Reject, message.Reject)
            + ProtoSize.Number(Hint, message.Hint.Value)
            + ProtoSize.Number(AddedAt, message.AddedAt.Value)
            + ProtoSize.Flag(IsTransfer, message.IsTransfer)
            + ProtoSize.Number(Round, message.Round);
        ReadOnlySpan<LogEntry> entries = message.Entries.Span;
        if (entries.Length > Limits.AppendEntriesMax)
        {
            throw new ArgumentException($"{entries.Length} entries in one message", nameof(message));
        }

        if (message.Index.Value > ulong.MaxValue - (ulong)entries.Length)
        {
            throw new ArgumentException($"entries behind {message.Index}", nameof(message));
        }

        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Index != message.Index + ((ulong)i + 1))
            {
                throw new ArgumentException(
                    $"entry {entries[i].Index} stands at place {i + 1} behind {message.Index}", nameof(message));
            }

            bytes += ProtoSize.Bytes(Entries, MeasureEntry(entries[i]));
        }

        return bytes;
    }

    public static void Write(ref ProtoWriter writer, in RaftMessage message, ServerId from, ServerId to)
    {
        writer.Number(Kind, (ulong)message.Kind);
        if (message.From != from)
        {
            writer.PresentText(From, message.From.ToString());
        }

        if (message.To != to)
        {
            writer.PresentText(To, message.To.ToString());
        }

        writer.Number(TermField, message.Term.Value);
        writer.Number(Index, message.Index.Value);
        writer.Number(LogTerm, message.LogTerm.Value);
        writer.Number(Commit, message.Commit.Value);
        writer.Flag(Reject, message.Reject);
        writer.Number(Hint, message.Hint.Value);
        writer.Number(AddedAt, message.AddedAt.Value);
        foreach (ref readonly LogEntry entry in message.Entries.Span)
        {
            writer.Header(Entries, MeasureEntry(entry));
            writer.Number(EntryTerm, entry.Term.Value);
            writer.Number(EntryKindField, (ulong)entry.Kind);
            if (!entry.Payload.IsEmpty)
            {
                writer.PresentBytes(EntryPayload, entry.Payload.Span);
            }
        }

        writer.Flag(IsTransfer, message.IsTransfer);
        writer.Number(Round, message.Round);
    }

    /// <summary>Reads a message; the payloads of its entries are slices of <paramref name="bytes"/>.</summary>
    public static RaftMessage Read(ReadOnlyMemory<byte> bytes, ServerId from, ServerId to, TextCache? cache)
    {
        RaftMessageKind kind = RaftMessageKind.None;
        ulong term = 0, index = 0, logTerm = 0, commit = 0, hint = 0, addedAt = 0, round = 0;
        bool reject = false, isTransfer = false;
        int count = 0;
        ProtoReader reader = new(bytes.Span);
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case Kind:
                    kind = (RaftMessageKind)reader.Number((int)RaftMessageKind.Snapshot, "kind of Raft message");
                    break;
                case From: from = reader.Id(cache); break;
                case To: to = reader.Id(cache); break;
                case TermField: term = reader.Number(); break;
                case Index: index = reader.Number(); break;
                case LogTerm: logTerm = reader.Number(); break;
                case Commit: commit = reader.Number(); break;
                case Reject: reject = reader.Flag(); break;
                case Hint: hint = reader.Number(); break;
                case AddedAt: addedAt = reader.Number(); break;
                case Entries: _ = reader.Bytes(); count++; break;
                case IsTransfer: isTransfer = reader.Flag(); break;
                case Round: round = reader.Number(); break;
                default: reader.Skip(); break;
            }
        }

        if (kind == RaftMessageKind.None)
        {
            ProtoReader.Fail("a Raft message has no kind");
        }

        return new()
        {
            Kind = kind,
            From = from,
            To = to,
            Term = new(term),
            Index = new(index),
            LogTerm = new(logTerm),
            Commit = new(commit),
            Reject = reject,
            Hint = new(hint),
            AddedAt = new(addedAt),
            IsTransfer = isTransfer,
            Round = round,
            Entries = count == 0 ? default : ReadEntries(bytes, index, count),
        };
    }

    // Entries are counted first and then read, so that they lie in one array of the right length.
    private static LogEntry[] ReadEntries(ReadOnlyMemory<byte> bytes, ulong before, int count)
    {
        if (count > Limits.AppendEntriesMax)
        {
            ProtoReader.Fail($"{count} entries in one message, more than {Limits.AppendEntriesMax}");
        }

        if (before > ulong.MaxValue - (ulong)count)
        {
            ProtoReader.Fail("the index of an entry is out of range");
        }

        LogEntry[] entries = new LogEntry[count];
        int read = 0;
        ProtoReader reader = new(bytes.Span);
        while (reader.Next(out int field))
        {
            if (field == Entries)
            {
                ReadOnlyMemory<byte> entry = bytes[reader.Bytes()];
                entries[read] = ReadEntry(entry, new(before + (ulong)read + 1));
                read++;
            }
            else
            {
                reader.Skip();
            }
        }

        return entries;
    }

    private static LogEntry ReadEntry(ReadOnlyMemory<byte> bytes, LogIndex index)
    {
        ulong term = 0;
        EntryKind kind = EntryKind.Noop;
        ReadOnlyMemory<byte> payload = default;
        ProtoReader reader = new(bytes.Span);
        while (reader.Next(out int field))
        {
            switch (field)
            {
                case EntryTerm: term = reader.Number(); break;
                case EntryKindField: kind = (EntryKind)reader.Number((int)EntryKind.Configuration, "kind of entry"); break;
                case EntryPayload: payload = bytes[reader.Bytes()]; break;
                default: reader.Skip(); break;
            }
        }

        return new(index, new(term), kind, payload);
    }

    private static int MeasureEntry(in LogEntry entry) =>
        ProtoSize.Number(EntryTerm, entry.Term.Value)
        + ProtoSize.Number(EntryKindField, (ulong)entry.Kind)
        + (entry.Payload.IsEmpty ? 0 : ProtoSize.Bytes(EntryPayload, entry.Payload.Length));
}
