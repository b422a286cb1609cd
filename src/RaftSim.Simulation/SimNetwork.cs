using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Simulation;

/// <summary>
/// The network of a world: every server has a transport into it. It loses, delays, repeats and reorders as its
/// <see cref="Options"/> say, and it can be cut. What becomes of the n-th message of a link is a function of the seed, the
/// link and n alone. Without reordering, messages of one lane of one link arrive in order.
/// </summary>
public sealed partial class SimNetwork
{
    // As much as a real transport would queue for a peer that does not read.
    private const int InFlightMax = 10_000;

    private readonly Timeline _timeline;
    private readonly Draw _draw;
    private readonly FaultCounts _counts;
    private readonly Port[] _ports;
    private readonly Link?[]?[] _links;
    private readonly int[] _side;
    private readonly Lookup<string, int> _addresses = new(StringComparer.Ordinal);
    private readonly Slots<Message> _messages = new();
    private readonly WireDecoder _decoder = new();

    internal SimNetwork(Timeline timeline, ulong seed, IReadOnlyList<ServerAddress> addresses, FaultCounts counts)
    {
        _timeline = timeline;
        _draw = Draw.Of(seed, Concern.Network);
        _counts = counts;
        _ports = new Port[addresses.Count];
        _links = new Link?[addresses.Count][];
        _side = new int[addresses.Count];
        for (int i = 0; i < addresses.Count; i++)
        {
            _ports[i] = new Port(this, i);
            _addresses.Add(addresses[i].Value, i);
        }
    }

    /// <summary>How messages are treated from now on.</summary>
    public LinkOptions Options { get; set; } = LinkOptions.Calm;

    /// <summary>Whether messages travel as bytes: encoded when sent, decoded when they arrive. Default: no.</summary>
    public bool EncodesMessages { get; set; }

    /// <summary>Told of every server that sends its stats, as it does.</summary>
    internal Action<int>? Reporting { get; init; }

    /// <summary>
    /// Asked for each message that is not lost anyway, with the numbers of sender and receiver, what becomes of it. Its answers
    /// must follow from what it is asked, and was asked before, alone, or the run cannot be repeated.
    /// <see cref="SimWorld.Settle"/> ends it; while it is there, nobody judges who could get something done under faults.
    /// Default: none.
    /// </summary>
    public Func<int, int, Envelope, Verdict>? Rule { get; set; }

    /// <summary>How many messages were sent.</summary>
    public long Sent { get; private set; }

    /// <summary>How many messages arrived.</summary>
    public long Delivered { get; private set; }

    /// <summary>The way of one server into the network.</summary>
    public ITransport Transport(int server) => _ports[server];

    /// <summary>Splits the network: the given servers on one side, all others on the other.</summary>
    public void Partition(params ReadOnlySpan<int> side) => Split(side, null);

    /// <summary>The same; <paramref name="bite"/> is called when it first keeps a message from arriving.</summary>
    internal void Split(ReadOnlySpan<int> side, Action? bite)
    {
        foreach (int server in side)
        {
            Simulation.Rule.RequireServer(server, _ports.Length, nameof(side));
        }

        Join();
        _splitBites.Set(bite);
        foreach (int server in side)
        {
            _side[server] = 1;
        }
    }

    private Link RequireLink(int from, int to)
    {
        Simulation.Rule.RequireServer(from, _ports.Length, nameof(from));
        Simulation.Rule.RequireServer(to, _ports.Length, nameof(to));
        return LinkOf(from, to);
    }

    /// <summary>From now on nothing that <paramref name="from"/> sends reaches <paramref name="to"/>.</summary>
    public void Block(int from, int to) => Block(from, to, null);

    /// <summary>The same; <paramref name="bite"/> is called when it first keeps a message from arriving.</summary>
    internal void Block(int from, int to, Action? bite)
    {
        Link link = RequireLink(from, to);
        link.IsBlocked = true;
        link.CutBites.Add(bite);
    }

    /// <summary>Cuts one server off from all others.</summary>
    public void Isolate(int server) => Split([server], null);

    /// <summary>Ends the split made by <see cref="Partition"/> or <see cref="Isolate"/>.</summary>
    public void Join()
    {
        Array.Clear(_side);
        _splitBites.Set(null);
    }

    /// <summary>Ends the block of one direction of one link.</summary>
    public void Unblock(int from, int to) => RequireLink(from, to).IsBlocked = false;

    /// <summary>Ends every split, block and slowness of links. <see cref="Options"/> stay as they are.</summary>
    public void Heal()
    {
        Heals++;
        Join();
        Slowness = 1;
        _slowBites.Set(null);
        SetBurstLoss(0);
        foreach (Link link in Links)
        {
            link.Mend();
        }
    }

    /// <summary>Whether what <paramref name="from"/> sends to <paramref name="to"/> is lost.</summary>
    public bool IsBlocked(int from, int to) => _side[from] != _side[to] || _links[from]?[to]?.IsCut == true;

    /// <summary>Takes a message that arrives out of the network; false when it does not arrive after all.</summary>
    internal bool TryReceive(int slot, out int from, out Envelope envelope)
    {
        Recorded?.Lands(slot);
        ref readonly Message message = ref _messages.At(slot);
        from = message.From;
        bool arrives = Arrives(message, out envelope);
        Recorded?.Landed(arrives && Hears(message.To));
        _messages.Free(slot);
        return arrives;
    }

