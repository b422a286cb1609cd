using System.Buffers;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Simulation;

// What faults do to single links and to the whole network, beside Options.
public sealed partial class SimNetwork
{
    // What a message takes on the wire besides what it carries.
    private const int MessageBytes = 100;

    // How much may wait for a link of little bandwidth; a real transport would queue no more, either.
    private static readonly Duration _backlogMax = Duration.Seconds(2);

    /// <summary>Who is told of every message that is sent, before anything becomes of it.</summary>
    internal SentHandler? Watched { get; init; }

    /// <summary>Whether what was drawn for a message comes to pass. Null: it does.</summary>
    internal NoiseHandler? Decided { get; init; }

    /// <summary>How many times as long as usual every message takes.</summary>
    internal int Slowness { get; private set; } = 1;

    /// <summary>How many of 1000 messages are lost at the moment, whatever <see cref="Options"/> say.</summary>
    internal int BurstLossPerMille { get; set; }

    /// <summary>
    /// Cuts one direction of one link <paramref name="count"/> times; negative: mends it as often. It is whole when all cuts
    /// are mended.
    /// </summary>
    internal void Cut(int from, int to, int count) => LinkOf(from, to).Cuts += count;

    /// <summary>From now on messages on a link take so many times as long as usual.</summary>
    internal void Slow(int from, int to, int times) => LinkOf(from, to).SetSlowness(times);

    /// <summary>From now on every message takes so many times as long.</summary>
    internal void Slow(int times)
    {
        Slowness = times;
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
    internal void Limit(int from, int to, int? bytesPerSecond) => LinkOf(from, to).SetBandwidth(bytesPerSecond);

    /// <summary>From now on nothing in the bulk lane comes through, or everything again.</summary>
    internal void StallBulk(int from, int to, bool isStalled) => LinkOf(from, to).IsBulkStalled = isStalled;

    /// <summary>The connection between two servers breaks: what is under way in both directions never arrives.</summary>
    internal void Reset(int one, int other)
    {
        LinkOf(one, other).Connection++;
        LinkOf(other, one).Connection++;
    }

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

    private bool IsLost(Link link, in Envelope envelope, Draw draw) =>
        IsBlocked(link.From, link.To)
        || (link.IsBulkStalled && envelope.Lane == Lane.Bulk)
        || draw.PerMille(12, BurstLossPerMille)
        || Fires(draw.PerMille(1, Options.DropPerMille), FaultKind.Drop, link, envelope);

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

    private sealed class Link(int from, int to, Draw draw)
    {
        public int From { get; } = from;

        public int To { get; } = to;

        public Draw Draw { get; } = draw;

        public ulong Count { get; set; }

        public int InFlight { get; set; }

        public bool IsBlocked { get; set; }

        public int Cuts { get; set; }

        public bool IsCut => IsBlocked || Cuts > 0;

        public int Slowness { get; private set; } = 1;

        public int? BytesPerSecond { get; set; }

        public long FreeAt { get; set; }

        public bool IsBulkStalled { get; set; }

        // What was sent on an earlier connection does not arrive any more.
        public int Connection { get; set; }

        public long[] LastArrival { get; } = new long[3];

        public void SetBandwidth(int? bytesPerSecond)
        {
            BytesPerSecond = bytesPerSecond;
            FreeAt = 0;
            Reconnect();
        }

        public void SetSlowness(int times)
        {
            Slowness = times;
            if (times == 1)
            {
                Reconnect();
            }
        }

        // Whoever sees that a way is good again begins a connection of its own on it: nothing waits behind what crawls.
        public void Reconnect()
        {
            Connection++;
            Array.Clear(LastArrival);
        }

        public void Mend()
        {
            IsBlocked = IsBulkStalled = false;
            Cuts = 0;
            Slowness = 1;
            BytesPerSecond = null;
            FreeAt = 0;
            Array.Clear(LastArrival);
        }
    }
}
