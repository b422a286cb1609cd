using System.Buffers;
using RaftSim.Server;
using RaftSim.Simulation.Recording;
using RaftSim.Wire;

namespace RaftSim.Simulation;

// What faults do to single links and to the whole network, beside Options.
public sealed partial class SimNetwork
{
    // What a message takes on the wire besides what it carries.
    private const int MessageBytes = 100;

    // How much may wait for a link of little bandwidth; a real transport would queue no more, either.
    private static readonly Duration _backlogMax = Duration.Seconds(2);

    private Bites _splitBites;
    private Bites _slowBites;
    private Bites _burstBites;

    /// <summary>Who is told of every message that is sent, before anything becomes of it.</summary>
    internal SentHandler? Watched { get; init; }

    /// <summary>Whether what was drawn for a message comes to pass. Null: it does.</summary>
    internal NoiseHandler? Decided { get; init; }

    /// <summary>Who is told what befalls single messages. Null: nobody.</summary>
    internal FateHandler? Told { get; set; }

    /// <summary>Who takes down when messages leave and when they arrive. Null: nobody.</summary>
    internal RecordedMessages? Recorded { get; set; }

    /// <summary>Whether anybody is there to hear what arrives: what is kept from somebody who is not is no loss.</summary>
    internal Func<int, bool> Hears { get; init; } = _ => true;

    /// <summary>How many times as long as usual every message takes.</summary>
    internal int Slowness { get; private set; } = 1;

    /// <summary>How many of 1000 messages are lost at the moment, whatever <see cref="Options"/> say.</summary>
    internal int BurstLossPerMille { get; private set; }

    /// <summary>How often everything has been healed: what was begun before has ended then.</summary>
    internal int Heals { get; private set; }

    /// <summary>
    /// Cuts one direction of one link <paramref name="count"/> times; negative: mends it as often. It is whole when all cuts
    /// are mended. As in all that follows, <paramref name="bite"/> is called when it first has an effect.
    /// </summary>
    internal void Cut(int from, int to, int count, Action? bite = null)
    {
        Link link = LinkOf(from, to);
        // What has ended already does not end again.
        link.Cuts = Math.Max(0, link.Cuts + count);
        if (count > 0)
        {
            link.CutBites.Add(bite);
        }
        else
        {
            link.CutBites.Remove(bite);
        }
    }

    /// <summary>From now on messages on a link take so many times as long as usual.</summary>
    internal void Slow(int from, int to, int times, Action? bite = null) => LinkOf(from, to).SetSlowness(times, bite);

    /// <summary>From now on so many of 1000 messages are lost.</summary>
    internal void SetBurstLoss(int perMille, Action? bite = null)
    {
        BurstLossPerMille = perMille;
        _burstBites.Set(bite);
    }

    /// <summary>From now on every message takes so many times as long.</summary>
    internal void Slow(int times, Action? bite = null)
    {
        Slowness = times;
        _slowBites.Set(bite);
        if (times > 1)
        {
            return;
        }

        foreach (Link link in Links)
        {
            link.Reconnect();
        }
    }

    /// <summary>From now on a link carries so many bytes a second; null: any number.</summary>
    internal void Limit(int from, int to, int? bytesPerSecond, Action? bite = null) =>
        LinkOf(from, to).SetBandwidth(bytesPerSecond, bite);

    /// <summary>From now on nothing in the bulk lane comes through, or everything again.</summary>
    internal void StallBulk(int from, int to, bool isStalled, Action? bite = null)
    {
        Link link = LinkOf(from, to);
        link.IsBulkStalled = isStalled;
        link.BulkBites.Set(bite);
    }

    /// <summary>The connection between two servers breaks: what is under way in both directions never arrives.</summary>
    internal void Reset(int one, int other, Action? bite = null)
    {
        LinkOf(one, other).Break(bite);
        LinkOf(other, one).Break(bite);
    }

    /// <summary>The same, as soon as something is under way from the first to the other.</summary>
    internal void ResetWhenUsed(int from, int to, Action bite) => LinkOf(from, to).BreaksWith = bite;

