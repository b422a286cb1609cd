using System.Globalization;
using RaftSim.Autopilot;

namespace RaftSim.Tests.Autopilot;

/// <summary>
/// A cluster of nothing but suffrages, health and tags, that does what a policy asks for, one action at a time, as the driver has
/// it: each is looked at again before it is done.
/// </summary>
internal sealed class PolicyModel
{
    private const int RoundsMax = 200;
    private static readonly WallTime Start = new(1_700_000_000_000_000_000);
    private readonly AutopilotPromoter _policy = new();
    private AutopilotState? _state;
    private WallTime _now = Start + Duration.Seconds(3_600);

    /// <summary>The settings. Nobody has to wait to be stable, unless a test says so.</summary>
    public AutopilotConfig Config { get; set; } = AutopilotConfig.Default with { ServerStabilizationTime = Duration.Zero };

    public List<ModelServer> Servers { get; } = [];

    /// <summary>What was done, in words: "promote s4".</summary>
    public List<string> Done { get; } = [];

    /// <summary>What was not done and why, of all rounds, once each.</summary>
    public SortedSet<string> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>The failure tolerance before anything was done and after each action.</summary>
    public List<int> Tolerances { get; } = [];

    /// <summary>
    /// A cluster from a text such as "s1 leader 1.0.0 zone=a; s2 voter; s3 nonvoter replica": the version is 1.0.0 if not said.
    /// </summary>
    public static PolicyModel Of(string text)
    {
        PolicyModel model = new();
        foreach (string line in text.Split(';', StringSplitOptions.TrimEntries))
        {
            model.Add(line);
        }

        return model;
    }

    public ModelServer this[string id] => Servers.Single(server => string.Equals(server.Id, id, StringComparison.Ordinal));

    public IEnumerable<string> Voters => Servers.Where(server => server.Votes).Select(server => server.Id);

    public AutopilotState State => Look(Inputs());

    /// <summary>The same cluster, of which nothing has been seen yet.</summary>
    public PolicyModel Copy()
    {
        PolicyModel copy = new() { Config = Config };
        copy.Servers.AddRange(Servers.Select(server => ModelServer.Parse(server.ToString())));
        return copy;
    }

    public void Add(string line)
    {
        ModelServer server = ModelServer.Parse(line);
        Servers.Add(server);
        Config = server.Zone.Length > 0 ? Config with { EnableRedundancyZones = true } : Config;
    }

    public void Kill(params ReadOnlySpan<string> ids)
    {
        foreach (string id in ids)
        {
            this[id].IsAlive = false;
        }

        Elect();
    }

    /// <summary>
    /// Lets time pass and does what the policy wants, until it wants nothing more; dead servers are pruned or not.
    /// </summary>
    public PolicyModel Settle(bool prunes = false)
    {
        WallTime actedAt = _now;
        for (int round = 0; round < RoundsMax; round++)
        {
            int before = Done.Count;
            _now += Duration.Seconds(10);
            Run((inputs, state) => AutopilotEngine.Reconcile(inputs, state, _policy));
            if (prunes)
            {
                Run((inputs, state) => AutopilotEngine.PruneDeadServers(inputs, state, _policy));
            }

            actedAt = Done.Count == before ? actedAt : _now;
            if (_now - actedAt > Config.ServerStabilizationTime)
            {
                return this;
            }
        }

        throw new InvalidOperationException($"never at rest: {string.Join(", ", Done.TakeLast(12))}");
    }

    /// <summary>Whether a healthy majority of the voters is there.</summary>
    public bool HasMajority => Servers.Count(server => server is { Votes: true, IsAlive: true })
        >= AutopilotEngine.Quorum(Servers.Count(server => server.Votes));

    /// <summary>One of the living voters leads, if they are a majority: the best in order.</summary>
    public void Elect()
    {
        if (HasMajority && !Servers.Exists(server => server is { IsLeader: true, IsAlive: true }))
        {
            Servers.ForEach(server => server.IsLeader = false);
            Servers.First(server => server is { Votes: true, IsAlive: true }).IsLeader = true;
        }
    }

    /// <summary>What a policy would be shown now.</summary>
    public (AutopilotInputs Inputs, AutopilotState State) Snapshot()
    {
        AutopilotInputs inputs = Inputs();
        return (inputs, Look(inputs));
    }

    private void Run(Func<AutopilotInputs, AutopilotState, ReconcilePlan> plan)
    {
        if (!HasMajority)
        {
            return;
        }

        AutopilotInputs inputs = Inputs();
        ReconcilePlan planned = plan(inputs, Look(inputs));
        Refused.UnionWith(planned.Refusals.Select(refusal => refusal.Reason));
        foreach (AutopilotAction action in planned.Actions)
        {
            AutopilotInputs view = Inputs();
            AutopilotState before = Look(view);
            if (ActionRecheck.WhyDropped(action, view, before, _policy).Length == 0)
            {
                Do(action, before.FailureTolerance);
            }
        }
    }

    private void Do(AutopilotAction action, int tolerance)
    {
        ModelServer server = this[action.Server.ToString()];
        switch (action.Kind)
        {
            case AutopilotActionKind.Promote:
                server.Votes = true;
                break;
            case AutopilotActionKind.Demote:
                Assert.False(server.IsLeader, "the leader is never demoted");
                server.Votes = false;
                break;
            case AutopilotActionKind.TransferLeadership:
                Assert.True(server is { Votes: true, IsAlive: true }, "only a living voter can lead");
                Servers.ForEach(other => other.IsLeader = other == server);

                // A new leader knows nothing of the past, and has to be given the time to see who is stable.
                _state = null;
                break;
            default:
                Assert.False(server.IsAlive, "only the dead are removed");
                Servers.Remove(server);
                break;
        }

        Assert.True(HasMajority, $"after {action} a majority lives");
        Done.Add(string.Create(CultureInfo.InvariantCulture, $"{Verb(action.Kind)} {action.Server}"));
        if (Tolerances.Count == 0)
        {
            Tolerances.Add(tolerance);
        }

        Tolerances.Add(State.FailureTolerance);
    }

    private static string Verb(AutopilotActionKind kind) => kind switch
    {
        AutopilotActionKind.Promote => "promote",
        AutopilotActionKind.Demote => "demote",
        AutopilotActionKind.TransferLeadership => "transfer to",
        _ => "remove",
    };

    private AutopilotState Look(AutopilotInputs inputs)
    {
        _state = AutopilotEngine.ComputeState(inputs, _state, _policy).State!;
        return _state;
    }

    private AutopilotInputs Inputs() => new()
    {
        Now = _now,
        FirstStateTime = Start,
        Config = Config,
        RaftServers =
        [
            .. Servers.Select(server => new RaftServer(
                new(server.Id), new($"{server.Id}:1"), server.Votes ? RaftSuffrage.Voter : RaftSuffrage.NonVoter)),
        ],
        KnownServers = [.. Servers.Select(server => server.ToKnown()).OrderBy(server => server.Id)],
        Leader = Servers.Find(server => server.IsLeader) is { } leader ? new(leader.Id) : default,
        IsLeader = true,
        LastIndex = new(100),
        LastTerm = new(3),
        FetchedStats =
        [
            .. Servers.Where(server => server is { IsAlive: true, IsSilent: false })
                .OrderBy(server => new ServerId(server.Id)).Select(server =>
                KeyValuePair.Create(new ServerId(server.Id), new ServerStats(Duration.Zero, new(3), new(100)))),
        ],
    };
}
