using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RaftSim.Http.Go;
using RaftSim.Server;

namespace RaftSim.Http;

/// <summary>
/// Whom leadership is to move to, checked in Nomad's order. Source: Nomad HTTP API, "Transfer Leadership", and the texts of
/// Go's net/netip.
/// </summary>
internal static class TransferTarget
{
    private const int UuidLength = 36;

    /// <summary>Reads <c>id</c> and <c>address</c>; false, with the text of a 400, when they are not right.</summary>
    public static bool TryRead(GoQuery query, out TransferLeadershipRequest request, out string error)
    {
        IReadOnlyList<string> ids = query.All("id");
        IReadOnlyList<string> addresses = query.All("address");
        request = new TransferLeadershipRequest(query.First("id"), query.First("address"));
        error = (ids.Count, addresses.Count) switch
        {
            (0, 0) => "must specify id or address",
            ( > 0, > 0) => "must specify either id or address",
            ( > 0, _) => WhyNot("id", ids, "id must be a uuid: ", WhyNoUuid),
            _ => WhyNot("address", addresses, "address must be in IP:port format: ", WhyNoAddress),
        };
        return error.Length == 0;
    }

    private static string WhyNot(string name, IReadOnlyList<string> values, string prefix, Func<string, string> judge)
    {
        if (values[0].Length == 0)
        {
            return $"{name} must be non-empty";
        }

        if (values.Count > 1)
        {
            return $"must specify only one {name}";
        }

        string reason = judge(values[0]);
        return reason.Length == 0 ? "" : prefix + reason;
    }

    private static string WhyNoUuid(string text)
    {
        if (text.Length != UuidLength)
        {
            return "uuid string is wrong length";
        }

        return Guid.TryParseExact(text, "D", out _) ? "" : "uuid is improperly formatted";
    }

    private static string WhyNoAddress(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            return "not an ip:port";
        }

        string ip = text[..colon];
        string port = text[(colon + 1)..];
        if (ip.Length == 0)
        {
            return "no IP";
        }

        if (port.Length == 0)
        {
            return "no port";
        }

        bool isBracketed = ip is ['[', .., ']'];
        string bare = isBracketed ? ip[1..^1] : ip;
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            return $"invalid port {GoText.Quote(port)} parsing {GoText.Quote(text)}";
        }

        if (!IPAddress.TryParse(bare, out IPAddress? parsed) || !IsWholeAddress(bare, parsed))
        {
            return $"ParseAddr({GoText.Quote(bare)}): unable to parse IP";
        }

        return (isBracketed, parsed.AddressFamily) switch
        {
            (false, AddressFamily.InterNetworkV6) =>
                $"invalid ip:port {GoText.Quote(text)}, IPv6 addresses must be surrounded by square brackets",
            (true, AddressFamily.InterNetwork) =>
                $"invalid ip:port {GoText.Quote(text)}, square brackets can only be used with IPv6 addresses",
            _ => "",
        };
    }

    // .NET takes 127.1 and 0x7f.1 for addresses of version 4; Go wants all four numbers.
    private static bool IsWholeAddress(string text, IPAddress parsed) =>
        parsed.AddressFamily != AddressFamily.InterNetwork
        || string.Equals(parsed.ToString(), text, StringComparison.Ordinal);
}
