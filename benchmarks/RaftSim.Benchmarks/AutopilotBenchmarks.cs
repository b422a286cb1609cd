using System.Globalization;
using BenchmarkDotNet.Attributes;
using RaftSim.Autopilot;

namespace RaftSim.Benchmarks;

/// <summary>
/// What autopilot computes in a round: the state, and the plan; and what it is to do, in words. Half of the servers run a newer
/// version, in ten zones, and a few are dead, so that there is something to decide.
/// </summary>
public class AutopilotBenchmarks
{
    private const int Zones = 10;
    private readonly AutopilotPromoter _policy = new();
    private AutopilotDriver _driver = null!;
    private AutopilotInputs _inputs = null!;
    private AutopilotState _state = null!;

    [Params(5, 100, 1_000)]
    public int Servers { get; set; }

    [GlobalSetup]
    public void Make()
    {
        string[] ids = [.. Enumerable.Range(0, Servers).Select(i => i.ToString("D4", CultureInfo.InvariantCulture))];
        WallTime now = new(1_700_000_000_000_000_000);
        _inputs = new()
        {
            Now = now,
            FirstStateTime = now,
            Config = AutopilotConfig.Default with { EnableRedundancyZones = true },
            RaftServers = [.. ids.Select((id, i) => new RaftServer(
                new(id), new($"{id}:1"), i % 2 == 0 ? RaftSuffrage.Voter : RaftSuffrage.NonVoter))],
            KnownServers = [.. ids.Select(Known)],
            Leader = new(ids[0]),
            IsLeader = true,
            LastIndex = new(100),
            LastTerm = new(3),
            FetchedStats = [.. ids.Select(id => KeyValuePair.Create(
                new ServerId(id), new ServerStats(Duration.Zero, new(3), new(100))))],
        };
        _state = ComputeState();
        if (Reconcile() == 0)
        {
            throw new InvalidOperationException("there is nothing to decide");
        }

        _driver = new(Duration.Seconds(2), Duration.Seconds(10), _policy);
        _driver.Start(default);
        _driver.Tick(_inputs, default);
        _driver.TryTakeReady(out AutopilotReady ready);
        foreach ((ServerId server, ServerStats stats) in _inputs.FetchedStats)
        {
            _driver.StatsReceived(server, ready.StatsRound, in stats, default);
        }

        _driver.Tick(_inputs, default);
        if (Explain() != Servers)
        {
            throw new InvalidOperationException("there is nothing to explain");
        }
    }

    [Benchmark(Description = "autopilot: state")]
    public AutopilotState ComputeState() => AutopilotEngine.ComputeState(_inputs, _state, _policy).State!;

    [Benchmark(Description = "autopilot: reconcile")]
    public int Reconcile() => AutopilotEngine.Reconcile(_inputs, _state, _policy).Actions.Count;

    [Benchmark(Description = "autopilot: explain")]
    public int Explain() => _driver.Explain(_inputs, default).Servers.Count;

    private static AutopilotServer Known(string id, int number) => new()
    {
        Id = new(id),
        Name = id,
        NodeType = NodeType.Voter,
        NodeStatus = number % 10 == 4 ? NodeStatus.Failed : NodeStatus.Alive,
        Version = number % 2 == 0 ? "1.7.5" : "1.8.0-beta.1+ent",
        Meta = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [ServerTraits.ZoneTag] = $"zone-{number / 2 % Zones}",
        },
    };
}
