using RaftSim.Server;

namespace RaftSim.Simulation.Tests;

public sealed class SimNetworkTests
{
    private readonly Timeline _timeline = new(new EventHeap());
    private readonly FaultCounts _counts = new();

    // Goal: without faults everything arrives, once, in order of sending, and not at once.
    [Fact]
    public void A_calm_network_delivers_everything_in_order()
    {
        SimNetwork network = New(seed: 1);
        SendMany(network, 200);
        Assert.Equal(Enumerable.Range(0, 200), Receive(network));
        Assert.True(_timeline.Now > 0);
    }

    // Goal: the same seed treats the same messages the same way; another seed does not.
    [Fact]
    public void What_becomes_of_messages_follows_from_the_seed()
    {
        List<int> Run(ulong seed)
        {
            SimNetwork network = New(seed);
            network.Options = new LinkOptions { DropPerMille = 300, ReorderPerMille = 300, DuplicatePerMille = 100 };
            SendMany(network, 300);
            return Receive(network);
        }

        Assert.Equal(Run(3), Run(3));
        Assert.NotEqual(Run(3), Run(4));
    }

    // Goal: each fault of messages does what it says, and is counted.
    [Fact]
    public void Messages_are_lost_repeated_and_reordered_as_asked()
    {
        SimNetwork network = New(seed: 5);
        network.Options = new LinkOptions { DropPerMille = 200 };
        SendMany(network, 1_000);
        List<int> some = Receive(network);
        Assert.Equal(1_000 - _counts[FaultKind.Drop], some.Count);
        Assert.InRange(_counts[FaultKind.Drop], 150, 250);

        network.Options = new LinkOptions { DuplicatePerMille = 200 };
        SendMany(network, 1_000);
        int arrived = Receive(network).Count;
        Assert.Equal(1_000 + _counts[FaultKind.Duplicate], arrived);
        Assert.InRange(_counts[FaultKind.Duplicate], 150, 250);

        network.Options = new LinkOptions { ReorderPerMille = 500 };
        SendMany(network, 1_000);
        List<int> mixed = Receive(network);
        Assert.NotEqual(Enumerable.Range(0, 1_000), mixed);
        Assert.Equal(Enumerable.Range(0, 1_000), mixed.Order());
        Assert.True(_counts[FaultKind.Reorder] > 0);
    }

    // Goal: a decision about one message does not depend on the decisions about others.
    [Fact]
    public void Losing_a_message_leaves_the_others_as_they_were()
    {
        List<(int, long)> Arrivals(int dropPerMille)
        {
            SimNetwork network = New(seed: 6);
            network.Options = new LinkOptions { DropPerMille = dropPerMille, ReorderPerMille = 1_000 };
            long start = _timeline.Now;
            SendMany(network, 500);
            return ReceiveTimes(network, start);
        }

        List<(int Number, long Time)> all = Arrivals(0);
        List<(int Number, long Time)> some = Arrivals(300);
        Assert.True(some.Count < all.Count);
        Assert.Subset(all.ToHashSet(), some.ToHashSet());
    }

    // Goal: a split loses what crosses it, also what is under way when it begins, and nothing else.
    [Fact]
    public void A_split_loses_what_crosses_it()
    {
        SimNetwork network = New(seed: 7);
        SendMany(network, 10);
        network.Partition(0);
        Assert.Empty(Receive(network));
        SendMany(network, 10);
        Assert.Empty(Receive(network));
        SendMany(network, 10, from: 1, to: 2);
        Assert.Equal(10, Receive(network).Count);
        network.Heal();
        SendMany(network, 10);
        Assert.Equal(10, Receive(network).Count);
    }

    // Goal: a block concerns one direction only.
    [Fact]
    public void A_block_concerns_one_direction()
    {
        SimNetwork network = New(seed: 8);
        network.Block(0, 1);
        SendMany(network, 10);
        Assert.Empty(Receive(network));
        SendMany(network, 10, from: 1, to: 0);
        Assert.Equal(10, Receive(network).Count);
        network.Unblock(0, 1);
        SendMany(network, 10);
        Assert.Equal(10, Receive(network).Count);
    }

    // Goal: a link that was cut twice is whole when it was mended twice, and healing mends everything.
    [Fact]
    public void Cuts_of_a_link_are_counted()
    {
        SimNetwork network = New(seed: 10);
        network.Cut(0, 1, 2);
        Assert.True(network.IsSilenced(0) && network.IsSilenced(1) && !network.IsSilenced(2));
        network.Cut(0, 1, -1);
        SendMany(network, 10);
        Assert.Empty(Receive(network));
        network.Cut(0, 1, -1);
        SendMany(network, 10);
        Assert.Equal(10, Receive(network).Count);
        network.Cut(0, 1, 1);
        network.Heal();
        SendMany(network, 10);
        Assert.Equal(10, Receive(network).Count);
    }

    // Goal: a cut that healing has ended, and that ends once more by itself, does not stand against a later one.
    [Fact]
    public void A_cut_that_ends_twice_takes_nothing_from_the_next_one()
    {
        SimNetwork network = New(seed: 10);
        network.Cut(0, 1, 1);
        network.Heal();
        network.Cut(0, 1, -1);
        network.Cut(0, 1, 1);
        SendMany(network, 10);
        Assert.Empty(Receive(network));
    }

