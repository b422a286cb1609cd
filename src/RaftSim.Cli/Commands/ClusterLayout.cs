using System.Globalization;
using System.Net;
using System.Text.Json;
using RaftSim.Cli.Settings;
using RaftSim.Runtime;

namespace RaftSim.Cli.Commands;

/// <summary>Where the servers of a cluster listen.</summary>
/// <param name="Http">The HTTP address of each server, s1 first; port 0: any.</param>
/// <param name="Raft">The Raft address of each server.</param>
internal sealed record ClusterLayout(IReadOnlyList<string> Http, IReadOnlyList<string> Raft)
{
    private const string FileName = "cluster.json";
    private const int PortsPerServer = 10;

    private static readonly JsonSerializerOptions _format = new() { WriteIndented = true };

    /// <summary>How many servers.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int Count => Http.Count;

    /// <summary>
    /// What the settings ask for. A folder that was used before decides what they leave open, and must not contradict them:
    /// the addresses are part of a cluster's configuration. Throws <see cref="UsageException"/>.
    /// </summary>
    public static ClusterLayout Decide(SettingValues values, string? folder)
    {
        int servers = values.Number(KnownSettings.Servers, 1, LocalCluster.ServersMax);
        int portMax = IPEndPoint.MaxPort - (PortsPerServer * (servers - 1)) - 2;
        int basePort = values.Number(KnownSettings.BasePort, 0, portMax);
        ClusterLayout wanted = Of(servers, basePort);
        if (folder is null || Load(folder) is not { } stored)
        {
            return wanted;
        }

        if (values.TextOrNull(KnownSettings.Servers) is not null && servers != stored.Count)
        {
            throw values.Wrong(KnownSettings.Servers,
                $"the folder {folder} holds a cluster of {stored.Count}; give that number, or another --data-dir");
        }

        bool asksForOtherPorts = basePort != 0 && values.TextOrNull(KnownSettings.BasePort) is not null
            && !Of(stored.Count, basePort).Raft.SequenceEqual(stored.Raft, StringComparer.Ordinal);
        return asksForOtherPorts
            ? throw values.Wrong(KnownSettings.BasePort,
                $"the cluster in the folder {folder} is at {stored.Raft[0]} and so on; leave it out, or give another --data-dir")
            : stored;
    }

    /// <summary>Notes it in the folder, so that the cluster is found again where it was.</summary>
    public void Save(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            File.WriteAllText(path, JsonSerializer.Serialize(this, _format) + "\n");
        }
    }

    private static ClusterLayout Of(int servers, int basePort)
    {
        return new ClusterLayout([.. Ports(0)], [.. Ports(1)]);

        IEnumerable<string> Ports(int offset) => Enumerable.Range(0, servers).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"127.0.0.1:{(basePort == 0 ? 0 : basePort + (PortsPerServer * i) + offset)}"));
    }

    private static ClusterLayout? Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize<ClusterLayout>(File.ReadAllText(path)) is { Http: not null, Raft: not null } stored
                && stored.Count is >= 1 and <= LocalCluster.ServersMax && stored.Raft.Count == stored.Count
                && stored.Http.Concat(stored.Raft).All(address => IPEndPoint.TryParse(address, out _)))
            {
                return stored;
            }
        }
        catch (JsonException)
        {
            // Told below, like everything else that is wrong with it.
        }

        throw new UsageException($"{path}: is damaged; it must hold the HTTP and Raft addresses of 1 to 9 servers");
    }
}
