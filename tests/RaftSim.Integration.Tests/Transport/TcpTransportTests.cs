using System.Net;
using System.Net.Sockets;
using RaftSim.Conformance;
using RaftSim.Runtime;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Transport;

/// <summary>Connections that a transport makes, breaks and ends.</summary>
public sealed class TcpTransportTests
{
    // Goal: a port in use is told in one line that names it, for the command line to print.
    [Fact]
    public async Task Port_in_use_is_told_by_address()
    {
        await using TcpTransport first = new(TcpHarness.Quick, _ => { });
        first.Start();
        await using TcpTransport second = new(TcpHarness.Quick with { Listen = first.BoundEndPoint }, _ => { });
        TransportStartException fault = Assert.Throws<TransportStartException>(second.Start);
        Assert.Equal($"cannot listen at {first.Address}: the port is in use", fault.Message);
        Assert.Equal(first.Address, fault.Address);
    }

    // Goal: an address of another machine is told apart from a port in use.
    [Fact]
    public async Task Foreign_address_is_told()
    {
        await using TcpTransport transport = new(
            TcpHarness.Quick with { Listen = new(IPAddress.Parse("192.0.2.1"), 0) }, _ => { });
        TransportStartException fault = Assert.Throws<TransportStartException>(transport.Start);
        Assert.Equal("cannot listen at 192.0.2.1:0: this machine does not have that address", fault.Message);
    }

    // Goal: sending outside the transport's life is refused and never throws.
    [Fact]
    public async Task Sending_before_the_start_and_after_the_end_is_refused()
    {
        TcpTransport transport = new(TcpHarness.Quick, _ => { });
        Assert.False(transport.TrySend(Message(new("127.0.0.1:1"))));
        transport.Start();
        ServerAddress self = transport.Address;
        Assert.True(transport.TrySend(Message(self)));
        await transport.DisposeAsync();
        await transport.DisposeAsync();
        Assert.False(transport.TrySend(Message(self)));
        Assert.False(transport.TrySend(Message(new("127.0.0.1:1"))));
    }

    // Goal: what cannot be written is refused where it is sent, not lost on the way.
    [Fact]
    public async Task Message_that_cannot_be_written_is_refused()
    {
        ListeningLogger logger = new();
        await using TcpHarness world = new(logger: logger);
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        Assert.False(a.Send(b, Lane.Control, ServerMessage.Of(default(RaftMessage))));
        Assert.False(a.Send(b, (Lane)9, ServerMessage.Of(new StatsRequest(1))));
        _ = await logger.LineWithAsync("cannot be written");
        Assert.True(a.Send(b, Lane.Control, ServerMessage.Of(new StatsRequest(2))));
        Assert.True(await world.RunUntilAsync(() => b.Count == 1));
    }

    // Goal: a server that is gone is reported at each attempt, and logged once; so is its return.
    [Fact]
    public async Task Unreachable_server_is_reported_and_logged_once()
    {
        ListeningLogger logger = new();
        await using TcpHarness world = new(logger: logger);
        TransportEndpoint b = await world.StartAsync();
        await world.CloseAsync(b);
        int reports = 0;
        await using TcpTransport a = new(
            TcpHarness.Quick, _ => { }, address => Interlocked.Add(ref reports, address == b.Address ? 1 : 100), logger);
        a.Start();
        Assert.True(await world.RunUntilAsync(
            () => Volatile.Read(ref reports) >= 3, () => a.TrySend(Message(b.Address))));
        Assert.InRange(Volatile.Read(ref reports), 3, 99);
        await world.OpenAsync(b);
        Assert.True(await world.RunUntilAsync(() => b.Count >= 1, () => a.TrySend(Message(b.Address))));
        _ = await logger.LineWithAsync($"Information: Reached {b.Address} again");
        Assert.Single(logger.Lines, line => line.StartsWith("Warning: Cannot reach", StringComparison.Ordinal));
    }

    // Goal: after a failed attempt nothing old is kept for later: what Raft said before is of no use then.
    [Fact]
    public async Task Failed_attempt_drops_what_waited_for_it()
    {
        await using TcpHarness world = new();
        using RawListener listener = new();
        TransportEndpoint a = await world.StartAsync();
        Assert.True(a.Send(listener.Address, default, Lane.Control, ServerMessage.Of(new StatsRequest(1))));
        using (RawPeer first = await listener.AcceptAsync())
        {
            Assert.Equal("RaftSim 1 control\n", await first.HearAsync());
        }

        ulong round = 1;
        Task<RawPeer> accepting = listener.AcceptAsync();
        Assert.True(await world.RunUntilAsync(
            () => accepting.IsCompleted,
            () => a.Send(listener.Address, default, Lane.Control, ServerMessage.Of(new StatsRequest(++round)))));
        using RawPeer second = await accepting;
        await second.HearAsync();
        await second.SayAsync("RaftSim 1 ok\n");
        Envelope heard = await second.HearFrameAsync();
        Assert.NotEqual(1UL, ((StatsRequest)heard.Message.Body!).Round);
    }

