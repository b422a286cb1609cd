using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// An upgrade or a move within zones never lowers what the cluster can lose below the smaller of before and after: when a vote is
/// taken, the healthy voters beyond the quorum are no fewer than there were, or than there will be when all is done. Source:
/// docs/AUTOPILOT.md, "Upgrade migration". Only servers with tags are judged: others may be restarted with another version at
/// any moment, and then it is not known which one the leader went by.
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
            || contacts.Look(observation.Server).State is not { } state
            || state.Servers.All(static server => server.Server.Meta.Count == 0))
        {
            return;
        }

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
                one is { Server: { Version.Length: > 0 } told } ? new TrueServer(0, told.Version, told.Meta) : null,
                server.Suffrage == Suffrage.Voter,
                isAlive && one is { Health.Healthy: true },
                isAlive,
                one is null ? Duration.Zero : contacts.Look(observation.Server).Wall - one.Health.StableSince);
        }
    }

    private sealed record Member(
        ServerId Id, TrueServer? What, bool Votes, bool IsHealthy, bool IsAlive, Duration For)
    {
        public bool IsDeadVoter => Votes && !IsHealthy;
    }

    // Who will vote when a migration is done, if all stay as healthy as they are. The policy does not wait for servers that are
    // healthy, but not for long enough to be given a vote: they count for nothing here.
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
                    return Of(eligible);
                }

                int within = Of(eligible.Where(member => member.Votes || !targets.Contains(member)));
                return targets.Any(member => member.Id == leaves) ? within : Math.Min(within, Of(targets));
            }
        }

        private int Of(IEnumerable<Member> pool)
        {
            int healthy = 0;
            int staying = 0;
            int lost = 0;
            int spare = 0;
            foreach (IGrouping<string, Member> zone in pool.GroupBy(ZoneOf, StringComparer.Ordinal))
            {
                int able = zone.Count(member => member.IsHealthy
                    && (member.Votes || member.For >= config.ServerStabilizationTime));
                int silent = zone.Count(static member => member.IsDeadVoter);
                if (zone.Key.Length == 0)
                {
                    healthy += able;
                    staying += silent;
                    continue;
                }

                healthy += Math.Min(able, 1);
                spare += Math.Max(0, able - 1);
                bool isHealthy = zone.Any(static member => member.IsHealthy);
                lost += !isHealthy && (silent > 0 || zone.All(static member => !member.IsAlive)) ? 1 : 0;
                staying += able > 0
                    ? 0
                    : zone.Count(member => member.IsDeadVoter
                        && (isHealthy || member.IsAlive || !config.CleanupDeadServers));
            }

            healthy += Math.Min(lost, spare);
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
