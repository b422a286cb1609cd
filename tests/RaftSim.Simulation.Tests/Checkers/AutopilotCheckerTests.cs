using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;
using static RaftSim.Simulation.Tests.Checkers.Forge;

namespace RaftSim.Simulation.Tests.Checkers;

/// <summary>Forged leaders with autopilots that break the rules. Source: docs/AUTOPILOT.md, decision 4.</summary>
public sealed class AutopilotCheckerTests
{
    private static readonly Duration Timeout = Duration.Seconds(5);
    private static readonly AutopilotConfig Config = AutopilotConfig.Default;

    private readonly CommitHistory _history = new();
    private readonly SettingsHistory _settings;
    private readonly Contacts _contacts;
    private readonly HealthTruth _health;
    private readonly AutopilotSafety _safety;
    private readonly Census _census;
    private IReadOnlyDictionary<string, string> _tags = SortedTags.Empty;
    private readonly Forge _leader = new(0);
    private Duration _now = Duration.Seconds(100);
    private AutopilotState? _state;
    private bool _isUpgraded;
    private bool _isHealthJudged = true;

    public AutopilotCheckerTests()
    {
        _settings = new SettingsHistory(_history, new Shown());
        _contacts = new Contacts(_ => new ServerSight(new(_now.Nanos), new(_now.Nanos), 1, Timeout, _state));
        _health = new HealthTruth(_settings, _contacts);
        _census = new Census(number => new TrueServer(number, "0.1.0", _tags));
        _safety = new AutopilotSafety(_settings, _contacts, _health, _census, () => _isUpgraded);
        Lead(Config);
    }

    // Goal: no false alarm: who was silent for long enough goes, as long as the others were heard.
    [Fact]
    public void A_removal_within_the_rules_passes()
    {
        Configure(Members([0, 1, 2]));
        Pass(Timeout * 2, heard: [1]);
        Remove(2, Members([0, 1]));
    }

    // Goal: a server that was heard within the failure timeout is not dead, and everybody has the time to be heard at first.
    [Fact]
    public void A_removal_of_a_live_server_is_seen()
    {
        Configure(Members([0, 1, 2]));
        Pass(Timeout, heard: [1]);
        Assert.Contains("was heard", Caught(_safety, () => Remove(2, Members([0, 1]))), StringComparison.Ordinal);
        Pass(Timeout * 2, heard: [1, 2]);
        Assert.Contains("was heard", Caught(_safety, () => Remove(2, Members([0, 1]))), StringComparison.Ordinal);
    }

    // Goal: a leader never removes itself.
    [Fact]
    public void A_leader_that_removes_itself_is_seen()
    {
        Configure(Members([0, 1, 2]));
        Pass(Timeout * 2, heard: [1, 2]);
        Assert.Contains("leads", Caught(_safety, () => Remove(0, Members([1, 2]))), StringComparison.Ordinal);
    }

    // Goal: nobody goes while the clean-up is off, or when fewer than MinQuorum voters would be left.
    [Fact]
    public void A_removal_that_the_settings_forbid_is_seen()
    {
        Configure(Members([0, 1, 2]));
        Set(Config with { CleanupDeadServers = false });
        Pass(Timeout * 2, heard: [1]);
        Caught(_safety, () => Remove(2, Members([0, 1])));
        Set(Config with { MinQuorum = 3 });
        Caught(_safety, () => Remove(2, Members([0, 1])));
    }

    // Goal: what is left is more than the leader alone, and a majority of it is alive.
    [Fact]
    public void A_removal_that_leaves_no_live_majority_is_seen()
    {
        Configure(Members([0, 1, 2, 3, 4]));
        Pass(Timeout * 2, heard: [1]);
        Assert.Contains(
            "of the 4 voters left only 2", Caught(_safety, () => Remove(4, Members([0, 1, 2, 3]))), StringComparison.Ordinal);
        Configure(Members([0, 1]));
        Pass(Timeout * 2);
        Caught(_safety, () => Remove(1, Members([0])));
    }

