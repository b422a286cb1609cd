using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Conformance;

/// <summary>
/// What every transport must keep of <see cref="ITransport"/>'s promises, whatever carries the messages. Derive a test class
/// from it, and give it a harness.
/// </summary>
public abstract class TransportConformance
{
    public static TheoryData<ServerMessageKind> Kinds => [.. EnvelopeSamples.Kinds];

    public static TheoryData<Lane> Lanes => [.. Enum.GetValues<Lane>()];

    // Goal: a message reaches the server it is addressed to, and no other.
    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Message_reaches_the_addressed_server_only(Lane lane)
    {
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        TransportEndpoint c = await world.StartAsync();
        Assert.True(a.Send(b, lane, Ping(1)));
        Assert.True(await world.RunUntilAsync(() => b.Count == 1));
        Assert.True(a.Send(c, lane, Ping(2)));
        Assert.True(await world.RunUntilAsync(() => c.Count == 1));
        Assert.Equal([1UL], Rounds(b));
        Assert.Equal([2UL], Rounds(c));
        Assert.Equal(0, a.Count);
    }

    // Goal: within a lane nothing overtakes; Raft's pipelining rests on it for speed (dissertation §10.2.1).
    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Lane_keeps_the_order(Lane lane)
    {
        const int Count = 500;
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        Assert.True(a.Send(b, lane, Ping(0)));
        Assert.True(await world.RunUntilAsync(() => b.Count == 1));
        for (ulong i = 1; i <= Count; i++)
        {
            Assert.True(a.Send(b, lane, Ping(i)));
        }

        Assert.True(await world.RunUntilAsync(() => b.Count == Count + 1));
        Assert.Equal(Enumerable.Range(0, Count + 1).Select(i => (ulong)i), Rounds(b));
    }

    // Goal: a transport never changes a message, whatever its kind.
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Envelope_arrives_unchanged(ServerMessageKind kind)
    {
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        for (ulong seed = 1; seed <= 40; seed++)
        {
            Envelope sent = new EnvelopeSamples(seed).Envelope(kind) with { ToAddress = b.Address };
            int before = b.Count;
            Assert.True(a.Transport!.TrySend(sent));
            Assert.True(await world.RunUntilAsync(() => b.Count > before));
            Assert.Equal(ValueText.Of(sent), ValueText.Of(b.Arrived[^1]));
        }
    }

    // Goal: a server may address itself, as a leader of one does.
    [Fact]
    public async Task Message_to_oneself_arrives()
    {
        await using TransportHarness world = Create();
        TransportEndpoint a = await world.StartAsync();
        Assert.True(a.Send(a, Lane.Control, Ping(7)));
        Assert.True(await world.RunUntilAsync(() => a.Count == 1));
        Assert.Equal([7UL], Rounds(a));
    }