    private bool Arrives(in Message message, out Envelope envelope)
    {
        Link link = LinkOf(message.From, message.To);
        link.InFlight--;
        if (IsCut(link, message.Envelope) || IsBroken(link, message))
        {
            envelope = default;
            return false;
        }

        if (message.Bytes is null)
        {
            envelope = message.Envelope;
        }
        else if (!_decoder.TryDecode(message.Bytes, out envelope, out string error))
        {
            throw new InvariantException($"a message cannot be decoded: {error}");
        }

        Delivered++;
        NoteArrival(message);
        return true;
    }

    private bool Send(int from, in Envelope envelope)
    {
        if (!_addresses.TryFind(envelope.ToAddress.Value ?? "", out int to))
        {
            return false;
        }

        if (envelope.Message.Kind == ServerMessageKind.StatsReply)
        {
            Reporting?.Invoke(from);
        }

        Link link = LinkOf(from, to);
        if (link.InFlight >= InFlightMax || link.FreeAt > _timeline.Now + _backlogMax.Nanos)
        {
            Told?.Invoke(from, to, envelope, "is refused: too much is under way");
            return false;
        }

        Sent++;
        Watched?.Invoke(from, envelope);
        Draw draw = link.Draw.At(++link.Count);
        LinkOptions options = Options;
        if (IsLost(link, envelope, draw) || IsForbidden(link, envelope, out Duration late))
        {
            // Real transports sometimes notice at once that a peer cannot be reached, and say so.
            return !draw.PerMille(2, 100);
        }

        if (!TryEncode(envelope, out byte[]? bytes))
        {
            return false;
        }

        if (Fires(draw.PerMille(9, options.CorruptPerMille), FaultKind.CorruptFrame, link, envelope))
        {
            Corrupt(from, to, envelope, bytes, draw);
            Told?.Invoke(from, to, envelope, "arrives corrupt: the connection ends");
            return true;
        }

        long now = Occupy(link, envelope, bytes);
        int slowness = Math.Max(link.Slowness, Slowness);
        Duration delay = ((options.DelayMin + draw.Around(3, options.DelayMean)) * slowness) + late;
        if (Fires(draw.PerMille(4, options.SlowPerMille), FaultKind.Delay, link, envelope))
        {
            delay += draw.Around(5, options.SlowMean);
        }

        long arrival = now + delay.Nanos;
        ref long last = ref link.LastArrival[(int)envelope.Lane];
        NoteSlowness(link, arrival > last);
        if (!Befalls(draw.PerMille(6, options.ReorderPerMille), FaultKind.Reorder, link, envelope))
        {
            arrival = last = Math.Max(arrival, last);
        }
        else if (arrival < last)
        {
            _counts.Fired(FaultKind.Reorder);
        }

        Message message = new(from, to, envelope, bytes, link.Connection);
        Launch(link, message, arrival);
        LaunchCopies(link, message, arrival, draw);
        BreakIfDue(link);
        return true;
    }

    // What cannot be written certainly will not be sent, and that is what a transport says of it.
    private bool TryEncode(in Envelope envelope, out byte[]? bytes)
    {
        bytes = null;
        if (!EncodesMessages)
        {
            return true;
        }

        try
        {
            bytes = Encode(envelope);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void Launch(Link link, in Message message, long arrival)
    {
        link.InFlight++;
        int slot = _messages.Put(message);
        Recorded?.Launched(slot, message.From, message.To, message.Envelope);
        _timeline.Schedule(arrival, SimEventKind.Deliver, message.To, 0, slot);
    }

    private void LaunchCopies(Link link, in Message message, long arrival, Draw draw)
    {
        if (Befalls(draw.PerMille(7, Options.DuplicatePerMille), FaultKind.Duplicate, link, message.Envelope))
        {
            Duration later = draw.Around(8, Options.SlowMean);
            Launch(link, message with { Copy = FaultKind.Duplicate }, arrival + later.Nanos);
        }

        if (Befalls(draw.PerMille(10, Options.LateCopyPerMille), FaultKind.LateCopy, link, message.Envelope))
        {
            Duration later = draw.Around(11, Options.LateMean);
            Launch(link, message with { Copy = FaultKind.LateCopy }, arrival + later.Nanos);
        }
    }

    private bool Fires(bool isDrawn, FaultKind kind, Link link, in Envelope envelope)
    {
        bool fires = Befalls(isDrawn, kind, link, envelope);
        if (fires && Hears(link.To))
        {
            _counts.Fired(kind);
        }

        return fires;
    }

    private bool Befalls(bool isDrawn, FaultKind kind, Link link, in Envelope envelope) =>
        isDrawn && Decided?.Invoke(kind, link.From, link.To, link.Count, envelope) != false;

    // Those that were ever used.
    private IEnumerable<Link> Links => _links.SelectMany(row => row ?? []).OfType<Link>();

    private Link LinkOf(int from, int to)
    {
        Link?[] row = _links[from] ??= new Link?[_ports.Length];
        return row[to] is { } link ? link : row[to] = new Link(from, to, _draw.At(from).At(to));
    }

    private readonly record struct Message(
        int From, int To, Envelope Envelope, byte[]? Bytes, int Connection, FaultKind? Copy = null);

    private sealed class Port(SimNetwork network, int server) : ITransport
    {
        public bool TrySend(in Envelope envelope) => network.Send(server, envelope);
    }
}
