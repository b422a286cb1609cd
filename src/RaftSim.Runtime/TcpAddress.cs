using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RaftSim.Runtime;

/// <summary>
/// An address of a server, taken apart: <c>10.0.0.1:4647</c>, <c>[fd00::1]:4647</c> or <c>host.example:4647</c>. A name is
/// looked up at every connect, because what it stands for may change.
/// </summary>
internal sealed record TcpAddress(string Host, int Port)
{
    /// <summary>Takes an address apart; <see langword="null"/> when it is not well-formed.</summary>
    public static TcpAddress? Parse(ServerAddress address)
    {
        string text = address.ToString();
        int colon = text.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is < 1 or > ushort.MaxValue)
        {
            return null;
        }

        string host = text[..colon];
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
            return IPAddress.TryParse(host, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetworkV6
                ? new(host, port)
                : null;
        }

        return Uri.CheckHostName(host) is UriHostNameType.IPv4 or UriHostNameType.Dns ? new(host, port) : null;
    }

    /// <summary>The addresses that the host stands for now.</summary>
    public async Task<IPAddress[]> ResolveAsync(CancellationToken cancellation) =>
        IPAddress.TryParse(Host, out IPAddress? ip)
            ? [ip]
            : await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
}
