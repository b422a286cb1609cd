using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>The command that a newcomer runs first. Source: the issue's item 9.</summary>
public sealed partial class ClusterCommandTests : IDisposable
{
    private static readonly string[] Timings =
    [
        "--base-port", "0", "--election-timeout", "300ms", "--announce-interval", "100ms", "--failure-timeout", "1s",
        "--last-contact-threshold", "500ms", "--server-stabilization-time", "200ms",
        "--autopilot-state-interval", "100ms", "--autopilot-reconcile-interval", "200ms",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    // Goal: addresses first, then events, each once; every endpoint answers on every server; Ctrl+C ends it with 0;
    // started again with the same folder it is the same cluster at the same addresses.
    [Fact]
    public async Task A_cluster_serves_the_API_stops_on_demand_and_continues()
    {
        IReadOnlyList<string> addresses;
        string configuration;
        await using (InProcess run = InProcess.Start(_folder.Path, ["cluster", .. Timings]))
        {
            addresses = await AddressesAsync(run);
            Assert.Equal(3, addresses.Count);
            await run.Out.WaitForAsync("leads in term");
            await run.Out.WaitForAsync("autopilot configuration written");
            foreach (string address in addresses)
            {
                Assert.Contains(
                    "\"Servers\":[",
                    await GetAsync(address, "/v1/operator/raft/configuration"),
                    StringComparison.Ordinal);
                await WaitForHealthAsync(address);
            }

            configuration = await GetAsync(addresses[0], "/v1/operator/autopilot/configuration");
            Assert.Contains("\"LastContactThreshold\":\"500ms\"", configuration, StringComparison.Ordinal);
            Assert.Equal(0, await run.InterruptAsync());
            Assert.Equal("", run.Error.Text);
            Assert.Equal(2, run.Out.Text.Split("autopilot configuration written").Length);
        }

        await using (InProcess again = InProcess.Start(_folder.Path, ["cluster", .. Timings]))
        {
            Assert.Equal(addresses, await AddressesAsync(again));
            await again.Out.WaitForAsync("leads in term");
            Assert.Equal(configuration, await GetAsync(addresses[2], "/v1/operator/autopilot/configuration"));
            Assert.Equal(0, await again.InterruptAsync());
        }

        string line = await InProcess.FailAsync(_folder.Path, null, ["cluster", "--servers", "5"]);
        Assert.Matches(
            "^error: --servers \"5\": the folder .* holds a cluster of 3; give that number, or another --data-dir$",
            line);
    }

    // Goal: what is in memory leaves nothing on disk.
    [Fact]
    public async Task An_ephemeral_cluster_leaves_no_files()
    {
        await using InProcess run = InProcess.Start(_folder.Path, ["cluster", "--ephemeral", "--servers", "1", .. Timings]);
        Assert.Single(await AddressesAsync(run));
        await run.Out.WaitForAsync("leads in term");

        Assert.Equal(0, await run.InterruptAsync());

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    // Goal: zones, versions and read replicas are dealt out among the servers, and autopilot goes by them.
    [Fact]
    public async Task A_cluster_has_the_zones_versions_and_read_replicas_it_is_told()
    {
        await using InProcess run = InProcess.Start(_folder.Path,
        [
            "cluster", "--ephemeral", "--servers", "5", "--redundancy-zones", "a,b", "--upgrade-versions", "1.2,1.3",
            "--non-voting-servers", "1", "--enable-redundancy-zones", "--disable-upgrade-migration", .. Timings,
        ]);
        string address = (await AddressesAsync(run))[0];
        await run.Out.WaitForAsync("demoted s5.global");
        JsonNode state = new JsonObject();
        await UntilAsync(async _ =>
        {
            state = JsonNode.Parse(await GetAsync(address, "/v1/operator/autopilot/state"))!;
            return state["Voters"] is JsonArray { Count: 2 };
        });

        Assert.Single(state["ReadReplicas"]!.AsArray());
        Assert.Equal(["a", "b"], state["RedundancyZones"]!.AsObject().Select(zone => zone.Key));
        Assert.Equal(
            [
                "s1.global a 1.2 zone", "s2.global b 1.3 zone", "s3.global a 1.2 zone", "s4.global b 1.3 zone",
                "s5.global  1.2 read",
            ],
            state["Servers"]!.AsObject().Select(pair => pair.Value!).Select(server =>
                $"{server["Name"]} {server["RedundancyZone"]} {server["UpgradeVersion"]} {$"{server["NodeType"]}"[..4]}")
                .Order(StringComparer.Ordinal));
    }

    // Goal: two clusters in one folder would be one too many.
    [Fact]
    public async Task A_folder_in_use_is_told_in_one_line()
    {
        await using InProcess run = InProcess.Start(_folder.Path, ["cluster", "--servers", "1", .. Timings]);
        await AddressesAsync(run);
        string folder = Path.Combine(_folder.Path, "raftsim-data", "s1");

        string line = await InProcess.FailAsync(_folder.Path, null,
            "server", "--name", "s1", "--data-dir", folder, "--http", "127.0.0.1:0", "--rpc", "127.0.0.1:0");

        Assert.Equal($"error: data folder {folder}: is in use by another server", line);
    }

    private static async Task<IReadOnlyList<string>> AddressesAsync(InProcess run)
    {
        await run.Out.WaitForAsync("Try: curl");
        return [.. HttpAddress().Matches(run.Out.Text[..run.Out.Text.IndexOf("Try: curl", StringComparison.Ordinal)])
            .Select(match => match.Value)];
    }

    private async Task<string> GetAsync(string address, string path) =>
        await (await _client.GetAsync(address + path).WaitAsync(Quick.SafetyNet)).Content.ReadAsStringAsync();

    private Task WaitForHealthAsync(string address) => UntilAsync(async net =>
        (await _client.GetAsync(address + "/v1/operator/autopilot/health", net)).StatusCode == HttpStatusCode.OK);

    private static async Task UntilAsync(Func<CancellationToken, Task<bool>> isSo)
    {
        using PeriodicTimer states = new(Quick.StateInterval);
        using CancellationTokenSource net = new(Quick.SafetyNet);
        while (!await isSo(net.Token))
        {
            await states.WaitForNextTickAsync(net.Token);
        }
    }

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+")]
    private static partial Regex HttpAddress();
}