    // Goal: a broken connection loses what is under way on it, both ways, and nothing that is sent later or elsewhere.
    [Fact]
    public void A_broken_connection_loses_what_is_under_way()
    {
        SimNetwork network = New(seed: 11);
        SendMany(network, 10);
        SendMany(network, 10, from: 1, to: 0);
        SendMany(network, 10, from: 1, to: 2);
        network.Reset(1, 0);
        Assert.Equal(10, Receive(network).Count);
        SendMany(network, 10);
        Assert.Equal(10, Receive(network).Count);
    }

    // Goal: a link of little bandwidth takes the time that the bytes need, and refuses what would wait for too long.
    [Fact]
    public void Little_bandwidth_takes_time_and_is_bounded()
    {
        SimNetwork network = New(seed: 12);
        network.Limit(0, 1, 1_000);
        long start = _timeline.Now;
        SendMany(network, 100);
        List<(int Number, long Time)> arrivals = ReceiveTimes(network, start);
        Assert.InRange(arrivals.Count, 15, 25);
        Assert.All(arrivals, arrival => Assert.True(arrival.Time >= (arrival.Number + 1) * Duration.Milliseconds(100).Nanos));
        network.Limit(0, 1, null);
        SendMany(network, 100);
        Assert.Equal(100, Receive(network).Count);
    }

    // Goal: where bulk stalls, other lanes come through.
    [Fact]
    public void Where_bulk_stalls_other_lanes_come_through()
    {
        SimNetwork network = New(seed: 13);
        network.StallBulk(0, 1, isStalled: true);
        network.Transport(0).TrySend(Message(0, 1, 1) with { Lane = Lane.Bulk });
        network.Transport(0).TrySend(Message(0, 1, 2) with { Lane = Lane.Control });
        Assert.Equal([2], Receive(network));
    }

    // Goal: damage on the way is found by the checksum, counted, and ends the connection; nothing damaged ever arrives.
    [Fact]
    public void Damaged_messages_never_arrive()
    {
        SimNetwork network = New(seed: 14);
        network.Options = new LinkOptions { CorruptPerMille = 20 };
        SendMany(network, 1_000);
        int arrived = Receive(network).Count;
        Assert.True(_counts[FaultKind.CorruptFrame] > 5);
        Assert.True(arrived < 1_000 - (int)_counts[FaultKind.CorruptFrame]);
    }

    // Goal: a late copy comes long after the message itself, which comes all the same.
    [Fact]
    public void A_late_copy_comes_long_after()
    {
        SimNetwork network = New(seed: 15);
        network.Options = new LinkOptions { LateCopyPerMille = 1_000 };
        long start = _timeline.Now;
        SendMany(network, 50);
        List<(int Number, long Time)> arrivals = ReceiveTimes(network, start);
        Assert.Equal(100, arrivals.Count);
        Assert.InRange(arrivals.Count(arrival => arrival.Time < Duration.Milliseconds(100).Nanos), 50, 55);
        Assert.Contains(arrivals, arrival => arrival.Time > Duration.Seconds(20).Nanos);
    }

    // Goal: slowness of a link and of the whole network delays, and the worse of both counts.
    [Fact]
    public void Slowness_delays()
    {
        SimNetwork network = New(seed: 16);
        network.Slow(0, 1, 100);
        network.Slow(10);
        long start = _timeline.Now;
        SendMany(network, 50);
        Assert.All(ReceiveTimes(network, start), arrival => Assert.True(arrival.Time >= Duration.Milliseconds(10).Nanos));
        start = _timeline.Now;
        SendMany(network, 50, from: 1, to: 0);
        Assert.All(ReceiveTimes(network, start), arrival => Assert.True(arrival.Time >= Duration.Milliseconds(1).Nanos));
    }

    // Goal: an address that is nobody's is refused at once, as the seam demands.
    [Fact]
    public void An_unknown_address_is_refused()
    {
        SimNetwork network = New(seed: 9);
        Assert.False(network.Transport(0).TrySend(Message(0, 1, 1) with { ToAddress = new ServerAddress("nobody:1") }));
    }

    private SimNetwork New(ulong seed) =>
        new(_timeline, seed, [new ServerAddress("s0:1"), new ServerAddress("s1:1"), new ServerAddress("s2:1")], _counts);

    private static void SendMany(SimNetwork network, int count, int from = 0, int to = 1)
    {
        for (int i = 0; i < count; i++)
        {
            network.Transport(from).TrySend(Message(from, to, i));
        }
    }

    private static Envelope Message(int from, int to, int number) => new()
    {
        From = new ServerId($"id{from}"),
        FromDisk = new DiskId(1, 1),
        FromAddress = new ServerAddress($"s{from}:1"),
        ToAddress = new ServerAddress($"s{to}:1"),
        Lane = Lane.Control,
        Message = ServerMessage.Of(new StatsRequest((ulong)number)),
    };

    private List<int> Receive(SimNetwork network) => [.. ReceiveTimes(network, 0).Select(arrival => arrival.Number)];

    private List<(int Number, long Time)> ReceiveTimes(SimNetwork network, long start)
    {
        List<(int, long)> arrived = [];
        while (_timeline.TryAdvance(_timeline.Now + 60_000_000_000, out SimEvent next))
        {
            if (network.TryReceive(next.Slot, out _, out Envelope envelope))
            {
                arrived.Add(((int)((StatsRequest)envelope.Message.Body!).Round, _timeline.Now - start));
            }
        }

        return arrived;
    }
}
