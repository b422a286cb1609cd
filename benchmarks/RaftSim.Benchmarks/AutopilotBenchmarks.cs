using System.Globalization;
using BenchmarkDotNet.Attributes;
using RaftSim.Autopilot;

namespace RaftSim.Benchmarks;

/// <summary>
/// What autopilot computes in a round: the state, and the plan. Half of the servers run a newer version, in ten zones, and a few
/// are dead, so that there is something to decide.
/// </summary>
public class AutopilotBenchmarks
{
    private const int Zones = 10;
    private readonly AutopilotPromoter _policy = new();
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
    }

    [Benchmark(Description = "autopilot: state")]
    public AutopilotState ComputeState() => AutopilotEngine.ComputeState(_inputs, _state, _policy).State!;

    [Benchmark(Description = "autopilot: reconcile")]
    public int Reconcile() => AutopilotEngine.Reconcile(_inputs, _state, _policy).Actions.Count;

    private static AutopilotServer Known(string id, int number) => new()
    {
        Id = new(id),
        Name = id,
        NodeStatus = number % 10 == 4 ? NodeStatus.Failed : NodeStatus.Alive,
        Version = number % 2 == 0 ? "1.7.5" : "1.8.0-beta.1+ent",
        Meta = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [ServerTraits.ZoneTag] = $"zone-{number / 2 % Zones}",
        },
    };
}
