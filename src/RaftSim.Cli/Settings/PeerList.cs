using System.Globalization;
using System.Net;
using RaftSim.Http;
using RaftSim.Server;

namespace RaftSim.Cli.Settings;

/// <summary>A list of servers as it is typed: NAME=IP:PORT,… or IP:PORT,…</summary>
internal static class PeerList
{
    /// <summary>Reads it; throws what <paramref name="wrong"/> makes of the rule that it breaks.</summary>
    public static IReadOnlyList<ListedPeer> Parse(string text, Func<string, Exception> wrong)
    {
        List<ListedPeer> peers = [];
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            ListedPeer peer = Peer(item, wrong);
            foreach (ListedPeer other in peers)
            {
                if (other.Address == peer.Address || (peer.Name.Length > 0 && IsNamed(other, peer.Name)))
                {
                    throw wrong($"must not list {item} twice");
                }
            }

            peers.Add(peer);
        }

        return peers;
    }

    /// <summary>Whether a server is listed under this name.</summary>
    public static bool IsNamed(ListedPeer peer, string name) =>
        string.Equals(peer.Name, name, StringComparison.Ordinal);

    /// <summary>An IP address and port; <see langword="null"/> if the text is none.</summary>
    public static IPEndPoint? ParseAddress(string text)
    {
        try
        {
            return OperatorWebHost.ParseAddress(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static ListedPeer Peer(string item, Func<string, Exception> wrong)
    {
        int equals = item.IndexOf('=', StringComparison.Ordinal);
        string? address = Canonical(item[(equals + 1)..]);
        return address is not null && equals != 0
            ? new ListedPeer(equals < 0 ? "" : item[..equals], new ServerAddress(address))
            : throw wrong($"\"{item}\" must be NAME=IP:PORT or IP:PORT");
    }

    // One spelling for each address, because servers compare the texts. A host name stays one: what it stands for may
    // change.
    private static string? Canonical(string text)
    {
        if (ParseAddress(text) is { } address)
        {
            return address.Port > 0 ? address.ToString() : null;
        }

        int colon = text.LastIndexOf(':');
        return colon > 0 && Uri.CheckHostName(text[..colon]) == UriHostNameType.Dns
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            && port > 0
                ? text.ToLowerInvariant()
                : null;
    }
}
