using System.Collections.Concurrent;
using RaftSim.Autopilot;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>Whole clusters in one process. Source: the "how it will be tried".</summary>
public sealed class LocalClusterTests
{
    // Goal: any server takes a request, wherever the leader is.
    [Fact]
    public async Task A_follower_forwards_to_the_leader_and_brings_back_the_answer()
    {
        await using LocalCluster cluster = await Quick.StartAsync(hub: new LoopbackHub { EncodesMessages = true },
            stateMachine: _ => new SumMachine());
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer follower = cluster.Servers.First(server => server != leader);

        ServerReply reply = await follower.RequestAsync(SumMachine.Add(5)).WaitAsync(Quick.SafetyNet);

        Assert.Equal(5, SumMachine.SumOf(reply));
    }

    // Goal: the leader dies: the others elect another one, in a later term, and go on.
    [Fact]
    public async Task When_the_leader_is_killed_the_others_elect_a_new_one()
    {
        await using LocalCluster cluster = await Quick.StartAsync(hub: new LoopbackHub(),
            stateMachine: _ => new SumMachine());
        LocalServer first = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        Term term = first.Status.Term;
        Assert.Equal(1, SumMachine.SumOf(await first.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet)));

        await first.KillAsync().WaitAsync(Quick.SafetyNet);

