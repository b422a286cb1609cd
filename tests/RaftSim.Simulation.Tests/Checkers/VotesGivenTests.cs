using System.Collections.ObjectModel;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using RaftSim.Wire;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged leaders whose autopilots give no vote although one is missed. Source: docs/AUTOPILOT.md.</summary>
public sealed class VotesGivenTests
{
    private const int Enough = 30;

    private static readonly AutopilotConfig Zones = AutopilotConfig.Default with { EnableRedundancyZones = true };

    private readonly CommitHistory _history = new();
    private readonly SettingsHistory _settings;
    private readonly VotesGiven _checker;
    private readonly Forge _leader = new(0);
    private readonly SortedDictionary<int, Part> _parts = [];
    private Duration _now = Duration.Seconds(100);
    private AutopilotState? _state;

    public VotesGivenTests()
    {
        _settings = new SettingsHistory(_history, new Shown());
        _checker = new VotesGiven(
            _settings, new Contacts(_ => new ServerSight(new(_now.Nanos), new(_now.Nanos), 1, Duration.Seconds(5), _state)));
        Observe(_leader.Say(term: 1, role: RaftRole.Leader));
        Observe(_leader.Commit(new InitializeAutopilotCommand(AutopilotConfig.Default) { Id = default, Time = default }));
    }

    // Goal: without zones a stable server that is never given a vote is seen; one that is not stable yet, not heard of, or a
    // replica waits with right.
    [Fact]
    public void A_stable_server_without_a_vote_is_seen()
    {
        Have(0, new Part(Votes: true));
        Have(1, new Part(SinceSeconds: 85));
        Configure(Members([0], 1));
        Assert.Contains("although id1 is stable", Caught(_checker, () => Show(Enough)), StringComparison.Ordinal);

        foreach (Part waiting in new Part[]
        {
            new(SinceSeconds: 105), new(IsHealthy: false), new(Version: ""), new(IsReplica: true),
        })
        {
            Have(1, waiting);
            Configure(Members([0], 1));
            Show(Enough, seconds: 0);
        }
    }

    // Goal: a zone whose voter has failed is seen to have none, while a healthy voter is enough for it, whoever else stands by.
    [Fact]
    public void A_zone_that_is_left_without_a_healthy_voter_is_seen()
    {
        Have(0, new Part(Votes: true, Zone: "a"));
        Have(1, new Part(Votes: true, Zone: "b"));
        Have(2, new Part(Zone: "b"));
        Set(Zones);
        Configure(Members([0, 1], 2));
        Show(Enough);
        Have(1, new Part(Votes: true, IsHealthy: false, Zone: "b"));
        Assert.Contains("zone b has no healthy voter", Caught(_checker, () => Show(Enough)), StringComparison.Ordinal);
    }

    // Goal: a lost zone for which a standby of another zone could stand in is seen; one is enough for it.
    [Fact]
    public void A_lost_zone_that_nobody_stands_in_for_is_seen()
    {
        Have(0, new Part(Votes: true, Zone: "a"));
        Have(1, new Part(Votes: true, IsHealthy: false, Zone: "b"));
        Have(2, new Part(Zone: "a"));
        Set(Zones);
        Configure(Members([0, 1], 2));
        Assert.Contains("nobody stands in for zone b", Caught(_checker, () => Show(Enough)), StringComparison.Ordinal);

        Have(2, new Part(Votes: true, Zone: "a"));
        Have(3, new Part(Zone: "a"));
        Configure(Members([0, 1, 2], 3));
        Show(Enough);
    }

    // Goal: no false alarm: a change of members or of settings gives autopilot its time anew, and so does another leader.
    [Fact]
    public void What_changes_gives_time()
    {
        const int Some = 8;
        Have(0, new Part(Votes: true));
        Have(1, new Part());
        Configure(Members([0], 1));
        Show(Some);
        Configure(Members([0], 1));
        Show(Some);
        Set(AutopilotConfig.Default with { MinQuorum = 3 });
        Show(Some);
        Observe(_leader.Say(term: 2, role: RaftRole.Follower));
        Observe(_leader.Say(term: 3, role: RaftRole.Leader));
        Show(Some);
        Configuration pending = Members([0], 1);
        LogEntry entry = new(
            _leader.Log.LastIndex.Next, new(3), EntryKind.Configuration, WireCodec.Configurations.Encode(pending));
        Observe(_leader.Say(configuration: pending, append: [entry]));
        Show(Enough);
        Observe(_leader.Say(commit: _leader.Log.LastIndex.Value));
        Caught(_checker, () => Show(Enough));
    }

    // Goal: no false alarm: a vote that Raft refuses, because the server has not caught up, is tried again in each round.
    [Fact]
    public void A_vote_that_is_refused_again_and_again_is_no_fault_of_autopilot()
    {
        Have(0, new Part(Votes: true));
        Have(1, new Part());
        Configure(Members([0], 1));
        for (int round = 0; round < Enough; round++)
        {
            Show(4);
            _checker.Raised(0, new ServerEvent(ServerEventKind.Autopilot, "promoting s1: it is time", new("id1")));
        }

        _checker.Raised(0, new ServerEvent(ServerEventKind.Autopilot, "demoting s2: it is time", new("id2")));
        Caught(_checker, () => Show(Enough));
    }

    // Goal: no false alarm: newer servers wait in an upgrade for enough of them; without upgrades they do not.
    [Fact]
    public void An_upgrade_is_left_to_others()
    {
        Have(0, new Part(Votes: true));
        Have(1, new Part(Version: "2.0"));
        Configure(Members([0], 1));
        Show(Enough);
        Set(AutopilotConfig.Default with { DisableUpgradeMigration = true });
        Caught(_checker, () => Show(Enough));
    }

    private void Have(int server, Part part) => _parts[server] = part;

    // So many states of the leader, each computed anew.
    private void Show(int states, int seconds = 1)
    {
        for (int i = 0; i < states; i++)
        {
            _now += Duration.Seconds(seconds);
            _state = new AutopilotState { Servers = [.. _parts.Select(static part => part.Value.Of(part.Key))] };
            Observe(_leader.Say());
        }
    }

    private void Set(AutopilotConfig config) => Observe(_leader.Commit(config, _settings));

    private void Configure(Configuration configuration) => Observe(_leader.Commit(configuration));

    private void Observe(in ServerObservation observation)
    {
        _history.Observe(observation);
        _settings.Observe(observation);
        _checker.Observe(observation);
    }

    private sealed record Part(
        bool Votes = false, bool IsHealthy = true, string Zone = "", string Version = "1.0", bool IsReplica = false,
        int SinceSeconds = 0)
    {
        public AutopilotServerState Of(int server) => new()
        {
            Server = new AutopilotServer
            {
                Id = new($"id{server}"),
                Version = Version,
                Meta = Tags,
                NodeStatus = IsHealthy ? NodeStatus.Alive : NodeStatus.Failed,
            },
            State = (Votes, server) switch { (_, 0) => RaftState.Leader, (true, _) => RaftState.Voter, _ => RaftState.NonVoter },
            Health = new(IsHealthy, new(Duration.Seconds(SinceSeconds).Nanos)),
        };

        private ReadOnlyDictionary<string, string> Tags
        {
            get
            {
                SortedDictionary<string, string> tags = new(StringComparer.Ordinal) { [ServerTraits.ZoneTag] = Zone };
                if (IsReplica)
                {
                    tags[ServerTraits.NonVoterTag] = "1";
                }

                return new(tags);
            }
        }
    }
}