    // Goal: what answers in the place of a server and is none, or an incompatible one, is told to people by name.
    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "what listens there is no server of this kind")]
    [InlineData("RaftSim 2 refused\n", "it speaks version 2 of the transport, we speak 1")]
    public async Task Stranger_in_the_place_of_a_server_is_told(string answer, string reason)
    {
        ListeningLogger logger = new();
        await using TcpHarness world = new(logger: logger);
        using RawListener listener = new();
        TransportEndpoint a = await world.StartAsync();
        Assert.True(a.Send(listener.Address, default, Lane.Bulk, ServerMessage.Of(new StatsRequest(1))));
        using RawPeer stranger = await listener.AcceptAsync();
        Assert.Equal("RaftSim 1 bulk\n", await stranger.HearAsync());
        await stranger.SayAsync(answer);
        Assert.Equal($"Warning: Cannot reach {listener.Address}: {reason}", await logger.LineWithAsync("Cannot reach"));
    }

    // Goal: a server that accepts and then takes nothing is given up after the write time-out, and tried again.
    [Fact]
    public async Task Stuck_connection_is_broken_and_made_anew()
    {
        ListeningLogger logger = new();
        await using TcpHarness world = new(
            TcpHarness.Quick with { WriteTimeout = TimeSpan.FromMilliseconds(200) }, logger);
        using RawListener listener = new();
        TransportEndpoint a = await world.StartAsync();
        ServerMessage large = ServerMessage.Of(new ForwardedRequest(
            new(a.Id, 1, 1), new ProposeRequest(new byte[Limits.CommandBytesMax])) { Term = new(1) });
        Assert.True(a.Send(listener.Address, default, Lane.Bulk, large));
        using RawPeer stuck = await listener.AcceptAsync();
        await stuck.HearAsync();
        await stuck.SayAsync("RaftSim 1 ok\n");
        Task<RawPeer> accepting = listener.AcceptAsync();
        Assert.True(await world.RunUntilAsync(
            () => accepting.IsCompleted, () => a.Send(listener.Address, default, Lane.Bulk, large)));
        (await accepting).Dispose();
        _ = await logger.LineWithAsync($"The Bulk connection to {listener.Address} ended");
    }

    // Goal: a damaged frame between two servers costs one connection, and the servers go on.
    [Fact]
    public async Task Damage_on_the_way_is_survived()
    {
        await using TcpHarness world = new();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        using DamagingRelay relay = new(IPEndPoint.Parse(b.Address.Value), damagedByte: 100);
        ulong round = 0;
        Assert.True(await world.RunUntilAsync(
            () => b.Count >= 5,
            () => a.Send(relay.Address, b.Id, Lane.Control, ServerMessage.Of(new StatsRequest(++round)))));
        Assert.Equal(1, relay.Damaged);
        ulong[] rounds = [.. b.Arrived.Select(envelope => ((StatsRequest)envelope.Message.Body!).Round)];
        Assert.Equal(rounds.Order().Distinct(), rounds);
        Assert.All(b.Arrived, envelope => Assert.Equal(a.Id, envelope.From));
    }

    // Goal: names are resolved, and IPv6 addresses stand in brackets.
    [Theory]
    [InlineData("127.0.0.1", "localhost")]
    [InlineData("::1", "[::1]")]
    public async Task Server_is_reached_by_name_and_by_ipv6(string listen, string host)
    {
        IPAddress address = IPAddress.Parse(listen);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
        {
            return;
        }

        await using TcpHarness world = new(TcpHarness.Quick with { Listen = new(address, 0) }, isAtHome: false);
        TransportEndpoint a = await world.StartAsync();
        TcpTransport transport = (TcpTransport)a.Transport!;
        ServerAddress name = new($"{host}:{transport.BoundEndPoint.Port}");
        Assert.True(a.Send(name, a.Id, Lane.Control, ServerMessage.Of(new StatsRequest(1))));
        Assert.True(await world.RunUntilAsync(() => a.Count == 1));
    }

    // Goal: a server that left the cluster is not kept connected for ever, and is reached again if it comes back.
    [Fact]
    public async Task Idle_connection_is_closed_and_made_anew()
    {
        await using TcpHarness world = new(TcpHarness.Quick with { IdleTimeout = TimeSpan.FromMilliseconds(40) });
        using RawListener listener = new();
        TransportEndpoint a = await world.StartAsync();
        for (int round = 0; round < 2; round++)
        {
            Task<RawPeer> accepting = listener.AcceptAsync();
            Assert.True(await world.RunUntilAsync(
                () => accepting.IsCompleted,
                () => a.Send(listener.Address, default, Lane.Control, ServerMessage.Of(new StatsRequest(1)))));
            using RawPeer server = await accepting;
            await server.HearAsync();
            await server.SayAsync("RaftSim 1 ok\n");
            while (await server.HearAsync() != "")
            {
                // Until it is closed.
            }
        }
    }

    // Goal: a server that is stopped leaves nothing behind: no thread, no connection, and the port is free at once.
    [Fact]
    public async Task Disposal_leaves_nothing()
    {
        await using TcpHarness world = new();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        foreach (Lane lane in Enum.GetValues<Lane>())
        {
            Assert.True(a.Send(b, lane, ServerMessage.Of(new StatsRequest(1))));
            Assert.True(b.Send(a, lane, ServerMessage.Of(new StatsRequest(1))));
        }

        Assert.True(await world.RunUntilAsync(() => a.Count == 3 && b.Count == 3));
        TcpTransport transport = (TcpTransport)a.Transport!;
        using RawPeer peer = await RawPeer.IntroducedAsync(transport.BoundEndPoint);
        using RawPeer silent = await RawPeer.ConnectAsync(transport.BoundEndPoint);
        Assert.NotEqual(0, ThreadsOf(transport));
        await world.CloseAsync(a);
        // A thread that has been joined is gone for us, and a moment later for the system.
        Assert.True(await world.RunUntilAsync(() => ThreadsOf(transport) is null or 0, meanwhile: () => { }));
        Assert.Equal("", await peer.HearAsync());
        Assert.Equal("", await silent.HearAsync());
        await world.OpenAsync(a);
    }

    // Goal: a server is stopped promptly while a peer takes nothing and others are being connected.
    [Fact]
    public async Task Disposal_does_not_wait_for_a_stuck_peer()
    {
        await using TcpHarness world = new(TcpHarness.Quick with
        {
            WriteTimeout = TimeSpan.FromMinutes(10),
            ConnectTimeout = TimeSpan.FromMinutes(10),
        });
        TransportEndpoint a = await world.StartAsync();
        using RawListener listener = new();
        using RawListener mute = new();
        ServerMessage large = ServerMessage.Of(new ForwardedRequest(
            new(a.Id, 1, 1), new ProposeRequest(new byte[Limits.CommandBytesMax])) { Term = new(1) });
        Assert.True(a.Send(mute.Address, default, Lane.Control, ServerMessage.Of(new StatsRequest(1))));
        Assert.True(a.Send(listener.Address, default, Lane.Bulk, large));
        using RawPeer stuck = await listener.AcceptAsync();
        await stuck.HearAsync();
        await stuck.SayAsync("RaftSim 1 ok\n");
        Assert.True(await world.RunUntilAsync(
            () => !a.Send(listener.Address, default, Lane.Bulk, large), meanwhile: () => { }));
        await world.CloseAsync(a).WaitAsync(TimeSpan.FromSeconds(30));
    }

    // Goal: many threads may send at once while the receiver comes and goes; nothing throws, and what arrives is whole.
    [Fact]
    public async Task Many_threads_send_while_the_receiver_comes_and_goes()
    {
        await using TcpHarness world = new();
        (TransportEndpoint a, TransportEndpoint b) = (await world.StartAsync(), await world.StartAsync());
        ITransport transport = a.Transport!;
        ServerAddress address = b.Address;
        using CancellationTokenSource stop = new();
        Task[] senders = [.. Enumerable.Range(0, 4).Select(sender => Task.Factory.StartNew(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    _ = transport.TrySend(Message(address, (Lane)(sender % 3)));
                    Thread.Yield();
                }
            },
            TaskCreationOptions.LongRunning))];
        for (int restarts = 0; restarts < 5; restarts++)
        {
            int before = b.Count;
            Assert.True(await world.RunUntilAsync(() => b.Count > before + 20));
            await world.CloseAsync(b);
            await world.OpenAsync(b);
        }

        await world.CloseAsync(a);
        await stop.CancelAsync();
        await Task.WhenAll(senders);
        Assert.All(b.Arrived, envelope => Assert.Equal(ServerMessageKind.StatsRequest, envelope.Message.Kind));
    }

    // Goal: options that cannot work are refused by name before anything starts.
    [Fact]
    public void Options_out_of_range_are_refused()
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(
            () => new TcpTransport(TcpHarness.Quick with { QueueMessagesMax = 0 }, _ => { }));
        Assert.Equal("QueueMessagesMax 0: must be positive (Parameter 'QueueMessagesMax')", fault.Message);
    }

    // How many threads a transport has, where the system lets us see their names.
    private static int? ThreadsOf(TcpTransport transport)
    {
        const string Tasks = "/proc/self/task";
        string mark = $"raft:{transport.BoundEndPoint.Port} ";
        return Directory.Exists(Tasks)
            ? Directory.GetDirectories(Tasks).Count(task => NameOf(task).StartsWith(mark, StringComparison.Ordinal))
            : null;
    }

    private static string NameOf(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static Envelope Message(ServerAddress to, Lane lane = Lane.Control) => new()
    {
        From = new("a"),
        FromDisk = default,
        FromAddress = new("127.0.0.1:1"),
        ToAddress = to,
        Lane = lane,
        Message = ServerMessage.Of(new StatsRequest(1)),
    };
}
