using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RaftSim.Server;
using RaftSim.Wire;

namespace RaftSim.Integration.Tests.Transport;

/// <summary>One end of a connection that says whatever a test wants, right or wrong.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    public static async Task<RawPeer> ConnectAsync(EndPoint endpoint)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint);
        return new(socket);
    }

    /// <summary>Connects, and is taken for a server.</summary>
    public static async Task<RawPeer> IntroducedAsync(EndPoint endpoint, string lane = "control")
    {
        RawPeer peer = await ConnectAsync(endpoint);
        await peer.SayAsync($"RaftSim 1 {lane}\n");
        Assert.Equal("RaftSim 1 ok\n", await peer.HearAsync());
        return peer;
    }

    /// <summary>A frame as the format has it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), Crc32C.Compute(body));
        body.CopyTo(frame.AsSpan(8));
        return frame;
    }

    /// <summary>A message as the format has it.</summary>
    public static byte[] Body(ServerAddress to, ulong round, Lane lane = Lane.Control)
    {
        ArrayBufferWriter<byte> output = new();
        WireCodec.Encode(
            new()
            {
                From = new("raw"),
                FromDisk = default,
                FromAddress = new("127.0.0.1:1"),
                ToAddress = to,
                Lane = lane,
                Message = ServerMessage.Of(new StatsRequest(round)),
            },
            output);
        return output.WrittenSpan.ToArray();
    }

    public Task SayAsync(string text) => SayAsync(Encoding.ASCII.GetBytes(text));

    public async Task SayAsync(byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
    }

    /// <summary>What the other end says next; empty when it closed the connection.</summary>
    public async Task<string> HearAsync()
    {
        byte[] heard = new byte[256];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        try
        {
            return Encoding.ASCII.GetString(heard, 0, await socket.ReceiveAsync(heard, limit.Token));
        }
        catch (SocketException)
        {
            return "";
        }
    }

    /// <summary>The next frame.</summary>
    public async Task<Envelope> HearFrameAsync()
    {
        byte[] header = await HearExactlyAsync(8);
        byte[] body = await HearExactlyAsync(BinaryPrimitives.ReadInt32LittleEndian(header));
        Assert.Equal(Crc32C.Compute(body), BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)));
        Assert.True(WireCodec.TryDecode(body, out Envelope envelope, out string error), error);
        return envelope;
    }

    public void Dispose() => socket.Dispose();

    private async Task<byte[]> HearExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        for (int read = 0; read < count;)
        {
            int more = await socket.ReceiveAsync(bytes.AsMemory(read), limit.Token);
            Assert.NotEqual(0, more);
            read += more;
        }

        return bytes;
    }
}

/// <summary>Listens in the place of a server, and does whatever a test wants with each connection.</summary>
internal sealed class RawListener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public RawListener()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _socket.Listen();
    }

    public ServerAddress Address => new(_socket.LocalEndPoint!.ToString()!);

    public async Task<RawPeer> AcceptAsync()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        return new(await _socket.AcceptAsync(limit.Token));
    }

    public void Dispose() => _socket.Dispose();
}
