namespace RaftSim.Autopilot;

/// <summary>What the tags of a server say of its part in the cluster. Source: Nomad's gossip tags.</summary>
public static class ServerTraits
{
    /// <summary>The tag with the redundancy zone. Used while <see cref="AutopilotConfig.EnableRedundancyZones"/>.</summary>
    public const string ZoneTag = "ap_zone";

    /// <summary>The tag with the server's own upgrade version. Used while <see cref="AutopilotConfig.EnableCustomUpgrades"/>.</summary>
    public const string VersionTag = "ap_version";

    /// <summary>The tag of a read replica, whose value is then <c>1</c>.</summary>
    public const string NonVoterTag = "nonvoter";

    /// <summary>The zone of a server; empty if it has none, or zones are off.</summary>
    public static string ZoneOf(AutopilotServer server, AutopilotConfig config)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(config);
        return config.EnableRedundancyZones && server.Meta.TryGetValue(ZoneTag, out string? zone) ? zone : "";
    }

    /// <summary>Whether a server is a read replica: it receives the log and never votes.</summary>
    public static bool IsReadReplica(AutopilotServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.Meta.TryGetValue(NonVoterTag, out string? value) && string.Equals(value, "1", StringComparison.Ordinal);
    }

    /// <summary>
    /// The version that upgrades go by: the server's own, if custom upgrades are on and it is one, else its build version.
    /// </summary>
    public static string VersionTextOf(AutopilotServer server, AutopilotConfig config)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(config);
        return config.EnableCustomUpgrades && CustomVersionOf(server) is { } custom ? custom : server.Version;
    }

    /// <summary>The server's own upgrade version; <see langword="null"/> if it has none or it is none.</summary>
    public static string? CustomVersionOf(AutopilotServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        return server.Meta.TryGetValue(VersionTag, out string? text) && UpgradeVersion.IsCustom(text) ? text : null;
    }
}