        LocalServer second = await Quick.UntilAsync(cluster, () => Task.FromResult(cluster.Leader));
        Assert.NotSame(first, second);
        Assert.True(second.Status.Term > term);
        Assert.Equal(2, SumMachine.SumOf(await second.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet)));
    }

    // Goal: a query through any server sees every command that was answered before; a stale one asks the server itself.
    [Fact]
    public async Task A_query_sees_what_was_answered_before()
    {
        await using LocalCluster cluster = await Quick.StartAsync(hub: new LoopbackHub { EncodesMessages = true },
            stateMachine: _ => new SumMachine());
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        byte[] question = [1];
        for (int i = 1; i <= 3; i++)
        {
            LocalServer asked = cluster.Servers[i - 1];
            CommandReply added = Assert.IsType<CommandReply>(
                await leader.RequestAsync(SumMachine.Add(i)).WaitAsync(Quick.SafetyNet));
            QueryReply answer = Assert.IsType<QueryReply>(
                await asked.RequestAsync(new QueryRequest(question)).WaitAsync(Quick.SafetyNet));
            Assert.Equal(i * (i + 1) / 2, SumMachine.SumOf(answer));
            Assert.True(answer.Index >= added.Index);
        }

        ErrorReply failure = Assert.IsType<ErrorReply>(
            await cluster.Servers[2].RequestAsync(new QueryRequest(default)).WaitAsync(Quick.SafetyNet));
        Assert.Equal(
            (ServerErrorKind.Refused, "the state machine did not answer: what is the question?"), (failure.Kind, failure.Text));

        await Task.WhenAll(cluster.Servers.Where(server => server != leader).Select(server => server.KillAsync()))
            .WaitAsync(Quick.SafetyNet);
        Assert.Equal(6, SumMachine.SumOf(Assert.IsType<QueryReply>(await leader
            .RequestAsync(new QueryRequest(question, Stale: true)).WaitAsync(Quick.SafetyNet))));
    }

    // Goal: leadership moves to the named server, asked through any server, and asking again changes nothing.
    [Fact]
    public async Task Leadership_moves_to_the_named_server()
    {
        await using LocalCluster cluster = await Quick.StartAsync(hub: new LoopbackHub { EncodesMessages = true });
        LocalServer first = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer target = cluster.Servers.First(server => server != first);
        LocalServer other = cluster.Servers.First(server => server != first && server != target);

        TransferLeadershipReply moved = await MoveAsync(other, target);
        TransferLeadershipReply again = await MoveAsync(target, target);

        Assert.Equal((first.Status.Id, target.Status.Id), (moved.From, moved.To));
        Assert.Equal((target.Status.Id, target.Status.Id), (again.From, again.To));
        Assert.Equal(target, cluster.Leader);

        static async Task<TransferLeadershipReply> MoveAsync(LocalServer through, LocalServer to) =>
            Assert.IsType<TransferLeadershipReply>(await through
                .RequestAsync(new TransferLeadershipRequest(to.Status.Id.Value, null)).WaitAsync(Quick.SafetyNet));
    }

    // Goal: a server that is down makes the cluster unhealthy and is pruned; started again it comes back as a
    // non-voter, is promoted, and the leader stays.
    [Fact]
    public async Task A_killed_server_is_pruned_and_when_it_returns_it_is_promoted_again()
    {
        await using LocalCluster cluster = await Quick.StartAsync(hub: new LoopbackHub());
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        AutopilotState whole = await Quick.HealthAsync(cluster, leader, state => state is { Healthy: true, Voters.Count: 3 });
        Assert.Equal(1, whole.FailureTolerance);
        LocalServer victim = cluster.Servers.First(server => server != cluster.Leader);
        ServerId id = victim.Status.Id;

        await victim.KillAsync().WaitAsync(Quick.SafetyNet);
        LocalServer witness = cluster.Servers.First(server => server.IsRunning);
        AutopilotState pruned = await Quick.HealthAsync(
            cluster, witness, state => state is { Healthy: true, Servers.Count: 2 });
        Assert.Equal(0, pruned.FailureTolerance);

        await victim.StartAsync().WaitAsync(Quick.SafetyNet);
        AutopilotState healed = await Quick.HealthAsync(
            cluster, witness, state => state is { Healthy: true, Voters.Count: 3 });
        Assert.Equal(1, healed.FailureTolerance);
        Assert.Contains(id, healed.Voters);
    }

    // Goal: everything stops and starts: settings and indexes are as they were, and that is no news.
    [Fact]
    public async Task After_a_restart_of_all_servers_the_configuration_and_its_indexes_are_as_before()
    {
        await using LocalCluster cluster = await Quick.StartAsync(hub: new LoopbackHub());
        LocalServer any = cluster.Servers[0];
        AutopilotConfigReply written = await Quick.UntilAsync(cluster, async () =>
            await any.RequestAsync(new GetAutopilotConfigRequest(Stale: false)) as AutopilotConfigReply);
        SetAutopilotConfigRequest set = new(written.Config with { MaxTrailingLogs = 4_711 }, null);
        Assert.True(Assert.IsType<SetAutopilotConfigReply>(await any.RequestAsync(set)).Applied);
        ServerReply before = await any.RequestAsync(new GetAutopilotConfigRequest(Stale: false));

        // To one that had not learnt of it yet it would be news.
        foreach (LocalServer server in cluster.Servers)
        {
            await Quick.UntilAsync(cluster, async () =>
                await server.RequestAsync(new GetAutopilotConfigRequest(Stale: true)) is AutopilotConfigReply known
                    && known.Config == set.Config ? known : null);
        }

        await Task.WhenAll(cluster.Servers.Select(server => server.KillAsync())).WaitAsync(Quick.SafetyNet);
        Assert.Null(cluster.Leader);
        ConcurrentQueue<ServerEventKind> told = new();
        using IDisposable subscription = cluster.Subscribe((_, raised) => told.Enqueue(raised.Kind));
        await Task.WhenAll(cluster.Servers.Select(server => server.StartAsync())).WaitAsync(Quick.SafetyNet);

        AutopilotConfigReply after = await Quick.UntilAsync(cluster, async () =>
            await cluster.Servers[1].RequestAsync(new GetAutopilotConfigRequest(Stale: false)) as AutopilotConfigReply);
        Assert.Equal(before, after);
        Assert.Equal(4_711ul, after.Config.MaxTrailingLogs);
        Assert.Contains(ServerEventKind.RoleChanged, told);
        Assert.DoesNotContain(ServerEventKind.AutopilotConfigChanged, told);
    }

    // Goal: a folder of another cluster, at the address of a server that is down, is refused: nobody is removed for it, and
    // it is not let in. Source: decision 2.
    [Fact]
    public async Task A_server_of_another_cluster_is_not_let_in()
    {
        using TemporaryFolder folder = new();
        string own = Path.Combine(folder.Path, "own");
        string foreign = Path.Combine(folder.Path, "foreign");
        LoopbackHub hub = new();
        await using (LocalCluster other = await Quick.StartAsync(folder: foreign, hub: hub))
        {
            await Quick.HealthAsync(other, other.Servers[0], state => state is { Healthy: true, Voters.Count: 3 });
        }

        await using LocalCluster cluster = await Quick.StartAsync(folder: own, hub: hub);
        await Quick.HealthAsync(cluster, cluster.Servers[0], state => state is { Healthy: true, Voters.Count: 3 });
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer victim = cluster.Servers.First(server => server != leader);
        ConcurrentQueue<string> told = new();
        using IDisposable subscription = cluster.Subscribe((_, raised) => told.Enqueue($"{raised.Kind}: {raised.Text}"));

        await victim.KillAsync().WaitAsync(Quick.SafetyNet);
        Directory.Delete(Path.Combine(own, victim.Name), recursive: true);
        Directory.Move(Path.Combine(foreign, victim.Name), Path.Combine(own, victim.Name));
        await victim.StartAsync().WaitAsync(Quick.SafetyNet);

        // The dead server is pruned in its time, and all the while the stranger has been asking to be let in.
        await Quick.HealthAsync(cluster, leader, state => state.Servers.Count == 2
            && told.Any(text => text.StartsWith("Refused", StringComparison.Ordinal)
                && text.Contains("is not let in", StringComparison.Ordinal)));
        Assert.DoesNotContain(told, text => text.Contains("comes in its place", StringComparison.Ordinal));
        Assert.DoesNotContain(told, text => text.Contains("added as a non-voter", StringComparison.Ordinal));
    }

    // Goal: a server that runs is not started a second time.
    [Fact]
    public async Task A_running_server_cannot_be_started()
    {
        await using LocalCluster cluster = await Quick.StartAsync(servers: 1, hub: new LoopbackHub());

        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Servers[0].StartAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.StartAsync());
    }

    // Goal: the number of servers is a rule, and the error names it.
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void A_cluster_has_one_to_nine_servers(int servers)
    {
        ArgumentException wrong = Assert.ThrowsAny<ArgumentException>(
            () => new LocalCluster(new LocalClusterOptions { Servers = servers }));

        Assert.Contains($"Servers {servers}: must be 1 to 9", wrong.Message, StringComparison.Ordinal);
    }
}
