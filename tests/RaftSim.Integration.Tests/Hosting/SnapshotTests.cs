using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>Snapshots over real threads, sockets and files.</summary>
public sealed class SnapshotTests
{
    private static readonly QueryRequest _question = new(new byte[] { 1 }, Stale: true);

    // Goal: who was away while the log was compacted fetches the snapshot, and answers as the others do; and a whole
    // cluster starts again from what it has stored (dissertation §5.1 to §5.3).
    [Fact]
    public async Task A_server_that_was_away_fetches_a_snapshot_and_starts_from_it_again()
    {
        using TemporaryFolder folder = new();
        await using LocalCluster cluster = await Quick.StartAsync(
            folder: folder.Path, stateMachine: _ => new SumMachine(), configure: options =>
            {
                options.SnapshotEntries = 20;
                options.SnapshotChunkBytes = 64;
                options.TrailingEntries = 5;
                options.InitialAutopilot = options.InitialAutopilot with { CleanupDeadServers = false };
            });
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer away = cluster.Servers.First(server => server != leader);
        await away.StopAsync().WaitAsync(Quick.SafetyNet);
        for (int i = 0; i < 100; i++)
        {
            Assert.IsType<CommandReply>(await leader.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet));
        }

        Task fetched = Heard(cluster, away, "fetched from the leader");
        await away.StartAsync().WaitAsync(Quick.SafetyNet);
        await fetched.WaitAsync(Quick.SafetyNet);
        await UntilSumAsync(cluster, away, 100);

        await Task.WhenAll(cluster.Servers.Select(server => server.StopAsync())).WaitAsync(Quick.SafetyNet);
        Assert.All(cluster.Servers, server => Assert.Single(
            Directory.EnumerateFiles(Path.Combine(folder.Path, server.Name), "*.snap")));
        Task[] restored =
            [.. cluster.Servers.Select(server => Heard(cluster, server, "and a snapshot of index"))];
        await Task.WhenAll(cluster.Servers.Select(server => server.StartAsync())).WaitAsync(Quick.SafetyNet);
        await Task.WhenAll(restored).WaitAsync(Quick.SafetyNet);
        foreach (LocalServer server in cluster.Servers)
        {
            await UntilSumAsync(cluster, server, 100);
        }
    }

    // Goal: a state machine that takes no snapshots is told once, and nothing else changes.
    [Fact]
    public async Task A_state_machine_that_takes_no_snapshots_keeps_its_log()
    {
        await using LocalCluster cluster = await Quick.StartAsync(
            servers: 1,
            stateMachine: _ => new SumMachine { TakesNone = true },
            configure: options => options.SnapshotEntries = 5);
        int told = 0;
        using IDisposable subscription = cluster.Subscribe((_, raised) =>
            told += raised.Text.EndsWith("SumMachine takes no snapshots", StringComparison.Ordinal) ? 1 : 0);
        LocalServer server = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        for (int i = 1; i <= 30; i++)
        {
            Assert.Equal(i, SumMachine.SumOf(await server.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet)));
        }

        Assert.InRange(told, 0, 1);
        Assert.Equal(LogIndex.Zero, server.Status.LogStart.Index);
    }

    // Goal: a state machine that restores nothing, where the others take snapshots, stops its server with the reason.
    [Fact]
    public async Task A_state_machine_that_cannot_restore_stops_its_server()
    {
        bool takesNone = false;
        await using LocalCluster cluster = await Quick.StartAsync(
            stateMachine: _ => new SumMachine { TakesNone = takesNone }, configure: options =>
            {
                options.SnapshotEntries = 20;
                options.TrailingEntries = 5;
                options.InitialAutopilot = options.InitialAutopilot with { CleanupDeadServers = false };
            });
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer away = cluster.Servers.First(server => server != leader);
        await away.StopAsync().WaitAsync(Quick.SafetyNet);
        for (int i = 0; i < 100; i++)
        {
            Assert.IsType<CommandReply>(await leader.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet));
        }

        takesNone = true;
        Task stopped = Heard(
            cluster, away, "the snapshot cannot be restored: the state machine failed: restores nothing");
        await away.StartAsync().WaitAsync(Quick.SafetyNet);
        await stopped.WaitAsync(Quick.SafetyNet);
    }

    private static Task Heard(LocalCluster cluster, LocalServer server, string text)
    {
        TaskCompletionSource heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Subscribe((from, raised) =>
        {
            if (from == server && raised.Text.Contains(text, StringComparison.Ordinal))
            {
                heard.TrySetResult();
            }
        });
        return heard.Task;
    }

    private static Task<object> UntilSumAsync(LocalCluster cluster, LocalServer server, long sum) =>
        Quick.UntilAsync(cluster, async () =>
            await server.RequestAsync(_question) is QueryReply reply && SumMachine.SumOf(reply) == sum ? new object() : null);
}
