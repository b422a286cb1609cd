using System.Globalization;
using System.Net;
using RaftSim.Autopilot;
using RaftSim.Raft;
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
        options.ReadLease = values.Flag(KnownSettings.ReadLease);
        options.ClockDriftPpmMax = values.Number(KnownSettings.ClockDriftPpmMax, 0, RaftOptions.ClockDriftPpmLimit);
        options.AnnounceInterval = values.Span(KnownSettings.AnnounceInterval);
        options.FailureTimeout = values.Span(KnownSettings.FailureTimeout);
        options.SnapshotEntries = values.Count(KnownSettings.SnapshotEntries);
        options.TrailingEntries = values.Count(KnownSettings.TrailingEntries);
        options.AutopilotStateInterval = values.Span(KnownSettings.AutopilotStateInterval);
        options.AutopilotReconcileInterval = values.Span(KnownSettings.AutopilotReconcileInterval);
        options.ReconciliationEnabled = values.Flag(KnownSettings.AutopilotReconciliation);
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
        ApplyTags(values, options);
        if (!values.Flag(KnownSettings.Ephemeral))
        {
            options.DataFolder = values.TextOrNull(KnownSettings.DataDir)
                ?? throw new UsageException("--data-dir: must be given, unless --ephemeral keeps everything in memory");
        }

        ApplyPeers(values, options);
        return options;
    }

    /// <summary>Sets the tags of a server of a cluster: lists are dealt out in turn, the last servers never vote.</summary>
    /// <param name="values">The settings.</param>
    /// <param name="position">Which server, from 0.</param>
    /// <param name="servers">How many there are.</param>
    /// <param name="options">Its options.</param>
    public static void ApplyTags(SettingValues values, int position, int servers, RaftServerOptions options)
    {
        int replicas = values.Number(KnownSettings.NonVotingServers, 0, servers - 1);
        SetTag(options, ServerTraits.ZoneTag, Zones(values, KnownSettings.RedundancyZones, servers), position);
        SetTag(options, ServerTraits.VersionTag, Versions(values, KnownSettings.UpgradeVersions, servers), position);
        SetTag(options, ServerTraits.NonVoterTag, position >= servers - replicas ? ["1"] : [], 0);
    }

    private static void ApplyTags(SettingValues values, RaftServerOptions options)
    {
        SetTag(options, ServerTraits.ZoneTag, Zones(values, KnownSettings.RedundancyZone, 1), 0);
        SetTag(options, ServerTraits.VersionTag, Versions(values, KnownSettings.UpgradeVersion, 1), 0);
        SetTag(options, ServerTraits.NonVoterTag, values.Flag(KnownSettings.NonVotingServer) ? ["1"] : [], 0);
    }

    private static void SetTag(RaftServerOptions options, string tag, string[] items, int position)
    {
        if (items.Length > 0)
        {
            options.Meta[tag] = items[position % items.Length];
        }
    }

    private static string[] Zones(SettingValues values, Setting setting, int servers) =>
        Items(values, setting, servers, static zone => zone.Length > 0, "must not be empty");

    private static string[] Versions(SettingValues values, Setting setting, int servers) =>
        Items(values, setting, servers, UpgradeVersion.IsCustom, "must be X, X.Y or X.Y.Z, such as 1.4.0");

    private static string[] Items(SettingValues values, Setting setting, int servers, Predicate<string> isFine, string rule)
    {
        if (values.TextOrNull(setting) is not { } text)
        {
            return [];
        }

        string[] items = setting.Value is Setting.List ? text.Split(',', StringSplitOptions.TrimEntries) : [text];
        if (items.Length > servers)
        {
            throw values.Wrong(setting, string.Create(
                CultureInfo.InvariantCulture, $"must not list more than there are servers, which is {servers}"));
        }

        return Array.Find(items, item => !isFine(item)) is not { } wrong
            ? items
            : throw values.Wrong(setting, items.Length > 1 ? $"\"{wrong}\" {rule}" : rule);
    }

    /// <summary>An address to listen on; port 0 takes a free one.</summary>
    public static IPEndPoint EndPoint(SettingValues values, Setting setting) =>
        PeerList.ParseAddress(values.Text(setting))
        ?? throw values.Wrong(setting, "must be an IP address and port such as 127.0.0.1:4646");

    private static void ApplyPeers(SettingValues values, RaftServerOptions options)
    {
        if (values.TextOrNull(KnownSettings.Peers) is not { } text)
        {
            RefuseWildcard(values, options);
            return;
        }

        foreach (ListedPeer peer in PeerList.Parse(text, rule => values.Wrong(KnownSettings.Peers, rule)))
        {
            options.Peers.Add(peer);
        }

        options.Address = OwnAddress(values, options);
    }

    // Its own entry, by name or by address. Only a server that listens everywhere, or is listed by a host name, is reached at
    // another address than it listens on; anything else is more likely a slip of the pen.
    private static ServerAddress OwnAddress(SettingValues values, RaftServerOptions options)
    {
        ServerAddress bound = new(options.Bind.ToString());
        ListedPeer byName = options.Peers.FirstOrDefault(peer => PeerList.IsNamed(peer, options.Name));
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

        bool mayDiffer = IsWildcard(options.Bind.Address) || PeerList.ParseAddress(byName.Address.Value) is null;
        return byName.Address == bound || mayDiffer
            ? byName.Address
            : throw values.Wrong(
                KnownSettings.Peers, $"says that {options.Name} is at {byName.Address}, but --rpc is {bound}");
    }

    private static void RefuseWildcard(SettingValues values, RaftServerOptions options)
    {
        if (IsWildcard(options.Bind.Address))
        {
            throw values.Wrong(
                KnownSettings.Rpc, "is no address that others can reach: say in --peers at which one this server is reached");
        }
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
