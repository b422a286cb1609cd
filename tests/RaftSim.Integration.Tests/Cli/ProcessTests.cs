using System.Globalization;
using System.Net;
using System.Text.Json;
using RaftSim.Integration.Tests.Hosting;

namespace RaftSim.Integration.Tests.Cli;

/// <summary>Servers in processes of their own, and <c>kill -9</c>. Source: the "how it will be tried".</summary>
public sealed class ProcessTests : IAsyncLifetime, IAsyncDisposable
{
    private const int Attempts = 5;

    // Elections come late, so that a busy machine causes none that a test has not caused.
    private static readonly string[] Timings =
    [
        "--election-timeout", "2s", "--announce-interval", "100ms", "--failure-timeout", "1500ms",
        "--last-contact-threshold", "2s", "--server-stabilization-time", "200ms",
        "--autopilot-state-interval", "100ms", "--autopilot-reconcile-interval", "200ms",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly ChildServer?[] _servers = new ChildServer?[3];
    private int[] _ports = [];

    public Task InitializeAsync() => Task.CompletedTask;

    // The test framework knows this one alone: without it every test would leave its processes behind.
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        foreach (ChildServer? server in _servers)
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }

        _client.Dispose();
        _folder.Dispose();
    }

    // Goal: a follower dies: 429, then it is pruned and health returns without tolerance. It comes back: added,
    // promoted, and the leader is the same all the while. SIGTERM ends a server with 0.
    [Fact]
    public async Task A_killed_process_is_pruned_and_promoted_again_when_it_returns()
    {
        await StartAllAsync();
        Health whole = await HealthAsync(0, health => health is { Status: HttpStatusCode.OK, Voters.Count: 3 });
        Assert.Equal(1, whole.FailureTolerance);
        int victim = Enumerable.Range(0, 3).First(i => whole.Voters[RaftAddress(i)] != whole.Leader);
        int witness = Enumerable.Range(0, 3).First(i => i != victim);

        // Cleaning up is off until 429 was seen: else the dead server may be gone before anybody asks.
        await ConfigureAsync(witness, """{"CleanupDeadServers":false,"LastContactThreshold":"2s","MaxTrailingLogs":250}""");
        await _servers[victim]!.KillAsync();
        Health without = await HealthAsync(witness, health => health.Status == HttpStatusCode.TooManyRequests);
        Assert.Equal(3, without.Voters.Count);
        await ConfigureAsync(witness, """{"CleanupDeadServers":true,"LastContactThreshold":"2s","MaxTrailingLogs":250}""");
        Health pruned = await HealthAsync(witness, health => health is { Status: HttpStatusCode.OK, Servers: 2 });
        Assert.Equal(0, pruned.FailureTolerance);

        await RestartAsync(victim);
        Health healed = await HealthAsync(witness, health => health is { Status: HttpStatusCode.OK, Voters.Count: 3 });
        Assert.Equal(1, healed.FailureTolerance);
        Assert.Equal(whole.Voters[RaftAddress(victim)], healed.Voters[RaftAddress(victim)]);
        Assert.Equal(whole.Leader, healed.Leader);
        Assert.Equal(0, await _servers[victim]!.TerminateAsync());
        Assert.Equal("", _servers[victim]!.Error.Text);
    }

    // Goal: everybody dies at once: configuration and indexes are as they were.
    [Fact]
    public async Task After_all_processes_were_killed_the_configuration_is_as_before()
    {
        await StartAllAsync();
        await HealthAsync(0, health => health is { Status: HttpStatusCode.OK, Voters.Count: 3 });
        await ConfigureAsync(1, """{"CleanupDeadServers":false,"LastContactThreshold":"800ms","MaxTrailingLogs":77}""");
        string before = await _client.GetStringAsync(Url(2, "autopilot/configuration")).WaitAsync(Quick.SafetyNet);

        await Task.WhenAll(_servers.Select(server => server!.KillAsync()));
        for (int i = 0; i < _servers.Length; i++)
        {
            await RestartAsync(i);
        }

        await HealthAsync(0, health => health is { Status: HttpStatusCode.OK, Voters.Count: 3 });
        string after = await _client.GetStringAsync(Url(0, "autopilot/configuration")).WaitAsync(Quick.SafetyNet);
        Assert.Equal(before, after);
        Assert.Contains("\"MaxTrailingLogs\":77", after, StringComparison.Ordinal);
    }

    // Goal: a wiped folder is another server: it comes back under a new id, in place of the old one.
    [Fact]
    public async Task A_server_whose_folder_was_emptied_comes_back_as_a_new_one()
    {
        await StartAllAsync();
        Health whole = await HealthAsync(0, health => health is { Status: HttpStatusCode.OK, Voters.Count: 3 });
        int victim = Enumerable.Range(0, 3).First(i => whole.Voters[RaftAddress(i)] != whole.Leader);
        int witness = Enumerable.Range(0, 3).First(i => i != victim);
        string old = whole.Voters[RaftAddress(victim)];

        await _servers[victim]!.KillAsync();
        Directory.Delete(DataFolder(victim), recursive: true);
        await RestartAsync(victim);

        Health healed = await HealthAsync(witness, health => health is { Status: HttpStatusCode.OK, Voters.Count: 3 }
            && health.Voters.GetValueOrDefault(RaftAddress(victim)) is { } id && id != old);
        Assert.Equal(1, healed.FailureTolerance);
        Assert.DoesNotContain(old, healed.Voters.Values);
    }

    // Ports that were free may be taken before the processes start: then everything starts anew with others.
    private async Task StartAllAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            _ports = ChildServer.FreePorts(6);
            for (int i = 0; i < _servers.Length; i++)
            {
                _servers[i] = Start(i);
            }

            try
            {
                foreach (ChildServer? server in _servers)
                {
                    await server!.Out.WaitForAsync("http://");
                }

                return;
            }
            catch (InvalidOperationException) when (attempt < Attempts && _servers.Any(HasNoPort))
            {
                foreach (ChildServer? server in _servers)
                {
                    await server!.DisposeAsync();
                }

                Directory.Delete(Path.Combine(_folder.Path, "data"), recursive: true);
            }
        }

        static bool HasNoPort(ChildServer? server) =>
            server!.Error.Text.Contains("in use", StringComparison.Ordinal);
    }

    private async Task RestartAsync(int i)
    {
        await _servers[i]!.DisposeAsync();
        _servers[i] = Start(i);
        await _servers[i]!.Out.WaitForAsync("http://");
    }

    private ChildServer Start(int i) => ChildServer.Start(_folder.Path,
    [
        "server", "--name", NameOf(i), "--data-dir", DataFolder(i),
        "--http", Invariant($"127.0.0.1:{_ports[2 * i]}"), "--rpc", RaftAddress(i),
        "--peers", string.Join(',', Enumerable.Range(0, 3).Select(peer => $"{NameOf(peer)}={RaftAddress(peer)}")),
        .. Timings,
    ]);

    private async Task ConfigureAsync(int through, string configuration)
    {
        using StringContent content = new(configuration);
        using HttpResponseMessage put = await _client
            .PutAsync(Url(through, "autopilot/configuration"), content).WaitAsync(Quick.SafetyNet);
        Assert.Equal("true", await put.Content.ReadAsStringAsync());
    }

    // Asks as often as autopilot computes a state.
    private async Task<Health> HealthAsync(int through, Func<Health, bool> isWished)
    {
        using PeriodicTimer states = new(Quick.StateInterval);
        using CancellationTokenSource net = new(Quick.SafetyNet);
        while (true)
        {
            Health health = await AskAsync(through);
            if (isWished(health))
            {
                return health;
            }

            await states.WaitForNextTickAsync(net.Token);
        }
    }

    private async Task<Health> AskAsync(int through)
    {
        using HttpResponseMessage response = await _client
            .GetAsync(Url(through, "autopilot/health")).WaitAsync(Quick.SafetyNet);
        string body = await response.Content.ReadAsStringAsync();
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests))
        {
            return new Health(response.StatusCode, 0, "", 0, new(StringComparer.Ordinal));
        }

        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement root = json.RootElement;
        SortedDictionary<string, string> voters = new(StringComparer.Ordinal);
        JsonElement servers = root.GetProperty("Servers");
        foreach (JsonElement server in servers.ValueKind == JsonValueKind.Array
            ? [.. servers.EnumerateArray()]
            : Array.Empty<JsonElement>())
        {
            if (server.GetProperty("Voter").GetBoolean())
            {
                voters[server.GetProperty("Address").GetString()!] = server.GetProperty("ID").GetString()!;
            }
        }

        return new Health(
            response.StatusCode,
            root.GetProperty("FailureTolerance").GetInt32(),
            root.GetProperty("Leader").GetString()!,
            servers.ValueKind == JsonValueKind.Array ? servers.GetArrayLength() : 0,
            voters);
    }

    private static string NameOf(int i) => Invariant($"s{i + 1}");

    private string RaftAddress(int i) => Invariant($"127.0.0.1:{_ports[(2 * i) + 1]}");

    private string DataFolder(int i) => Path.Combine(_folder.Path, "data", NameOf(i));

    private string Url(int i, string path) => Invariant($"http://127.0.0.1:{_ports[2 * i]}/v1/operator/{path}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Health(
        HttpStatusCode Status, int FailureTolerance, string Leader, int Servers, SortedDictionary<string, string> Voters);
}