    // Goal: the last server of a zone stays, dead as it is, while zones count: with it the zone would be forgotten. Another one
    // of its zone, or one of which nothing was heard, lets it go.
    [Fact]
    public void A_removal_of_the_last_of_a_zone_is_seen()
    {
        Configure(Members([0, 1], 2));
        AutopilotState told = Told(StateOf(2), "a", "b", "c");
        _isHealthJudged = false;
        Set(Config with { EnableRedundancyZones = true });
        Pass(Timeout * 2, heard: [1]);
        _state = told;
        Assert.Contains("the last server of zone c", Caught(_safety, () => Remove(2, Members([0, 1]))), StringComparison.Ordinal);
        _state = Told(told, "a", "c", "c");
        Remove(2, Members([0, 1]));
        _state = Told(told, "a", "", "c");
        Remove(2, Members([0, 1]));
        _state = told;
        Set(Config);
        Remove(2, Members([0, 1]));
    }

    // Goal: a non-voter that was not healthy for as long as the settings ask gets no vote, once autopilot has run for longer.
    [Fact]
    public void A_promotion_before_its_time_is_seen()
    {
        Configure(Members([0, 1], 2));
        Compute(StateOf(2, behind: 300));
        Pass(Duration.Seconds(6), heard: [1, 2]);
        Compute(StateOf(2));
        Pass(Duration.Seconds(6), heard: [1, 2]);
        Assert.Contains("healthy for 6s only", Caught(_safety, () => Promote(2)), StringComparison.Ordinal);
        Configure(Members([0, 1], 2));
        Pass(Duration.Seconds(4), heard: [1, 2]);
        Promote(2);
    }

    // Goal: no false alarm: an autopilot that has just begun lets nobody wait who is healthy.
    [Fact]
    public void A_young_autopilot_promotes_at_once()
    {
        Configure(Members([0, 1], 2));
        Compute(StateOf(2));
        Promote(2);
        Configure(Members([0, 1], 2));
        Compute(StateOf(2, behind: 300));
        _contacts.Heard(0, new("id1"), new(1, 1));
        Pass(Duration.Seconds(20), heard: [1, 2]);
        Caught(_safety, () => Promote(2));
    }

    // Goal: a vote that is taken while nothing is upgraded is seen, from whoever is in no zone and no replica.
    [Fact]
    public void A_demotion_without_a_cause_is_seen()
    {
        Configure(Members([0, 1, 2]));
        Caught(_safety, () => Act("demoting", 2, Members([0, 1], 2)));
        _tags = TagsOf(ServerTraits.ZoneTag, "z1");
        Meet(2);
        Caught(_safety, () => Act("demoting", 2, Members([0, 1], 2)));
        Set(Config with { EnableRedundancyZones = true });
        Act("demoting", 2, Members([0, 1], 2));
        Set(Config);
        _tags = TagsOf(ServerTraits.NonVoterTag, "1");
        Act("demoting", 2, Members([0, 1], 2));
    }

    // Goal: a read replica that is given a vote is seen, however healthy it is.
    [Fact]
    public void A_promotion_of_a_replica_is_seen()
    {
        Configure(Members([0, 1], 2));
        Compute(StateOf(2));
        Promote(2);
        _tags = TagsOf(ServerTraits.NonVoterTag, "1");
        Meet(2);
        Configure(Members([0, 1], 2));
        Assert.Contains("is a read replica", Caught(_safety, () => Promote(2)), StringComparison.Ordinal);
    }

    // Goal: in an upgrade a vote may be taken, but not the leader's own, and not so that no majority is alive.
    [Fact]
    public void A_demotion_in_an_upgrade_leaves_a_majority_and_the_leader()
    {
        _isUpgraded = true;
        Configure(Members([0, 1, 2]));
        Act("demoting", 2, Members([0, 1], 2));
        Configure(Members([0, 1, 2]));
        Caught(_safety, () => Act("demoting", 0, Members([1, 2], 0)));
        Configure(Members([0, 1, 2]));
        Pass(Timeout * 2, heard: [2]);
        Caught(_safety, () => Act("demoting", 2, Members([0, 1], 2)));
    }

