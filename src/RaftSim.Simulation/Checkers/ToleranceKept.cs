using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// An upgrade or a move within zones never lowers what the cluster can lose below the smaller of before and after: when a vote is
/// taken, the healthy voters beyond the quorum are no fewer than there were, or than there will be when all is done. Source:
/// docs/AUTOPILOT.md, "Upgrade migration".
/// </summary>
/// <param name="settings">The settings of all times.</param>
/// <param name="contacts">For the state of a leader's autopilot.</param>
internal sealed class ToleranceKept(SettingsHistory settings, Contacts contacts) : IChecker
{
    private readonly AutopilotActs _acts = new(contacts);

    /// <inheritdoc/>
    public string Name => "tolerance-kept";

    /// <inheritdoc/>
    public void Raised(int server, in ServerEvent raised) => _acts.Raised(server, raised);

    /// <inheritdoc/>
    public void Stopped(int server) => _acts.Stopped(server);

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        if (_acts.Take(observation, out ConfiguredServer subject) != AutopilotAct.Demotion
            || contacts.StateOf(observation.Server) is not { } state)
        {
            return;
        }

        Require(observation, subject, state);
    }

    private void Require(in ServerObservation observation, ConfiguredServer subject, AutopilotState state)
    {
        Member[] members = [.. MembersOf(observation, state)];
        int before = ToleranceOf(observation.Before.Configuration, members);
        int now = ToleranceOf(observation.Now.Configuration, members);
        if (now >= before)
        {
            return;
        }

        IEnumerable<int> ends = settings.Between(observation.Before.Commit, observation.Now.Commit)
            .Select(config => new Prospect(members, config, subject.Id).Tolerance);
        if (ends.All(end => now < end))
        {
            throw new ViolationException(Name, $"the autopilot of server {observation.Server}, leader of term "
                + $"{observation.Now.Term}, took the vote of {subject.Id}: the cluster could lose {before} servers, now {now}, "
                + $"and {ends.Max()} when all is done");
        }
    }

    private static int ToleranceOf(Configuration configuration, Member[] members) => Math.Max(
        0, members.Count(member => member.IsHealthy && configuration.IsVoter(member.Id)) - configuration.Quorum);

    // What they are is what the leader has heard: one that is just restarted with a newer version is of the older one. Of whom
    // nothing was heard nothing is known. Who has fallen silent since the last state is not healthy.
    private IEnumerable<Member> MembersOf(ServerObservation observation, AutopilotState state)
    {
        foreach (ConfiguredServer server in observation.Before.Configuration.Servers.ToArray())
        {
            AutopilotServerState? one = state.Find(server.Id);
            bool isAlive = contacts.IsAlive(observation.Server, observation.Now.Self, server);
            yield return new(
                server.Id,
                one is { Server: { Version.Length: > 0 } told } ? TrueServer.Of(told) : null,
                server.Suffrage == Suffrage.Voter,
                isAlive && one is { Health.Healthy: true },
                isAlive);
        }
    }

    private sealed record Member(ServerId Id, TrueServer? What, bool Votes, bool IsHealthy, bool IsAlive)
    {
        public bool IsDeadVoter => Votes && !IsHealthy;
    }

    // Who will vote when a migration is done, if all stay as healthy as they are.
    private sealed class Prospect(Member[] members, AutopilotConfig config, ServerId leaves)
    {
        // Of two ends the worse one: whether an older server leaves its zone or makes way for newer ones is not told.
        public int Tolerance
        {
            get
            {
                Member[] eligible = [.. members.Where(static member => member.What is not { IsReplica: true })];
                Member[] targets = [.. eligible.Where(IsTarget)];
                bool isMigrating = !config.DisableUpgradeMigration && targets.Length < eligible.Length;
                if (!isMigrating)
                {
                    return Of(eligible, 0);
                }

                int within = Of(eligible.Where(member => member.Votes || !targets.Contains(member)), 0);
                int outside = eligible.Select(ZoneOf).Except(targets.Select(ZoneOf), StringComparer.Ordinal)
                    .Count(static zone => zone.Length > 0);
                bool isTarget = targets.Any(member => member.Id == leaves);
                bool isMixed = eligible.Any(member => member.Votes && !targets.Contains(member));
                return isTarget && isMixed ? within : Math.Min(within, Of(targets, outside));
            }
        }

        // Zones outside the pool are served by who stands in for them already.
        private int Of(IEnumerable<Member> pool, int outside)
        {
            int healthy = 0;
            int surplus = 0;
            int staying = 0;
            int lost = 0;
            int spare = 0;
            foreach (IGrouping<string, Member> zone in pool.GroupBy(ZoneOf, StringComparer.Ordinal))
            {
                int able = zone.Count(static member => member.IsHealthy);
                int silent = zone.Count(static member => member.IsDeadVoter);
                if (zone.Key.Length == 0)
                {
                    healthy += able;
                    staying += silent;
                    continue;
                }

                healthy += Math.Min(able, 1);
                surplus += Math.Max(0, zone.Count(static member => member.IsHealthy && member.Votes) - 1);
                spare += Math.Max(0, able - 1);
                lost += able == 0 && (silent > 0 || zone.All(static member => !member.IsAlive)) ? 1 : 0;
                staying += able > 0
                    ? 0
                    : zone.Count(member => member.IsDeadVoter && (member.IsAlive || !config.CleanupDeadServers));
            }

            healthy += Math.Min(lost, spare) + Math.Min(outside, Math.Max(0, surplus - lost));
            int voters = healthy + staying + Kept(members.Count(static member => member.IsDeadVoter) - staying);
            return Math.Max(0, healthy - (voters / 2) - 1);
        }

        // Of the dead that are to lose their votes those that MinQuorum protects.
        private int Kept(int dead)
        {
            int spare = members.Count(static member => member.Votes) - (int)Math.Min(config.MinQuorum, int.MaxValue);
            return dead - Math.Clamp(spare, 0, dead);
        }

        private string ZoneOf(Member member) => member.What?.ZoneBy(config) ?? "";

        private bool IsTarget(Member member) => member.What is null || members.All(other => other.What is null
            || UpgradeVersion.Compare(other.What.VersionBy(config), member.What.VersionBy(config)) <= 0);
    }
}