    /// <summary>
    /// Whether a server may seem dead to others: some link from or to it is cut, or it is on the smaller side of a split (of
    /// equal halves, each is).
    /// </summary>
    internal bool IsSilenced(int server)
    {
        int side = 0;
        for (int other = 0; other < _side.Length; other++)
        {
            side += _side[other] == _side[server] ? 1 : 0;
            if (_links[server]?[other]?.IsCut == true || _links[other]?[server]?.IsCut == true)
            {
                return true;
            }
        }

        return side < _side.Length && 2 * side <= _side.Length;
    }

    private static byte[] Encode(in Envelope envelope)
    {
        ArrayBufferWriter<byte> writer = new(256);
        WireCodec.Encode(envelope, writer);
        return writer.WrittenSpan.ToArray();
    }

    private bool IsLost(Link link, in Envelope envelope, Draw draw)
    {
        if (IsCut(link, envelope))
        {
            return true;
        }

        if (link.IsBulkStalled && envelope.Lane == Lane.Bulk)
        {
            return Loses(link, envelope, "the link carries nothing in bulk", ref link.BulkBites);
        }

        if (draw.PerMille(12, BurstLossPerMille))
        {
            return Loses(link, envelope, "the network loses most", ref _burstBites);
        }

        bool isDropped = Fires(draw.PerMille(1, Options.DropPerMille), FaultKind.Drop, link, envelope);
        if (isDropped)
        {
            Told?.Invoke(link.From, link.To, envelope, Hears(link.To) ? "is lost by chance" : "finds nobody");
        }

        return isDropped;
    }

    private bool IsForbidden(Link link, in Envelope envelope, out Duration late)
    {
        Verdict verdict = Rule?.Invoke(link.From, link.To, envelope) ?? Verdict.Keep;
        late = verdict.Late;
        if (verdict.IsDropped)
        {
            Told?.Invoke(link.From, link.To, envelope, "is lost: the rule has it");
        }

        return verdict.IsDropped;
    }

    // Now, be it when it is sent or when it should arrive.
    private bool IsCut(Link link, in Envelope envelope)
    {
        bool isSplit = _side[link.From] != _side[link.To];
        if (isSplit && link.IsCut && Hears(link.To))
        {
            link.CutBites.Happen();
        }

        return isSplit
            ? Loses(link, envelope, "the network is split", ref _splitBites)
            : link.IsCut && Loses(link, envelope, "the link is cut", ref link.CutBites);
    }

    private bool IsBroken(Link link, in Message message)
    {
        if (message.Connection == link.Connection)
        {
            return false;
        }

        Bites nobody = default;
        ref Bites bites = ref message.Connection == link.BrokenConnection ? ref link.BrokenBites : ref nobody;
        return Loses(link, message.Envelope, "its connection has ended", ref bites);
    }

    private bool Loses(Link link, in Envelope envelope, string why, ref Bites bites)
    {
        if (Hears(link.To))
        {
            bites.Happen();
        }

        Told?.Invoke(link.From, link.To, envelope, $"is lost: {why}");
        return true;
    }

    // A message takes longer than usual, and nothing that it must not overtake hides that.
    private void NoteSlowness(Link link, bool isLast)
    {
        if (!isLast || !Hears(link.To))
        {
            return;
        }

        link.BandwidthBites.Happen();
        if (link.Slowness > Slowness)
        {
            link.SlowBites.Happen();
        }
        else if (Slowness > link.Slowness)
        {
            _slowBites.Happen();
        }
    }

    private void NoteArrival(in Message message)
    {
        if (!Hears(message.To))
        {
            Told?.Invoke(message.From, message.To, message.Envelope, "finds nobody");
        }
        else if (message.Copy is { } copy)
        {
            _counts.Fired(copy);
            Told?.Invoke(
                message.From, message.To, message.Envelope, copy == FaultKind.LateCopy ? "comes again, late" : "comes again");
        }
    }

    private void BreakIfDue(Link link)
    {
        if (link.BreaksWith is { } bite)
        {
            link.BreaksWith = null;
            Reset(link.From, link.To, bite);
        }
    }

