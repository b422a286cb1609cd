using System.Globalization;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// While faults last, too, a leader gives votes where they are missed: by what its autopilot knows, whoever is stable and has no
/// zone votes, a zone with a stable server has a healthy voter, and somebody stands in for each lost zone that a stable standby
/// is there for. It has some rounds of actions to do so, in which nobody changes the members or the settings. To try is enough:
/// Raft refuses a vote to a server that has not caught up, healthy as it may be. Upgrades are left to other checkers. Source:
/// docs/AUTOPILOT.md, "Redundancy zones".
/// </summary>
/// <param name="settings">The settings of all times.</param>
/// <param name="contacts">For the state of a leader's autopilot.</param>
internal sealed class VotesGiven(SettingsHistory settings, Contacts contacts) : IChecker
{
    // Of the autopilot of one leader. A world has a round of actions for every fourth of them.
    private const int StatesMax = 10;

    private readonly PerServer<Wait> _waits = new(_ => default);

    /// <inheritdoc/>
    public string Name => "votes-given";

    /// <inheritdoc/>
    public void Raised(int server, in ServerEvent raised)
    {
        if (raised.Kind == ServerEventKind.Autopilot && raised.Text.StartsWith("promoting ", StringComparison.Ordinal))
        {
            _waits[server] = _waits[server] with { States = 0 };
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => _waits[server] = default;

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (observation.Now.Role != RaftRole.Leader || contacts.Look(observation.Server) is not { State: { } state } sight)
        {
            _waits[observation.Server] = default;
            return;
        }

        Wait last = _waits[observation.Server];
        AutopilotConfig? config = settings.AsOf(observation.Now.Commit);
        bool isPending = observation.Now.ConfigurationIndex > observation.Now.Commit;
        bool hasChanged = last.Changed != observation.Now.ConfigurationIndex || last.Config != config || isPending;
        if (config is null || hasChanged)
        {
            _waits[observation.Server] = new(state, observation.Now.ConfigurationIndex, config, 0);
            return;
        }

        if (ReferenceEquals(state, last.State))
        {
            return;
        }

        string due = new Survey(state, config, sight.Wall).WhatIsDue();
        int states = due.Length > 0 ? last.States + 1 : 0;
        if (states > StatesMax)
        {
            throw new ViolationException(Name, string.Create(
                CultureInfo.InvariantCulture,
                $"the autopilot of server {observation.Server}, leader of term {observation.Now.Term}, gave no vote through "
                    + $"{states} states, although {due}"));
        }

        _waits[observation.Server] = last with { State = state, States = states };
    }

    // Since when nothing has changed, in states.
    private readonly record struct Wait(AutopilotState? State, LogIndex Changed, AutopilotConfig? Config, int States);

    // What follows from a state, by what the servers have told of themselves.
    private sealed class Survey(AutopilotState state, AutopilotConfig config, WallTime now)
    {
        private readonly (AutopilotServerState State, TrueServer What)[] _servers =
        [
            .. state.Servers
                .Select(static one => (State: one, What: TrueServer.Of(one.Server)))
                .Where(static one => !one.What.IsReplica),
        ];

        // Who should vote and does not; empty for nobody.
        public string WhatIsDue()
        {
            if (IsUpgrading())
            {
                return "";
            }

            int surplus = 0;
            int spare = 0;
            var lost = new List<string>();
            foreach (IGrouping<string, (AutopilotServerState State, TrueServer What)> zone in
                _servers.GroupBy(one => one.What.ZoneBy(config), StringComparer.Ordinal))
            {
                int voters = zone.Count(static one => one.State is { HasVotingRights: true, Health.Healthy: true });
                AutopilotServerState[] ready = [.. zone.Where(IsReady).Select(static one => one.State)];
                if (ready.Length > 0 && (zone.Key.Length == 0 || voters == 0))
                {
                    return zone.Key.Length == 0
                        ? $"{ready[0].Server.Id} is stable"
                        : $"{ready[0].Server.Id} is stable and zone {zone.Key} has no healthy voter";
                }

                surplus += zone.Key.Length == 0 ? 0 : Math.Max(0, voters - 1);
                spare += ready.Length;
                if (zone.Key.Length > 0 && IsLost([.. zone.Select(static one => one.State)]))
                {
                    lost.Add(zone.Key);
                }
            }

            return lost.Count > surplus && spare > 0 ? $"nobody stands in for zone {lost[^1]}, which is lost" : "";
        }

        private bool IsUpgrading() => !config.DisableUpgradeMigration
            && state.Servers.Where(static one => one.Server.Version.Length > 0)
                .Select(one => TrueServer.Of(one.Server).VersionBy(config).Text)
                .Distinct(StringComparer.Ordinal).Count() > 1;

        private bool IsReady((AutopilotServerState State, TrueServer What) one) => one.What.Version.Length > 0
            && one.State is { State: RaftState.NonVoter, Health.Healthy: true }
            && now - one.State.Health.StableSince > config.ServerStabilizationTime;

        private static bool IsLost(AutopilotServerState[] zone) => Array.TrueForAll(zone, static one => !one.Health.Healthy)
            && (Array.Exists(zone, static one => one.HasVotingRights)
                || Array.TrueForAll(zone, static one => one.Server.NodeStatus != NodeStatus.Alive));
    }
}
