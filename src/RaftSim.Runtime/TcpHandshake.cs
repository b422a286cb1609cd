using System.Net.Sockets;
using System.Text;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// The one line that each side of a new connection says, so that neither takes a stranger for a server:
/// <c>RaftSim 1 control</c>, answered by <c>RaftSim 1 ok</c>. The number is the version of the framing; a server that does
/// not know it answers with its own and closes.
/// </summary>
internal static class TcpHandshake
{
    private const string Magic = "RaftSim";
    private const string Version = "1";
    private const int LineBytesMax = 64;

    private static readonly string[] LaneNames = ["control", "bulk", "datagram"];

    /// <summary>
    /// Introduces us on a connection that we made; throws <see cref="TcpHandshakeException"/> when it is refused.
    /// </summary>
    public static async Task IntroduceAsync(Socket socket, Lane lane, CancellationToken cancellation)
    {
        await SendLineAsync(socket, LaneNames[(int)lane], cancellation).ConfigureAwait(false);
        string[] words = await ReadLineAsync(socket, cancellation).ConfigureAwait(false);
        if (words is not [Magic, string version, string answer])
        {
            throw new TcpHandshakeException("what listens there is no server of this kind");
        }

        if (!string.Equals(answer, "ok", StringComparison.Ordinal))
        {
            throw new TcpHandshakeException(IsOurs(version)
                ? $"it does not know the lane {LaneNames[(int)lane]}"
                : $"it speaks version {version} of the transport, we speak {Version}");
        }
    }

    /// <summary>
    /// Hears the other side out on a connection that it made; throws <see cref="TcpHandshakeException"/> to refuse it.
    /// </summary>
    public static async Task<Lane> ReceiveAsync(Socket socket, CancellationToken cancellation)
    {
        string[] words = await ReadLineAsync(socket, cancellation).ConfigureAwait(false);
        if (words is not [Magic, string version, string laneName])
        {
            throw new TcpHandshakeException("the other side is no server of this kind");
        }

        int lane = Array.IndexOf(LaneNames, laneName);
        if (!IsOurs(version) || lane < 0)
        {
            await SendLineAsync(socket, "refused", cancellation).ConfigureAwait(false);
            throw new TcpHandshakeException(IsOurs(version)
                ? $"the other side asks for a lane {laneName}, which we do not know"
                : $"the other side speaks version {version} of the transport, we speak {Version}");
        }

        await SendLineAsync(socket, "ok", cancellation).ConfigureAwait(false);
        return (Lane)lane;
    }

    private static bool IsOurs(string version) => string.Equals(version, Version, StringComparison.Ordinal);

    private static async Task SendLineAsync(Socket socket, string word, CancellationToken cancellation) =>
        _ = await socket.SendAsync(Encoding.ASCII.GetBytes($"{Magic} {Version} {word}\n"), cancellation).ConfigureAwait(false);

    // Nobody says more than one line before the other has answered.
    private static async Task<string[]> ReadLineAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] line = new byte[LineBytesMax];
        int length = 0;
        while (length == 0 || line[length - 1] != '\n')
        {
            int count = await socket.ReceiveAsync(line.AsMemory(length), cancellation).ConfigureAwait(false);
            length += count;
            if (count == 0 || line.AsSpan(0, length - 1).Contains((byte)'\n') || (length == LineBytesMax && line[^1] != '\n'))
            {
                return [];
            }
        }

        return Encoding.ASCII.GetString(line, 0, length - 1).Split(' ');
    }
}

/// <summary>A connection was refused before anything was sent over it.</summary>
internal sealed class TcpHandshakeException : Exception
{
    public TcpHandshakeException(string message) : base(message) { }

    public TcpHandshakeException(string message, Exception inner) : base(message, inner) { }

    public TcpHandshakeException() { }
}
