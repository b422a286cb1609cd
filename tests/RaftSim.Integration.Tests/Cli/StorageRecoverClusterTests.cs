using System.Text.Json;
using RaftSim.Autopilot;
using RaftSim.Integration.Tests.Hosting;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>
/// Clusters that have lost their majority for good go on after <c>raftsim storage recover</c>: what no online change can
/// do. Source: the issue, "two servers, one dead".
/// </summary>
public sealed class StorageRecoverClusterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Goal: two servers, one dead for good: the other is stuck, is recovered, leads, and has its settings with their
    // indexes. The dead one, with an empty folder, joins as a new server and is promoted.
    [Fact]
    public async Task The_survivor_of_two_goes_on_and_a_new_server_joins_it()
    {
        await using LocalCluster cluster = await StartAsync(2);
        LocalServer survivor = cluster.Servers[0];
        LocalServer dead = cluster.Servers[1];
        await Quick.HealthAsync(cluster, survivor, state => state is { Healthy: true, Voters.Count: 2 });
        await WriteAsync(survivor, 4_711);
        AutopilotConfigReply before = await ConfigurationAsync(cluster, survivor);
        ServerId old = dead.Status.Id;

        await dead.KillAsync().WaitAsync(Quick.SafetyNet);
        Directory.Delete(FolderOf(dead), recursive: true);
        await StuckAsync(cluster, survivor);
        await survivor.StopAsync().WaitAsync(Quick.SafetyNet);
        await RecoverAsync(survivor, survivor);

        await survivor.StartAsync().WaitAsync(Quick.SafetyNet);
        Assert.Same(survivor, await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet));
        Assert.Equal(before, await ConfigurationAsync(cluster, survivor));
        AutopilotState alone = await Quick.HealthAsync(
            cluster, survivor, state => state is { Healthy: true, Voters.Count: 1 });
        Assert.Equal([survivor.Status.Id], alone.Voters);

        await dead.StartAsync().WaitAsync(Quick.SafetyNet);
        AutopilotState whole = await Quick.HealthAsync(
            cluster, survivor, state => state is { Healthy: true, Voters.Count: 2 });
        Assert.DoesNotContain(old, whole.Voters);
        Assert.Equal(before, await ConfigurationAsync(cluster, dead));
        await WriteAsync(dead, 12);
    }

    // Goal: five servers, three dead for good: of the two others the one with the longer log is recovered with both;
    // they lead, an entry that the dead never acknowledged is committed, and the dead join as new servers and are
    // promoted.
    [Fact]
    public async Task The_survivors_of_five_go_on_and_three_new_servers_join_them()
    {
        await using LocalCluster cluster = await StartAsync(5);
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        await Quick.HealthAsync(cluster, leader, state => state is { Healthy: true, Voters.Count: 5 });
        await WriteAsync(leader, 4_711);
        leader = cluster.Leader!;
        LocalServer other = cluster.Servers.First(server => server != leader);
        LocalServer[] dead = [.. cluster.Servers.Where(server => server != leader && server != other)];

        await Task.WhenAll(dead.Select(server => server.KillAsync())).WaitAsync(Quick.SafetyNet);
        AutopilotConfig late = AutopilotConfig.Default with { MaxTrailingLogs = 99 };
        Assert.IsType<ErrorReply>(
            await leader.RequestAsync(new SetAutopilotConfigRequest(late, null)).WaitAsync(Quick.SafetyNet));
        Array.ForEach(dead, server => Directory.Delete(FolderOf(server), recursive: true));
        await StuckAsync(cluster, other);
        await Task.WhenAll(leader.StopAsync(), other.StopAsync()).WaitAsync(Quick.SafetyNet);
        LocalServer longest = await EndOfLogAsync(leader) is var mine && mine.CompareTo(await EndOfLogAsync(other)) >= 0
            ? leader : other;
        await RecoverAsync(longest, leader, other);

        await Task.WhenAll(leader.StartAsync(), other.StartAsync()).WaitAsync(Quick.SafetyNet);
        AutopilotState both = await Quick.HealthAsync(
            cluster, leader, state => state is { Healthy: true, Voters.Count: 2 });
        Assert.Equal(
            new[] { leader.Status.Id, other.Status.Id }.Order(), both.Voters.Order());
        AutopilotConfigReply after = await ConfigurationAsync(cluster, other);
        Assert.Equal(99UL, after.Config.MaxTrailingLogs);

        await Task.WhenAll(dead.Select(server => server.StartAsync())).WaitAsync(Quick.SafetyNet);
        AutopilotState whole = await Quick.HealthAsync(
            cluster, leader, state => state is { Healthy: true, Voters.Count: 5 });
        Assert.Equal(2, whole.FailureTolerance);
        Assert.Equal(after, await ConfigurationAsync(cluster, dead[0]));
    }

    private async Task<LocalCluster> StartAsync(int servers)
    {
        LocalCluster cluster = new(new LocalClusterOptions
        {
            Servers = servers,
            DataFolder = _folder.Path,
            Configure = options =>
            {
                Quick.Configure(options);
                options.RpcHoldTimeout = Duration.Milliseconds(300);
                options.RequestTimeout = Duration.Seconds(2);

                // A busy machine must not make servers look dead: whoever is pruned is no loss of a majority.
                options.InitialAutopilot = options.InitialAutopilot with { CleanupDeadServers = false };
            },
        });
        await cluster.StartAsync().WaitAsync(Quick.SafetyNet);
        return cluster;
    }

    private string FolderOf(LocalServer server) => Path.Combine(_folder.Path, server.Name);

    private static async Task WriteAsync(LocalServer through, ulong trailing)
    {
        AutopilotConfigReply now = Assert.IsType<AutopilotConfigReply>(
            await through.RequestAsync(new GetAutopilotConfigRequest(Stale: false)).WaitAsync(Quick.SafetyNet));
        AutopilotConfig config = now.Config with { MaxTrailingLogs = trailing };
        ServerReply written =
            await through.RequestAsync(new SetAutopilotConfigRequest(config, null)).WaitAsync(Quick.SafetyNet);
        Assert.True(Assert.IsType<SetAutopilotConfigReply>(written).Applied);
    }

    private static Task<AutopilotConfigReply> ConfigurationAsync(LocalCluster cluster, LocalServer through) =>
        Quick.UntilAsync(cluster, async () =>
            await through.RequestAsync(new GetAutopilotConfigRequest(Stale: false)) as AutopilotConfigReply);

    private static async Task StuckAsync(LocalCluster cluster, LocalServer survivor)
    {
        await Quick.UntilAsync(cluster, () => Task.FromResult(cluster.Leader is null ? cluster : null));
        Assert.IsType<ErrorReply>(await survivor
            .RequestAsync(new GetAutopilotConfigRequest(Stale: false)).WaitAsync(Quick.SafetyNet));
    }

    // Highest last term first, then the highest last index: as `inspect` shows them.
    private async Task<(ulong Term, ulong Index)> EndOfLogAsync(LocalServer server)
    {
        (string text, _) = await InProcess.EndAsync(
            0, _folder.Path, null, "storage", "inspect", "--json", "--data-dir", FolderOf(server));
        JsonElement log = JsonSerializer.Deserialize<JsonElement>(text);
        return (log.GetProperty("LastTerm").GetUInt64(), log.GetProperty("LastIndex").GetUInt64());
    }

    private async Task RecoverAsync(LocalServer on, params LocalServer[] peers)
    {
        string list = string.Join(',', peers.Select(peer => $"{peer.Name}={peer.Address}"));
        await InProcess.EndAsync(
            0, _folder.Path, terminal => terminal with { In = new StringReader(on.Status.Id.Value + "\n") },
            "storage", "recover", "--data-dir", FolderOf(on), "--peers", list);
        await InProcess.EndAsync(0, _folder.Path, null, "storage", "verify", "--data-dir", FolderOf(on));
    }
}
