using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>What operators see of servers by System.Diagnostics.Metrics. Source: docs/METRICS.md.</summary>
public sealed class MetricsTests
{
    // Goal: where each server of a process stands is told, and none is taken for another one.
    [Fact]
    public async Task Every_server_shows_where_it_stands_under_its_own_name()
    {
        using Gauge gauge = new("stands-");
        await using LocalCluster cluster = await StartAsync("stands-");
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        CommandReply reply = await AddAsync(leader);

        IReadOnlyList<Measured> shown = gauge.Collect();

        ServerStatus status = leader.Status;
        Assert.Equal(status.Term.Value, One("raftsim.term"));
        Assert.Equal(3, One("raftsim.role"));
        Assert.InRange(One("raftsim.log.commit_index"), reply.Index.Value, status.Commit.Value);
        Assert.InRange(One("raftsim.log.applied_index"), reply.Index.Value, status.Applied.Value);
        Assert.InRange(One("raftsim.log.last_index"), reply.Index.Value, status.LastIndex.Value);
        Assert.Equal(0, One("raftsim.log.start_index"));
        Assert.Equal(0, One("raftsim.log.snapshot_index"));
        Assert.Equal(3, One("raftsim.servers"));
        Assert.Equal(3, One("raftsim.voters"));
        Assert.Equal(["stands-s1", "stands-s2", "stands-s3"],
            shown.Where(measured => measured.Name == "raftsim.role").Select(measured => measured.Server).Order());
        Assert.Contains(gauge.Of("raftsim.events"),
            measured => measured.Server == leader.Name && measured.Tags["kind"] is "RoleChanged");

        double One(string name) =>
            Assert.Single(shown, measured => measured.Name == name && measured.Server == leader.Name).Value;
    }

    // Goal: the leader, and nobody else, tells how far each follower is, by id and by name.
    [Fact]
    public async Task The_leader_shows_how_far_every_follower_is()
    {
        using Gauge gauge = new("far-");
        await using LocalCluster cluster = await StartAsync("far-");
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        LocalServer victim = cluster.Servers.First(server => server != leader);
        LocalServer other = cluster.Servers.First(server => server != leader && server != victim);
        CommandReply added = await AddAsync(leader);

        IReadOnlyList<Measured> level = await Quick.UntilAsync(cluster, () => Task.FromResult(Followers() is var shown
            && Has(shown, "lag", victim, value => value == 0) && Has(shown, "lag", other, value => value == 0)
            && Has(shown, "match_index", victim, value => value >= added.Index.Value) ? shown : null));

        Assert.All(level, measured => Assert.Equal(leader.Name, measured.Server));
        Assert.True(Has(level, "state", other, value => value == 1));
        Assert.True(Has(level, "last_contact", other, value => value >= 0 && value < Quick.SafetyNet.TotalSeconds));
        double match = level.First(
            measured => measured.Name == "raftsim.follower.match_index" && Is(measured, other)).Value;
        Assert.True(Has(level, "next_index", other, value => value == match + 1));
        Assert.Equal(new[] { victim.Name, other.Name }.Order(),
            level.Select(measured => (string)measured.Tags["follower.name"]!).Distinct().Order());

        await victim.KillAsync().WaitAsync(Quick.SafetyNet);
        await AddAsync(leader);
        await Quick.UntilAsync(cluster, () => Task.FromResult(Followers() is var shown
            && Has(shown, "lag", victim, value => value > 0)
            && Has(shown, "lag", other, value => value == 0) ? shown : null));

        IReadOnlyList<Measured> Followers() => [.. gauge.Collect()
            .Where(measured => measured.Name.StartsWith("raftsim.follower.", StringComparison.Ordinal))];

        static bool Is(Measured measured, LocalServer server) =>
            (string)measured.Tags["follower.id"]! == server.Status.Id.Value
            && (string)measured.Tags["follower.name"]! == server.Name;

        static bool Has(IReadOnlyList<Measured> shown, string name, LocalServer server, Func<double, bool> isWished) =>
            shown.Any(measured => measured.Name == "raftsim.follower." + name
                && Is(measured, server) && isWished(measured.Value));
    }

    // Goal: each entry that a leader takes has one commit latency, and it is known before the caller is answered. The
    // first entry of a log is nobody's proposal.
    [Fact]
    public async Task Every_entry_that_the_leader_took_has_one_commit_latency()
    {
        using Gauge gauge = new("commits");
        await using ServerHost server = Quick.Alone(new SumMachine(), options => options.Name = "commits");
        await server.StartAsync().WaitAsync(Quick.SafetyNet);
        for (int i = 0; i < 10; i++)
        {
            CommandReply reply = Assert.IsType<CommandReply>(
                await server.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet));
            Assert.InRange((ulong)gauge.Of("raftsim.commit.duration").Count,
                reply.Index.Value - 1, server.Status.Commit.Value - 1);
        }