    // Goal: a state that says what it should passes; each thing in it that is not so is seen.
    [Fact]
    public void A_state_that_is_not_so_is_seen()
    {
        Configure(Members([0, 1], 2));
        AutopilotState good = StateOf(2);
        Wrong(good with { Healthy = false });
        Wrong(good with { FailureTolerance = 1 });
        Wrong(good with { Voters = [new("id1"), new("id0")] });
        Wrong(good with { Leader = new("id1") });
        Wrong(good with { Servers = [.. good.Servers.Take(2)] });
        Wrong(With(good, one => one with { Health = new(true, new(_now.Nanos + 1)) }));
        Wrong(With(good, one => one with { Health = new(false, new(_now.Nanos)) }) with { Healthy = false });
        Wrong(With(good, one => one with { Stats = one.Stats with { LastIndex = new(1) } }));
        Wrong(With(good, one => one with { Stats = one.Stats with { LastContact = Duration.Milliseconds(7) } }));
        Wrong(With(good, one => one with { State = RaftState.Voter }));
        Wrong(With(good, one => one with { Server = one.Server with { NodeStatus = NodeStatus.Failed } }));
        Wrong(With(good, one => one with { Server = one.Server with { Address = new("elsewhere:1") } }));
        Compute(good);
    }

    // Goal: the clock of health starts again when health changes, and only then.
    [Fact]
    public void A_clock_of_health_that_starts_again_for_nothing_is_seen()
    {
        Configure(Members([0, 1], 2));
        AutopilotState first = StateOf(2);
        Compute(first);
        Pass(Duration.Seconds(1), heard: [1, 2]);
        Wrong(With(first, one => one with { Health = new(true, new(_now.Nanos)) }));
        _state = first;
        Compute(StateOf(2));
    }

    // Goal: no false alarm: a server that is removed in the very step of a state, the leader's first or a later one, behind it,
    // and comes back is first seen then.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_that_leaves_right_behind_a_state_is_first_seen_when_it_is_back(bool isFirst)
    {
        Configure(Members([0, 1], 2));
        if (!isFirst)
        {
            Compute(StateOf(2));
        }

        Pass(Duration.Seconds(1), heard: [1, 2]);
        _state = StateOf(2);
        Configure(Members([0, 1]));
        Configure(Members([0, 1], 2));
        Pass(Duration.Seconds(1), heard: [1, 2]);
        Compute(With(StateOf(2), one => one with { Health = new(true, new(_now.Nanos)) }));
    }

    // Goal: a report of a server's time under an earlier leader does not pass for one of now.
    [Fact]
    public void A_report_from_before_this_leader_is_seen()
    {
        Configure(Members([0, 1], 2));
        AutopilotState state = StateOf(2);
        Observe(_leader.Say(role: RaftRole.Follower));
        Observe(_leader.Say(term: 2, role: RaftRole.Leader));
        Assert.Contains("has not reported", Caught(_health, () => Compute(state)), StringComparison.Ordinal);
    }

    // Goal: callers are told a state that a leader had between question and answer.
    [Fact]
    public void An_answer_with_an_old_state_is_seen()
    {
        Configure(Members([0, 1], 2));
        AutopilotState first = StateOf(2);
        GetAutopilotHealthRequest early = Ask();
        Compute(first);
        Pass(Duration.Seconds(1), heard: [1, 2]);
        Compute(StateOf(2, behind: 300));
        GetAutopilotHealthRequest late = Ask();
        Answer(early, first);
        Assert.Contains("no leader had it", Caught(_health, () => Answer(late, first)), StringComparison.Ordinal);
    }

    private void Meet(int server) => _census.Observe(new Forge(server).Say(term: 1));

    private void Wrong(AutopilotState state) => Caught(_health, () => Compute(state));

    private static AutopilotState With(AutopilotState state, Func<AutopilotServerState, AutopilotServerState> change) =>
        state with { Servers = [.. state.Servers.Take(2), change(state.Servers[2])] };

