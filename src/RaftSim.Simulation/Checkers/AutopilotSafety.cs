using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What autopilot does to a configuration is within its rules, at the moment in which its leader does it: it removes only
/// who was silent for as long as the failure timeout, only while the clean-up is on, never itself, leaves MinQuorum voters and
/// a majority of them alive; it promotes only who is no replica and was healthy for as long as the settings ask; it takes a
/// vote only from a replica, in a zone or for an upgrade, never its own, and leaves a majority alive. Source:
/// docs/AUTOPILOT.md, decision 4.
/// </summary>
/// <param name="settings">The settings of all times.</param>
/// <param name="contacts">Who has heard from whom.</param>
/// <param name="health">Who was healthy, and since when.</param>
/// <param name="census">What servers are.</param>
/// <param name="isUpgraded">Whether servers have run several versions.</param>
internal sealed class AutopilotSafety(
    SettingsHistory settings, Contacts contacts, HealthTruth health, Census census, Func<bool> isUpgraded) : IChecker
{
    private readonly AutopilotActs _acts = new(contacts);

    /// <inheritdoc/>
    public string Name => "autopilot-safety";

    /// <inheritdoc/>
    public void Raised(int server, in ServerEvent raised) => _acts.Raised(server, raised);

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        switch (_acts.Take(observation, out ConfiguredServer subject))
        {
            case AutopilotAct.Removal:
                JudgeRemoval(observation, subject);
                break;
            case AutopilotAct.Promotion:
                JudgePromotion(observation, subject.Id);
                break;
            case AutopilotAct.Demotion:
                JudgeDemotion(observation, subject.Id);
                break;
        }
    }

    /// <inheritdoc/>
    public void Stopped(int server) => _acts.Stopped(server);

    private void JudgeRemoval(in ServerObservation observation, in ConfiguredServer removed)
    {
        ServerId self = observation.Now.Self;
        if (contacts.IsAlive(observation.Server, self, removed))
        {
            throw Wrong(observation, $"removed {removed.Id}, which {(removed.Id == self ? "leads" : "was heard")}");
        }

        Configuration left = observation.Now.Configuration;
        bool isVoter = removed.Suffrage == Suffrage.Voter;
        if (!SettingsAt(observation).Any(config => config.CleanupDeadServers
            && (!isVoter || (ulong)left.VoterCount >= config.MinQuorum)))
        {
            throw Wrong(observation, $"removed {removed.Id}, which the settings that it knew do not allow: "
                + $"{left.VoterCount} voters are left");
        }

        string zone = ZoneGivenUp(observation, removed.Id);
        if (zone.Length > 0)
        {
            throw Wrong(observation, $"removed {removed.Id}, the last server of zone {zone}");
        }

        int alive = AliveVoters(observation);

        // Fewer than half of the voters go in a round: of two none.
        if (isVoter && (left.VoterCount < 2 || alive < left.Quorum))
        {
            throw Wrong(observation, $"removed {removed.Id}, and of the {left.VoterCount} voters left only {alive} were alive");
        }
    }

    // The zone of which nobody is left in the configuration by what the leader has heard; empty when somebody is, or may be.
    private string ZoneGivenUp(in ServerObservation observation, ServerId removed)
    {
        AutopilotState? state = contacts.Look(observation.Server).State;
        AutopilotConfig[] known = [.. SettingsAt(observation)];
        if (state?.Find(removed) is not { } gone || ServerTraits.IsReadReplica(gone.Server)
            || known.Length == 0 || Array.Exists(known, static config => !config.EnableRedundancyZones))
        {
            return "";
        }

        string zone = ServerTraits.ZoneOf(gone.Server, known[0]);
        foreach (ConfiguredServer server in observation.Now.Configuration.Servers)
        {
            if (state.Find(server.Id) is not { Server.Version.Length: > 0 } other
                || (!ServerTraits.IsReadReplica(other.Server)
                    && string.Equals(ServerTraits.ZoneOf(other.Server, known[0]), zone, StringComparison.Ordinal)))
            {
                return "";
            }
        }

        return zone;
    }

    private void JudgeDemotion(in ServerObservation observation, ServerId demoted)
    {
        if (demoted == observation.Now.Self)
        {
            throw Wrong(observation, "took its own vote");
        }

        TrueServer? what = census.Find(demoted);
        bool isWanted = what is { IsReplica: true } || SettingsAt(observation).Any(config =>
            (isUpgraded() && !config.DisableUpgradeMigration) || what?.ZoneBy(config).Length > 0);
        if (!isWanted)
        {
            throw Wrong(observation, $"took the vote of {demoted}, which is no replica and in no zone, and nothing is being "
                + "upgraded");
        }

        int alive = AliveVoters(observation);
        if (alive < observation.Now.Configuration.Quorum)
        {
            throw Wrong(observation, $"took the vote of {demoted}, and of the {observation.Now.Configuration.VoterCount} "
                + $"voters left only {alive} were alive");
        }
    }

    private int AliveVoters(in ServerObservation observation)
    {
        int alive = 0;
        foreach (ConfiguredServer server in observation.Now.Configuration.Servers)
        {
            bool isVoter = server.Suffrage == Suffrage.Voter;
            alive += isVoter && contacts.IsAlive(observation.Server, observation.Now.Self, server) ? 1 : 0;
        }

        return alive;
    }

    private void JudgePromotion(in ServerObservation observation, ServerId promoted)
    {
        if (census.Find(promoted) is { IsReplica: true })
        {
            throw Wrong(observation, $"promoted {promoted}, which is a read replica");
        }

        MonoTime now = contacts.Look(observation.Server).Now;
        AutopilotState? state = contacts.Look(observation.Server).State;
        MonoTime? since = health.HealthySince(observation.Server, promoted);

        // Until it has run for longer than that itself, autopilot lets nobody wait. Then a server that answers again in the
        // very step in which it is promoted may not have been shown as healthy yet.
        int leader = observation.Server;
        bool isAllowed = SettingsAt(observation).Any(config => since is { } healthy
            ? IsYoung(leader, now, config) || now - healthy >= config.ServerStabilizationTime
            : state?.Find(promoted) is { Stats: var stats } && IsYoung(leader, now, config)
                && stats.LastContact >= Duration.Zero && stats.LastContact <= config.LastContactThreshold);
        if (!isAllowed)
        {
            throw Wrong(observation, $"promoted {promoted}, which was "
                + (since is { } time ? $"healthy for {now - time} only" : "not healthy"));
        }
    }

    private bool IsYoung(int leader, MonoTime now, AutopilotConfig config) =>
        health.FirstState(leader) is { } first && now - first <= config.ServerStabilizationTime;

    private IEnumerable<AutopilotConfig> SettingsAt(in ServerObservation observation) =>
        settings.Between(observation.Before.Commit, observation.Now.Commit);

    private ViolationException Wrong(in ServerObservation observation, string what) =>
        new(Name, $"the autopilot of server {observation.Server}, leader of term {observation.Now.Term}, {what}");
}
