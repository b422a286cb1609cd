using System.Buffers.Binary;
using RaftSim.Conformance;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Transport;

/// <summary>What a listening transport does with those who are no servers, or not well.</summary>
public sealed class TcpStrangerTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly ListeningLogger _logger = new();
    private TcpHarness _world = null!;
    private TransportEndpoint _server = null!;

    private TcpTransport Transport => (TcpTransport)_server.Transport!;

    public async Task InitializeAsync()
    {
        _world = new(TcpHarness.Quick with { ConnectTimeout = TimeSpan.FromMilliseconds(300) }, _logger);
        _server = await _world.StartAsync();
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    // Goal: a browser or a port scanner is shown the door, with a word to the operator, and does no harm.
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("\n")]
    [InlineData("\u0016\u0003\u0001\u0002\u0001 nothing that ends, nothing that ends, nothing that ends, nothing that ends")]
    [InlineData("RaftSim\n")]
    [InlineData("RaftSim 1 control\nand more")]
    public async Task Nonsense_is_refused(string nonsense)
    {
        using RawPeer stranger = await RawPeer.ConnectAsync(Transport.BoundEndPoint);
        await stranger.SayAsync(nonsense);
        Assert.Equal("", await stranger.HearAsync());
        Assert.Contains("no server of this kind", await _logger.LineWithAsync("Warning: Closed a connection"));
        await StillServesAsync();
    }

    // Goal: who connects and says nothing does not hold a connection for ever.
    [Fact]
    public async Task Silence_is_refused()
    {
        using RawPeer stranger = await RawPeer.ConnectAsync(Transport.BoundEndPoint);
        Assert.Equal("", await stranger.HearAsync());
        Assert.Contains("it said nothing", await _logger.LineWithAsync("Closed a connection"));
        await StillServesAsync();
    }

    // Goal: servers of another version hear why they are refused.
    [Theory]
    [InlineData("RaftSim 2 control\n", "speaks version 2")]
    [InlineData("RaftSim 1 express\n", "asks for a lane express, which we do not know")]
    public async Task Other_version_is_refused_with_an_answer(string hello, string reason)
    {
        using RawPeer newer = await RawPeer.ConnectAsync(Transport.BoundEndPoint);
        await newer.SayAsync(hello);
        Assert.Equal("RaftSim 1 refused\n", await newer.HearAsync());
        Assert.Equal("", await newer.HearAsync());
        Assert.Contains(reason, await _logger.LineWithAsync("Closed a connection"));
        await StillServesAsync();
    }

    // Goal: a length is not believed beyond the limit: no memory is taken for it.
    [Theory]
    [InlineData(0)]
    [InlineData(Limits.MessageBytesMax + 1)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public async Task Frame_of_impossible_size_ends_the_connection(int length)
    {
        using RawPeer peer = await RawPeer.IntroducedAsync(Transport.BoundEndPoint);
        byte[] header = new byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        await peer.SayAsync(header);
        Assert.Equal("", await peer.HearAsync());
        Assert.Contains($"a frame of {(uint)length} bytes", await _logger.LineWithAsync("Closed a connection"));
        await StillServesAsync();
    }

    // Goal: a message that was damaged on the way is never taken for a message (ITransport: never changes one).
    [Fact]
    public async Task Damaged_frame_ends_the_connection()
    {
        using RawPeer peer = await RawPeer.IntroducedAsync(Transport.BoundEndPoint);
        byte[] frame = RawPeer.Frame(RawPeer.Body(_server.Address, round: 1));
        frame[^1] ^= 4;
        await peer.SayAsync(frame);
        Assert.Equal("", await peer.HearAsync());
        Assert.Contains("wrong checksum", await _logger.LineWithAsync("Closed a connection"));
        Assert.Equal(0, _server.Count);
        await StillServesAsync();
    }

    // Goal: during an upgrade, what only newer servers understand is passed over and the rest is heard.
    [Fact]
    public async Task Message_of_a_newer_format_is_passed_over()
    {
        using RawPeer peer = await RawPeer.IntroducedAsync(Transport.BoundEndPoint);
        byte[] newer = RawPeer.Body(_server.Address, round: 1);
        newer[0] = 2;
        await peer.SayAsync([.. RawPeer.Frame(newer), .. RawPeer.Frame(newer)]);
        await peer.SayAsync(RawPeer.Frame(RawPeer.Body(_server.Address, round: 5)));
        Assert.True(await _world.RunUntilAsync(() => _server.Count == 1));
        Assert.Equal(5UL, ((StatsRequest)_server.Arrived[0].Message.Body!).Round);
        Assert.Single(_logger.Lines, line => line.Contains("format version 2 is newer than 1", StringComparison.Ordinal));
    }

    // Goal: frames are found wherever the network cuts the stream.
    [Fact]
    public async Task Frames_arrive_byte_by_byte()
    {
        using RawPeer peer = await RawPeer.IntroducedAsync(Transport.BoundEndPoint, "datagram");
        byte[] stream =
        [
            .. RawPeer.Frame(RawPeer.Body(_server.Address, round: 1)),
            .. RawPeer.Frame(RawPeer.Body(_server.Address, round: 2)),
        ];
        foreach (byte one in stream)
        {
            await peer.SayAsync([one]);
        }

        Assert.True(await _world.RunUntilAsync(() => _server.Count == 2));
    }

    // Goal: a receiver that fails on a message costs its sender the connection and nobody the process.
    [Fact]
    public async Task Failing_receiver_ends_the_connection_only()
    {
        await using TcpTransport transport = new(
            TcpHarness.Quick, _ => throw new InvalidOperationException("planted"), logger: _logger);
        transport.Start();
        using RawPeer peer = await RawPeer.IntroducedAsync(transport.BoundEndPoint);
        await peer.SayAsync(RawPeer.Frame(RawPeer.Body(transport.Address, round: 1)));
        Assert.Equal("", await peer.HearAsync());
        _ = await _logger.LineWithAsync("The receiver failed");
        using RawPeer again = await RawPeer.IntroducedAsync(transport.BoundEndPoint);
    }

    // Goal: strangers cannot use up what connections cost.
    [Fact]
    public async Task Connections_beyond_the_limit_are_closed()
    {
        await using TcpTransport transport = new(TcpHarness.Quick with { IncomingMax = 1 }, _ => { }, logger: _logger);
        transport.Start();
        using RawPeer first = await RawPeer.IntroducedAsync(transport.BoundEndPoint);
        using RawPeer second = await RawPeer.ConnectAsync(transport.BoundEndPoint);
        Assert.Equal("", await second.HearAsync());
        Assert.Contains("too many connections", await _logger.LineWithAsync("Closed a connection"));
    }

    private async Task StillServesAsync()
    {
        int before = _server.Count;
        TransportEndpoint other = await _world.StartAsync();
        Assert.True(other.Send(_server, Lane.Control, ServerMessage.Of(new StatsRequest(9))));
        Assert.True(await _world.RunUntilAsync(() => _server.Count == before + 1));
    }
}
