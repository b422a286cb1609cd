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
/// <param name="census">What servers are.</param>
internal sealed class ToleranceKept(SettingsHistory settings, Contacts contacts, Census census) : IChecker
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
            || contacts.Look(observation.Server).State is not { } state)
        {
            return;
        }

        int before = ToleranceOf(observation.Before.Configuration, state);
        int now = ToleranceOf(observation.Now.Configuration, state);
        if (now >= before)
        {
            return;
        }

        // What there will be is worked out as of now: it may be that all dead voters stay.
        Member[] members = [.. MembersOf(observation.Before.Configuration, state)];
        IEnumerable<int> ends = settings.Between(observation.Before.Commit, observation.Now.Commit)
            .Select(config => new Prospect(members, config, subject.Id).Tolerance);
        if (ends.All(end => now < end))
        {
            throw new ViolationException(Name, $"the autopilot of server {observation.Server}, leader of term "
                + $"{observation.Now.Term}, took the vote of {subject.Id}: the cluster could lose {before} servers, now {now}, "
                + $"and {ends.Max()} when all is done");
        }
    }

    private static int ToleranceOf(Configuration configuration, AutopilotState state)
    {
        int healthy = 0;
        foreach (ConfiguredServer server in configuration.Servers)
        {
            bool counts = server.Suffrage == Suffrage.Voter && state.Find(server.Id) is { Health.Healthy: true };
            healthy += counts ? 1 : 0;
        }

        return Math.Max(0, healthy - configuration.Quorum);
    }

    // Of whom the leader has heard nothing yet nothing is known.
    private IEnumerable<Member> MembersOf(Configuration configuration, AutopilotState state)
    {
        foreach (AutopilotServerState one in state.Servers)
        {
            if (configuration.TryFind(one.Server.Id, out ConfiguredServer server))
            {
                TrueServer? what = one.Server.Version.Length > 0 ? census.Find(server.Id) : null;
                yield return new(
                    server.Id,
                    what,
                    server.Suffrage == Suffrage.Voter,
                    one.Health.Healthy,
                    one.Server.NodeStatus == NodeStatus.Alive);
            }
        }
    }

    private sealed record Member(ServerId Id, TrueServer? What, bool Votes, bool IsHealthy, bool IsAlive);

    // Who will vote when a migration is done, if all stay as healthy as they are.
    private sealed class Prospect(Member[] members, AutopilotConfig config, ServerId leaves)
    {
        public int Tolerance
        {
            get
            {
                int healthy = 0;
                int dead = 0;
                int lost = 0;
                int spare = 0;
                foreach (IGrouping<string, Member> zone in Pool.GroupBy(ZoneOf, StringComparer.Ordinal))
                {
                    int able = zone.Count(static member => member.IsHealthy);
                    int silent = zone.Count(static member => member.Votes && !member.IsHealthy);
                    if (zone.Key.Length == 0)
                    {
                        healthy += able;
                        dead += silent;
                        continue;
                    }

                    healthy += Math.Min(able, 1);
                    spare += Math.Max(0, able - 1);
                    bool isLost = able == 0 && (silent > 0 || zone.All(static member => !member.IsAlive));
                    lost += isLost ? 1 : 0;
                    dead += able > 0 ? 0 : zone.Count(member => member.Votes && (member.IsAlive || !config.CleanupDeadServers));
                }

                healthy += Math.Min(lost, spare);
                return Math.Max(0, healthy - ((healthy + dead) / 2) - 1);
            }
        }

        // In an upgrade that takes the votes of older servers the newer ones, else all.
        private IEnumerable<Member> Pool
        {
            get
            {
                IEnumerable<Member> eligible = members.Where(static member => member.What is not { IsReplica: true });
                bool isOld = members.Any(member => member.Id == leaves && !IsTarget(member));
                return config.DisableUpgradeMigration || !isOld ? eligible : eligible.Where(IsTarget);
            }
        }

        private string ZoneOf(Member member) => member.What?.ZoneBy(config) ?? "";

        private bool IsTarget(Member member) => member.What is null || members.All(other => other.What is null
            || UpgradeVersion.Compare(other.What.VersionBy(config), member.What.VersionBy(config)) <= 0);
    }
}