    // Servers 0 and 1 vote and are healthy; the given one does not vote, and may be behind. All report at this moment.
    private AutopilotState StateOf(int nonVoter, ulong behind = 0)
    {
        ServerStats end = new(Duration.Zero, _leader.Log.TermAt(_leader.Log.LastIndex), _leader.Log.LastIndex);
        ServerStats far = end with { LastIndex = new(end.LastIndex.Value + 1_000) };
        ServerStats own = behind == 0 ? end with { LastContact = Duration.Milliseconds(3) } : far with { LastTerm = new(9) };
        WallTime now = new(_now.Nanos);
        _health.Reported(new("id1"), end);
        _health.Reported(new($"id{nonVoter}"), own);
        return new AutopilotState
        {
            FirstStateTime = _state?.FirstStateTime ?? now,
            Healthy = behind == 0,
            FailureTolerance = 0,
            Leader = new("id0"),
            Voters = [new("id0"), new("id1")],
            Servers =
            [
                One(0, RaftState.Leader, end, true), One(1, RaftState.Voter, end, true),
                One(nonVoter, RaftState.NonVoter, own, behind == 0),
            ],
        };

        AutopilotServerState One(int number, RaftState state, ServerStats stats, bool isHealthy) => new()
        {
            Server = new AutopilotServer
            {
                Id = new($"id{number}"), Address = new($"s{number}:1"), NodeStatus = NodeStatus.Alive,
            },
            State = state,
            Stats = stats,
            Health = new(isHealthy, _state?.Servers.FirstOrDefault(one => one.Server.Id.Value == $"id{number}") is { } old
                && old.Health.Healthy == isHealthy ? old.Health.StableSince : now),
        };
    }

    // Each has told its zone; of whom it is empty nothing was heard.
    private static AutopilotState Told(AutopilotState state, params string[] zones) => state with
    {
        Servers =
        [
            .. state.Servers.Zip(zones, static (one, zone) => one with
            {
                Server = one.Server with { Version = zone.Length > 0 ? "1.0" : "", Meta = TagsOf(ServerTraits.ZoneTag, zone) },
            }),
        ],
    };

    private void Compute(AutopilotState state)
    {
        _state = state;
        _health.Look(0, _leader.Say().Now, _leader.Log);
    }

    private void Pass(Duration span, params int[] heard)
    {
        _now += span;
        foreach (int server in heard)
        {
            _contacts.Heard(0, new($"id{server}"), new(1, (ulong)server));
        }
    }

    private void Remove(int server, Configuration left) => Act("removing failed server", server, left);

    private void Promote(int server) => Act("promoting", server, Members([0, 1, server]));

    private void Act(string verb, int server, Configuration after)
    {
        _safety.Raised(0, new ServerEvent(ServerEventKind.Autopilot, $"{verb} s{server}: it is time", new($"id{server}")));
        Configuration before = _leader.Say().Now.Configuration;
        try
        {
            Configure(after);
        }
        finally
        {
            Configure(before);
        }
    }

    private GetAutopilotHealthRequest Ask()
    {
        GetAutopilotHealthRequest request = new();
        _health.Requested(0, request);
        return request;
    }

    private void Answer(ServerRequest request, AutopilotState state)
    {
        _health.Replied(new(0, request, new AutopilotHealthReply(state)));
        _health.Look(0, _leader.Say().Now, _leader.Log);
    }

    private void Lead(AutopilotConfig config)
    {
        Observe(_leader.Say(term: 1, role: RaftRole.Leader));
        Observe(_leader.Commit(new InitializeAutopilotCommand(config) { Id = default, Time = default }));
    }

    private void Set(AutopilotConfig config) => Observe(_leader.Commit(config, _settings));

    private void Configure(Configuration configuration) => Observe(_leader.Commit(configuration));

    private void Observe(in ServerObservation observation)
    {
        _history.Observe(observation);
        _settings.Observe(observation);
        if (_isHealthJudged)
        {
            _health.Observe(observation);
        }

        _safety.Observe(observation);
    }
}