    // As in TCP a receiver that finds a wrong checksum drops the connection, and with it what else is under way.
    private void Corrupt(int from, int to, in Envelope envelope, byte[]? bytes, Draw draw)
    {
        bytes ??= Encode(envelope);
        uint sent = Crc32C.Compute(bytes);
        byte[] arrived = [.. bytes];
        arrived[draw.Below(13, arrived.Length)] ^= (byte)(1 << draw.Below(14, 8));
        Invariant.Require(Crc32C.Compute(arrived) != sent, "a checksum betrays a bit that changed");
        Reset(from, to);
    }

    // On a link of little bandwidth a message leaves when those before it have left.
    private long Occupy(Link link, in Envelope envelope, byte[]? bytes)
    {
        if (link.BytesPerSecond is not int bytesPerSecond)
        {
            return _timeline.Now;
        }

        long span = (bytes?.Length ?? Estimate(envelope)) * Duration.Seconds(1).Nanos / bytesPerSecond;
        link.FreeAt = Math.Max(link.FreeAt, _timeline.Now) + span;
        return link.FreeAt;
    }

    private static int Estimate(in Envelope envelope)
    {
        int bytes = MessageBytes;
        if (envelope.Message.Kind == ServerMessageKind.Raft)
        {
            foreach (ref readonly LogEntry entry in envelope.Message.Raft.Entries.Span)
            {
                bytes += entry.Payload.Length;
            }
        }

        return envelope.Message.Body is SnapshotChunk chunk ? bytes + chunk.Bytes.Length : bytes;
    }

    /// <summary>A server sends a message.</summary>
    internal delegate void SentHandler(int from, in Envelope envelope);

    /// <summary>Something is to befall a message: the one with this number between two servers.</summary>
    internal delegate bool NoiseHandler(FaultKind kind, int from, int to, ulong number, in Envelope envelope);

    /// <summary>Something has befallen a message.</summary>
    internal delegate void FateHandler(int from, int to, in Envelope envelope, string what);

    private sealed class Link(int from, int to, Draw draw)
    {
        public Bites CutBites;
        public Bites BulkBites;
        public Bites SlowBites;
        public Bites BandwidthBites;
        public Bites BrokenBites;

        public int From { get; } = from;

        public int To { get; } = to;

        public Draw Draw { get; } = draw;

        public ulong Count { get; set; }

        public int InFlight { get; set; }

        public bool IsBlocked { get; set; }

        public int Cuts { get; set; }

        public bool IsCut => IsBlocked || Cuts > 0;

        public int Slowness { get; private set; } = 1;

        public int? BytesPerSecond { get; private set; }

        public long FreeAt { get; set; }

        public bool IsBulkStalled { get; set; }

        // What was sent on an earlier connection does not arrive any more.
        public int Connection { get; private set; }

        // The one that was last broken, while nothing else has ended one.
        public int BrokenConnection { get; private set; } = -1;

        // To break with the next message.
        public Action? BreaksWith { get; set; }

        public long[] LastArrival { get; } = new long[3];

        public void SetBandwidth(int? bytesPerSecond, Action? bite)
        {
            BytesPerSecond = bytesPerSecond;
            BandwidthBites.Set(bite);
            FreeAt = 0;
            Reconnect();
        }

        public void SetSlowness(int times, Action? bite)
        {
            Slowness = times;
            SlowBites.Set(bite);
            if (times == 1)
            {
                Reconnect();
            }
        }

        public void Break(Action? bite)
        {
            BrokenConnection = Connection++;
            BrokenBites.Set(bite);
        }

        // Whoever sees that a way is good again begins a connection of its own on it: nothing waits behind what crawls.
        public void Reconnect()
        {
            Connection++;
            Array.Clear(LastArrival);
        }

        public void Mend()
        {
            CutBites = BulkBites = SlowBites = BandwidthBites = default;
            BreaksWith = null;
            IsBlocked = IsBulkStalled = false;
            Cuts = 0;
            Slowness = 1;
            BytesPerSecond = null;
            FreeAt = 0;
            Array.Clear(LastArrival);
        }
    }
}
