using RaftSim.Raft;

namespace RaftSim.Simulation.Faults;

/// <summary>
/// Keeps faults within what the protocol promises to survive: the disks that are gone for good, together with servers that
/// the autopilot might be about to remove and removals that operators have asked for, must leave a majority of every
/// configuration that any server knows. It is counted afresh each time, so it shrinks with the configuration.
/// </summary>
/// <param name="world">Whose faults they are.</param>
/// <param name="isReckless">
/// Whether servers may be lost while others seem dead. Nothing committed is lost by that, but the autopilot may then remove one
/// too many for the rest to go on: such a world need not recover.
/// </param>
internal sealed class FaultBudget(SimWorld world, bool isReckless)
{
    // After being silent, a server may still be taken for dead for a while.
    private static readonly Duration _suspicion = Duration.Seconds(5);

    // A removal whose outcome is not known may yet come to pass for as long as its request can be under way.
    private static readonly Duration _removalDoubt = Duration.Seconds(30);

    private readonly List<SimRequest> _removals = [];

    /// <summary>An operator asked for a removal.</summary>
    public void Removing(SimRequest request) => _removals.Add(request);

    /// <summary>Whether the disk of a server may be lost, now or at its next crash.</summary>
    public bool MayLose(int server) => Allows(server, PendingRemovals());

    /// <summary>Whether one more server may be removed now.</summary>
    public bool MayRemove() => Allows(null, PendingRemovals() + 1);

    private bool Allows(int? wiped, int removals)
    {
        // Before anything is committed the first configuration may be known to one server alone. If its disk is emptied, the
        // others may form another cluster, which is right; but a world watches one cluster and would take it for a fork.
        if (world.Committed == LogIndex.Zero)
        {
            return false;
        }

        foreach (SimServer server in world.Servers)
        {
            Configuration configuration = server.Status.Configuration;
            if (configuration.VoterCount == 0)
            {
                continue;
            }

            (int lost, int doubtful) = Count(configuration, wiped);
            int voters = Math.Min(configuration.VoterCount, world.FewestVoters);
            if (2 * lost > voters - doubtful - removals - 1)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Whether every configuration that may be in force has a majority of its disks: if not, nobody can go on, and rightly so.
    /// </summary>
    public bool IsRecoverable()
    {
        LogIndex newest = world.Servers.ToArray().Where(server => server.Status.Commit == world.Committed)
            .Select(server => server.Status.ConfigurationIndex).DefaultIfEmpty().Max();
        foreach (SimServer server in world.Servers)
        {
            if (server.Status.ConfigurationIndex >= newest && !HasMajority(server.Status.Configuration))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasMajority(Configuration configuration)
    {
        int lost = 0;
        foreach (ConfiguredServer member in configuration.Servers)
        {
            bool isThere = OwnerOf(member.Disk) is { Doom: DiskDoom.None, Presence: Presence.Here };
            lost += member.Suffrage == Suffrage.Voter && !isThere ? 1 : 0;
        }

        return configuration.VoterCount == 0 || 2 * lost < configuration.VoterCount;
    }

    private (int Lost, int Doubtful) Count(Configuration configuration, int? wiped)
    {
        int lost = 0;
        int doubtful = 0;
        foreach (ConfiguredServer member in configuration.Servers)
        {
            SimServer? owner = OwnerOf(member.Disk);
            if (owner is { Presence: Presence.Gone } && member.Suffrage == Suffrage.NonVoter)
            {
                // It was taken away when it had lost its vote, and is missed by nobody.
            }
            else if (owner is not { Presence: Presence.Here, Doom: DiskDoom.None } || owner.Number == wiped)
            {
                lost++;
            }
            else if (!isReckless && MaySeemDead(owner))
            {
                doubtful++;
            }
        }

        return (lost, doubtful);
    }

    // Down, silenced or slow, or so a moment ago.
    private bool MaySeemDead(SimServer server) => !server.IsUp
        || world.Network.IsSilenced(server.Number)
        || server.DiskSlowness > 1
        || server.Impairments > 0
        || server.DisturbedAt + _suspicion.Nanos > world.Timeline.Now;

    private SimServer? OwnerOf(DiskId disk)
    {
        foreach (SimServer server in world.Servers)
        {
            if (server.DiskId == disk)
            {
                return server;
            }
        }

        return null;
    }

    private int PendingRemovals()
    {
        int pending = 0;
        foreach (SimRequest removal in _removals)
        {
            bool isOpen = removal.Reply is null or Server.ErrorReply { Kind: Server.ServerErrorKind.OutcomeUnknown };
            pending += isOpen && removal.AskedAt + _removalDoubt > world.Now ? 1 : 0;
        }

        return pending;
    }
}
