using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged leaders whose autopilots lose a quorum, or more of what may be lost than they need to.</summary>
public sealed class PolicyActsTests
{
    private static readonly Duration Timeout = Duration.Seconds(5);

    private readonly CommitHistory _history = new();
    private readonly SettingsHistory _settings;
    private readonly Contacts _contacts;
    private readonly Census _census;
    private readonly QuorumKept _quorum;
    private readonly ToleranceKept _tolerance;
    private readonly Forge _leader = new(0);
    private readonly SortedDictionary<int, string> _versions = [];
    private readonly SortedDictionary<int, string> _zones = [];
    private Duration _now = Duration.Seconds(100);
    private AutopilotState? _state;

    public PolicyActsTests()
    {
        _settings = new SettingsHistory(_history, new Shown());
        _contacts = new Contacts(_ => new ServerSight(new(_now.Nanos), new(_now.Nanos), 1, Timeout, _state));
        _census = new Census(number => new TrueServer(number, "1.0", SortedTags.Empty));
        _quorum = new QuorumKept(_contacts, _census);
        _tolerance = new ToleranceKept(_settings, _contacts);
        Observe(_leader.Say(term: 1, role: RaftRole.Leader));
        Observe(_leader.Commit(new InitializeAutopilotCommand(AutopilotConfig.Default) { Id = default, Time = default }));
        _contacts.Leads(0, new(1));
    }

    // Goal: a vote for a server that is neither up nor heard, of whom there are too many already, is seen.
    [Fact]
    public void A_promotion_that_loses_the_quorum_is_seen()
    {
        Meet(1, 2, 3);
        Configure(Members([0, 1, 2], 3));
        Stop(2, 3);
        Pass(Timeout * 2, heard: 1);
        string why = Caught(_quorum, () => Act("promoting", 3, Members([0, 1, 2, 3])));
        Assert.EndsWith("lost the quorum by the Promotion of id3: 2 of 4 voters are there", why, StringComparison.Ordinal);
    }

    // Goal: a demotion of a live server among just enough of them is seen, and that of a dead one is none.
    [Fact]
    public void A_demotion_that_loses_the_quorum_is_seen()
    {
        Meet(1, 2, 3, 4);
        Configure(Members([0, 1, 2, 3, 4]));
        Stop(3, 4);
        Pass(Timeout * 2, heard: 1);
        Act("demoting", 4, Members([0, 1, 2, 3], 4));
        Caught(_quorum, () => Act("demoting", 2, Members([0, 1, 3, 4], 2)));
    }

    // Goal: no false alarm: who was heard lately, or runs although nobody hears it, is there; and what is lost already is not
    // lost again.
    [Fact]
    public void Servers_that_are_there_count()
    {
        Meet(1, 2, 3);
        Configure(Members([0, 1, 2], 3));
        Stop(3);
        Pass(Timeout * 2, heard: 3);
        Act("promoting", 3, Members([0, 1, 2, 3]));
        Configure(Members([0, 1, 2], 3));
        Stop(1, 2);
        Pass(Timeout * 2);
        Act("promoting", 3, Members([0, 1, 2, 3]));
    }

    // Goal: an old voter that goes before the newer ones vote is seen: the cluster can lose one less, and one in the end.
    [Fact]
    public void An_upgrade_that_demotes_too_early_is_seen()
    {
        Meet(1, 2, 3, 4, 5);
        _versions[3] = _versions[4] = _versions[5] = "2.0";
        Configure(Members([0, 1, 2], 3, 4, 5));
        Show([0, 1, 2, 3, 4, 5]);
        string why = Caught(_tolerance, () => Act("demoting", 2, Members([0, 1], 2, 3, 4, 5)));
        Assert.EndsWith("could lose 1 servers, now 0, and 1 when all is done", why, StringComparison.Ordinal);
        Configure(Members([0, 1, 2, 3, 4, 5]));
        Act("demoting", 2, Members([0, 1, 3, 4, 5], 2));
        Act("demoting", 1, Members([0, 3, 4, 5], 1, 2));
    }