        Assert.All(gauge.Of("raftsim.commit.duration"),
            measured => Assert.InRange(measured.Value, double.Epsilon, Quick.SafetyNet.TotalSeconds));
        Assert.InRange(gauge.Of("raftsim.apply.duration").Count, 1, 10);
        Assert.All(gauge.Of("raftsim.apply.duration"),
            measured => Assert.InRange(measured.Value, 0, Quick.SafetyNet.TotalSeconds));
    }

    // Goal: commit latency is the leader's: a follower that brings an answer back has none.
    [Fact]
    public async Task A_follower_has_no_commit_latency()
    {
        using Gauge gauge = new("replicates-");
        await using LocalCluster cluster = await StartAsync("replicates-");
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        await AddAsync(cluster.Servers.First(server => server != leader));

        // The answer may have been brought back before the leader was done with the step in which it gave it.
        CommandReply reply = await AddAsync(leader);

        IReadOnlyList<Measured> taken = gauge.Of("raftsim.commit.duration");

        Assert.All(taken, measured => Assert.Equal(leader.Name, measured.Server));
        Assert.InRange((ulong)taken.Count, reply.Index.Value - 1, leader.Status.Commit.Value - 1);
    }

    // Goal: what real disks and connections do to a server is seen: syncs of files and of the folder, and the queues.
    [Fact]
    public async Task Syncs_are_timed_and_queues_are_seen_over_files_and_TCP()
    {
        using Gauge gauge = new("real-");
        using TemporaryFolder folder = new();
        await using LocalCluster cluster = await Quick.StartAsync(
            folder: folder.Path,
            stateMachine: _ => new SumMachine(),
            configure: options => options.Name = "real-" + options.Name);
        LocalServer leader = await cluster.WaitForLeaderAsync().WaitAsync(Quick.SafetyNet);
        await AddAsync(leader);

        IReadOnlyList<Measured> shown = gauge.Collect();

        foreach (string kind in new[] { "file", "folder" })
        {
            Assert.Contains(gauge.Of("raftsim.disk.sync.duration"), measured => measured is { Value: > 0 }
                && measured.Server == leader.Name && (string)measured.Tags["kind"]! == kind);
        }

        foreach (string queue in new[] { "disk.queue", "apply.queue", "inbox" })
        {
            Assert.True(Assert.Single(shown,
                measured => measured.Name == $"raftsim.{queue}.depth" && measured.Server == leader.Name).Value >= 0);
        }

        Assert.Contains(shown, measured => measured is { Name: "raftsim.transport.queue.depth", Value: >= 0 }
            && measured.Server == leader.Name && measured.Tags["lane"] is "Control"
            && cluster.Servers.Any(server => server != leader && measured.Tags["peer.address"] is string address
                && address == server.Address.Value));
    }

    // Goal: a server that has stopped shows nothing, also in a meter that outlives it.
    [Fact]
    public async Task A_stopped_server_shows_nothing()
    {
        using Gauge gauge = new("stops");
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        RaftServerOptions options = new() { Name = "stops" };
        Quick.Configure(options);
        await using ServerHost server = new(options, meters: services.GetRequiredService<IMeterFactory>());
        await server.StartAsync().WaitAsync(Quick.SafetyNet);
        Assert.NotEmpty(gauge.Collect());

        await server.StopAsync().WaitAsync(Quick.SafetyNet);

        Assert.Empty(gauge.Collect());
    }

    // Goal: the page for operators lists every instrument, and none that is not there.
    [Fact]
    public async Task The_page_lists_every_instrument_with_its_unit_and_kind()
    {
        using Gauge gauge = new("listed");
        await using ServerHost server = Quick.Alone(configure: options => options.Name = "listed");

        string[] made = [.. gauge.Instruments
            .Select(instrument => string.Create(CultureInfo.InvariantCulture,
                $"| `{instrument.Name}` | `{instrument.Unit}` | {KindOf(instrument)} |"))
            .Distinct().Order(StringComparer.Ordinal)];
        string[] listed = [.. File.ReadLines(Path.Combine(Root(), "docs", "METRICS.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => string.Join('|', line.Split('|')[..4]) + "|").Order(StringComparer.Ordinal)];
        Assert.Equal(made, listed);

        static string KindOf(Instrument instrument)
        {
            string type = instrument.GetType().Name;
            return type[..type.IndexOf('`', StringComparison.Ordinal)]
                .Replace("Observable", "", StringComparison.Ordinal).ToLowerInvariant();
        }
    }

    private static Task<LocalCluster> StartAsync(string prefix) => Quick.StartAsync(
        hub: new LoopbackHub { EncodesMessages = true },
        stateMachine: _ => new SumMachine(),
        configure: options => options.Name = prefix + options.Name);

    private static async Task<CommandReply> AddAsync(LocalServer through) =>
        Assert.IsType<CommandReply>(await through.RequestAsync(SumMachine.Add(1)).WaitAsync(Quick.SafetyNet));

    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RaftSim.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No RaftSim.sln above {AppContext.BaseDirectory}.");
    }
}