    // Goal: an address at which nobody is does no harm: nothing throws, nothing arrives anywhere, others are served.
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("no address at all")]
    [InlineData("127.0.0.1:notaport")]
    [InlineData("127.0.0.1:99999")]
    public async Task Unknown_address_does_no_harm(string? address)
    {
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        ServerAddress nowhere = address is null ? world.Nowhere : new(address);
        for (ulong i = 1; i <= 10; i++)
        {
            _ = a.Send(nowhere, new("nobody"), Lane.Control, Ping(i));
        }

        _ = a.Send(default, default, Lane.Control, Ping(11));
        Assert.True(a.Send(b, Lane.Control, Ping(12)));
        Assert.True(await world.RunUntilAsync(() => b.Count == 1));
        Assert.Equal([12UL], Rounds(b));
        Assert.Equal(0, a.Count);
    }

    // Goal: entries as large as they may be get through, and a receiver that is busy with them still hears heartbeats.
    [Fact]
    public async Task Bulk_does_not_delay_control()
    {
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        if (world.FeelsStuckReceivers)
        {
            b.Hold(Lane.Bulk);
        }

        ServerMessage large = Append(entries: 3, payloadBytes: Limits.CommandBytesMax);
        Assert.True(a.Send(b, Lane.Bulk, large));
        Assert.True(a.Send(b, Lane.Control, Ping(1)));
        Assert.True(await world.RunUntilAsync(() => b.Arrived.Any(envelope => envelope.Lane == Lane.Control)));
        b.Release();
        Assert.True(await world.RunUntilAsync(() => b.Count == 2));
        Envelope arrived = b.Arrived.Single(envelope => envelope.Lane == Lane.Bulk);
        Assert.Equal(ValueText.Of(large), ValueText.Of(arrived.Message));
    }

    // Goal: what is sent to a server that is stuck or gone does not pile up: sending is refused, and never waits.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Queue_is_bounded_when_the_receiver_takes_nothing(bool stuck)
    {
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        if (!world.FeelsStuckReceivers)
        {
            return;
        }

        Assert.True(a.Send(b, Lane.Bulk, Ping(1)));
        Assert.True(await world.RunUntilAsync(() => b.Count == 1));
        if (stuck)
        {
            b.Hold(Lane.Bulk);
        }
        else
        {
            await world.CloseAsync(b);
        }

        ServerMessage message = Append(entries: 1, payloadBytes: 64 << 10);
        bool refused = false;
        for (int i = 0; i < 10_000 && !refused; i++)
        {
            refused = !a.Send(b, Lane.Bulk, message);
        }

        Assert.True(refused, "10,000 messages of 64 KiB were queued");
        b.Release();
    }

    // Goal: a server that comes back is reached again without anybody's help.
    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Messages_flow_again_when_the_receiver_comes_back(Lane lane)
    {
        await using TransportHarness world = Create();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        Assert.True(a.Send(b, lane, Ping(1)));
        Assert.True(await world.RunUntilAsync(() => b.Count == 1));
        await world.CloseAsync(b);
        ulong round = 1;
        for (int i = 0; i < 5; i++)
        {
            _ = a.Send(b, lane, Ping(++round));
        }

        int before = b.Count;
        ServerAddress address = b.Address;
        await world.OpenAsync(b);
        Assert.Equal(address, b.Address);
        Assert.True(await world.RunUntilAsync(() => b.Count >= before + 3, () => a.Send(b, lane, Ping(++round))));
        ulong[] rounds = Rounds(b);
        Assert.Equal(rounds.Order(), rounds);
    }

    // Goal: many servers at once reach one, and each one's messages stay in its order.
    [Fact]
    public async Task Many_senders_reach_one_receiver()
    {
        const int Count = 100;
        await using TransportHarness world = Create();
        TransportEndpoint hub = await world.StartAsync();
        TransportEndpoint[] senders = new TransportEndpoint[6];
        for (int i = 0; i < senders.Length; i++)
        {
            senders[i] = await world.StartAsync();
            Assert.True(senders[i].Send(hub, Lane.Control, Ping(0)));
        }

        Assert.True(await world.RunUntilAsync(() => hub.Count == senders.Length));
        for (ulong round = 1; round <= Count; round++)
        {
            foreach (TransportEndpoint sender in senders)
            {
                Assert.True(sender.Send(hub, Lane.Control, Ping(round)));
            }
        }

        Assert.True(await world.RunUntilAsync(() => hub.Count == senders.Length * (Count + 1)));
        foreach (TransportEndpoint sender in senders)
        {
            Assert.Equal(
                Enumerable.Range(0, Count + 1).Select(i => (ulong)i),
                hub.Arrived.Where(envelope => envelope.From == sender.Id).Select(Round));
        }
    }

    /// <summary>A world of the transport under test.</summary>
    protected abstract TransportHarness Create();

    private static ServerMessage Ping(ulong round) => ServerMessage.Of(new StatsRequest(round));

    private static ServerMessage Append(int entries, int payloadBytes)
    {
        LogEntry[] chunk = new LogEntry[entries];
        for (int i = 0; i < entries; i++)
        {
            byte[] payload = new byte[payloadBytes];
            payload.AsSpan().Fill((byte)(i + 1));
            chunk[i] = new(new((ulong)i + 1), new(1), EntryKind.Command, payload);
        }

        return ServerMessage.Of(new RaftMessage
        {
            Kind = RaftMessageKind.Append,
            From = new("leader"),
            To = new("follower"),
            Term = new(1),
            Entries = chunk,
        });
    }

    private static ulong[] Rounds(TransportEndpoint endpoint) => [.. endpoint.Arrived.Select(Round)];

    private static ulong Round(Envelope envelope) => ((StatsRequest)envelope.Message.Body!).Round;
}