    // Goal: no false alarm: with fewer newer servers, or dead ones among them, less can be lost in the end, and so on the way.
    [Fact]
    public void An_upgrade_to_fewer_servers_may_lower_the_tolerance()
    {
        Meet(1, 2, 3, 4);
        _versions[3] = _versions[4] = "2.0";
        Configure(Members([0, 1, 2, 3, 4]));
        Show([0, 1, 2, 3, 4]);
        Act("demoting", 2, Members([0, 1, 3, 4], 2));
        Act("demoting", 1, Members([0, 3, 4], 1, 2));
    }

    // Goal: no false alarm: in an upgrade that waits an old server may leave its zone to another, whatever will be in the end.
    [Fact]
    public void A_second_voter_of_a_zone_may_go_while_an_upgrade_waits()
    {
        Meet(1, 2, 3, 4, 5);
        (_zones[0], _zones[1], _zones[2], _zones[3]) = ("a", "a", "b", "c");
        (_zones[4], _zones[5], _versions[4], _versions[5]) = ("a", "b", "2.0", "2.0");
        Set(AutopilotConfig.Default with { EnableRedundancyZones = true });
        Configure(Members([0, 1, 2, 3], 4, 5));
        Show([0, 1, 2, 3, 4, 5]);
        Act("demoting", 1, Members([0, 2, 3], 1, 4, 5));
    }

    // Goal: the voter that is taken from a zone that has no other is seen; the second of a zone may go.
    [Fact]
    public void A_move_within_zones_that_costs_too_much_is_seen()
    {
        Meet(1, 2, 3);
        (_zones[0], _zones[1], _zones[2], _zones[3]) = ("a", "b", "c", "c");
        Set(AutopilotConfig.Default with { EnableRedundancyZones = true });
        Configure(Members([0, 1, 2, 3]));
        Show([0, 1, 2, 3]);
        Act("demoting", 3, Members([0, 1, 2], 3));
        Configure(Members([0, 1, 2], 3));
        Caught(_tolerance, () => Act("demoting", 1, Members([0, 2], 1, 3)));
    }

    // Goal: no false alarm: who has fallen silent since the last state counts as dead, and a dead voter costs nothing.
    [Fact]
    public void A_silent_voter_may_go()
    {
        Meet(1, 2, 3);
        Configure(Members([0, 1, 2], 3));
        Show([0, 1, 2, 3]);
        Pass(Timeout * 2, 1, 3);
        Act("demoting", 2, Members([0, 1], 2, 3));
    }

    private void Meet(params int[] servers)
    {
        _census.Observe(_leader.Say());
        foreach (int server in servers)
        {
            _census.Observe(new Forge(server).Say(term: 1));
        }
    }

    private void Stop(params int[] servers)
    {
        foreach (int server in servers)
        {
            _census.Stopped(server);
        }
    }

    private void Pass(Duration span, params int[] heard)
    {
        _now += span;
        foreach (int server in heard)
        {
            _contacts.Heard(0, new($"id{server}"), new(1, (ulong)server));
        }
    }

    // The leader's state: these are healthy.
    private void Show(int[] healthy) => _state = new AutopilotState
    {
        Servers =
        [
            .. healthy.Select(server => new AutopilotServerState
            {
                Server = new AutopilotServer
                {
                    Id = new($"id{server}"),
                    Version = _versions.GetValueOrDefault(server, "1.0"),
                    Meta = TagsOf(ServerTraits.ZoneTag, _zones.GetValueOrDefault(server, "none")),
                },
                Health = new(true, new(0)),
            }),
        ],
    };

    private void Act(string verb, int server, Configuration after)
    {
        ServerEvent told = new(ServerEventKind.Autopilot, $"{verb} s{server}: it is time", new($"id{server}"));
        _quorum.Raised(0, told);
        _tolerance.Raised(0, told);
        Configure(after);
    }

    private void Set(AutopilotConfig config) => Observe(_leader.Commit(config, _settings));

    private void Configure(Configuration configuration) => Observe(_leader.Commit(configuration));

    private void Observe(in ServerObservation observation)
    {
        _history.Observe(observation);
        _settings.Observe(observation);
        _census.Observe(observation);
        _quorum.Observe(observation);
        _tolerance.Observe(observation);
    }
}
