using System.Globalization;
using System.Net;
using RaftSim.Autopilot;
using RaftSim.Http;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Cli.Settings;

/// <summary>From settings to the options of a server.</summary>
internal static class ServerSettings
{
    /// <summary>Sets what <c>cluster</c> and <c>server</c> have in common.</summary>
    public static void ApplyCommon(SettingValues values, RaftServerOptions options)
    {
        options.Region = values.Text(KnownSettings.Region);
        options.ElectionTimeout = values.Span(KnownSettings.ElectionTimeout);
        options.HeartbeatInterval = values.Span(KnownSettings.HeartbeatInterval);
        options.AnnounceInterval = values.Span(KnownSettings.AnnounceInterval);
        options.FailureTimeout = values.Span(KnownSettings.FailureTimeout);
        options.AutopilotStateInterval = values.Span(KnownSettings.AutopilotStateInterval);
        options.AutopilotReconcileInterval = values.Span(KnownSettings.AutopilotReconcileInterval);
        options.InitialAutopilot = new AutopilotConfig
        {
            CleanupDeadServers = values.Flag(KnownSettings.CleanupDeadServers),
            LastContactThreshold = values.Span(KnownSettings.LastContactThreshold),
            MaxTrailingLogs = values.Count(KnownSettings.MaxTrailingLogs),
            MinQuorum = values.Count(KnownSettings.MinQuorum),
            ServerStabilizationTime = values.Span(KnownSettings.ServerStabilizationTime),
            EnableRedundancyZones = values.Flag(KnownSettings.EnableRedundancyZones),
            DisableUpgradeMigration = values.Flag(KnownSettings.DisableUpgradeMigration),
            EnableCustomUpgrades = values.Flag(KnownSettings.EnableCustomUpgrades),
        };
    }

    /// <summary>The options of a server of its own process.</summary>
    public static RaftServerOptions OfServer(SettingValues values)
    {
        RaftServerOptions options = new()
        {
            Name = values.Text(KnownSettings.Name),
            Id = new ServerId(values.TextOrNull(KnownSettings.Id) ?? ""),
            Bind = EndPoint(values, KnownSettings.Rpc),
        };
        ApplyCommon(values, options);
        if (!values.Flag(KnownSettings.Ephemeral))
        {
            options.DataFolder = values.TextOrNull(KnownSettings.DataDir)
                ?? throw new UsageException("--data-dir: must be given, unless --ephemeral keeps everything in memory");
        }

        ApplyPeers(values, options);
        return options;
    }

    /// <summary>An address to listen on; port 0 takes a free one.</summary>
    public static IPEndPoint EndPoint(SettingValues values, Setting setting) =>
        TryParse(values.Text(setting)) ?? throw values.Wrong(setting, "must be an IP address and port such as 127.0.0.1:4646");

    private static void ApplyPeers(SettingValues values, RaftServerOptions options)
    {
        if (values.TextOrNull(KnownSettings.Peers) is not { } text)
        {
            RefuseWildcard(values, options);
            return;
        }

        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            ListedPeer peer = Peer(values, item);
            foreach (ListedPeer other in options.Peers)
            {
                if (other.Address == peer.Address || (peer.Name.Length > 0 && IsNamed(other, peer.Name)))
                {
                    throw values.Wrong(KnownSettings.Peers, $"must not list {item} twice");
                }
            }

            options.Peers.Add(peer);
        }

        options.Address = OwnAddress(values, options);
    }

    private static ListedPeer Peer(SettingValues values, string item)
    {
        int equals = item.IndexOf('=', StringComparison.Ordinal);
        string? address = Canonical(item[(equals + 1)..]);
        return address is not null && equals != 0
            ? new ListedPeer(equals < 0 ? "" : item[..equals], new ServerAddress(address))
            : throw values.Wrong(KnownSettings.Peers, $"\"{item}\" must be NAME=IP:PORT or IP:PORT");
    }

    // One spelling for each address, because servers compare the texts. A host name stays one: what it stands for may change.
    private static string? Canonical(string text)
    {
        if (TryParse(text) is { } address)
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

    // Its own entry, by name or by address. Only a server that listens everywhere, or is listed by a host name, is reached at
    // another address than it listens on; anything else is more likely a slip of the pen.
    private static ServerAddress OwnAddress(SettingValues values, RaftServerOptions options)
    {
        ServerAddress bound = new(options.Bind.ToString());
        ListedPeer byName = options.Peers.FirstOrDefault(peer => IsNamed(peer, options.Name));
        ListedPeer byAddress = options.Peers.FirstOrDefault(peer => peer.Address == bound);
        if (byName.Address.IsNone && byAddress.Address.IsNone)
        {
            throw values.Wrong(KnownSettings.Peers, $"must include this server: {options.Name}={bound}");
        }

        if (byName.Address.IsNone && byAddress.Name.Length > 0)
        {
            throw values.Wrong(
                KnownSettings.Peers, $"calls this server {byAddress.Name}, but --name is {options.Name}");
        }

        if (byName.Address.IsNone)
        {
            return byAddress.Address;
        }

        bool mayDiffer = IsWildcard(options.Bind.Address) || TryParse(byName.Address.Value) is null;
        return byName.Address == bound || mayDiffer
            ? byName.Address
            : throw values.Wrong(
                KnownSettings.Peers, $"says that {options.Name} is at {byName.Address}, but --rpc is {bound}");
    }

    private static bool IsNamed(ListedPeer peer, string name) => string.Equals(peer.Name, name, StringComparison.Ordinal);

    private static void RefuseWildcard(SettingValues values, RaftServerOptions options)
    {
        if (IsWildcard(options.Bind.Address))
        {
            throw values.Wrong(
                KnownSettings.Rpc, "is no address that others can reach: say in --peers at which one this server is reached");
        }
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IPEndPoint? TryParse(string text)
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
}
