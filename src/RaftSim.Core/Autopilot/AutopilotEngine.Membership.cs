using System.Globalization;

namespace RaftSim.Autopilot;

// Servers that an application adds and removes by itself. Source: raft-autopilot, AddServer and RemoveServer.
public static partial class AutopilotEngine
{
    /// <summary>
    /// Plans to let a server in: nothing if it is there already; its address is changed if it has moved, and it keeps its
    /// vote; else whoever has its address is removed, voters first, and it is added without a vote. Refused if that would
    /// remove more voters than can be spared from a quorum.
    /// </summary>
    /// <param name="raftServers">The latest Raft configuration, committed or not.</param>
    /// <param name="id">Who comes; must not be none (<see cref="ArgumentException"/>).</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="unread">Why the configuration could not be read: that is the error then; empty if it could.</param>
    public static MembershipPlan PlanAddServer(
        IReadOnlyList<RaftServer> raftServers, ServerId id, ServerAddress address, string unread = "")
    {
        ArgumentNullException.ThrowIfNull(raftServers);
        ArgumentNullException.ThrowIfNull(unread);
        if (id.IsNone)
        {
            throw new ArgumentException("Whoever is to be added must have an id.", nameof(id));
        }

        if (unread.Length > 0 || raftServers.Any(server => server.Id == id && server.Address == address))
        {
            return new() { Error = unread };
        }

        RaftServer[] inTheWay = [.. raftServers.Where(server => server.Id != id && server.Address == address)];
        int voters = VoterCount(raftServers);
        int quorum = Quorum(voters);
        if (VoterCount(inTheWay) > voters - quorum)
        {
            return new()
            {
                Error = string.Create(
                    CultureInfo.InvariantCulture,
                    $"refused: would remove too many voters ({voters} voters, quorum {quorum}, {voters - quorum} removable)"),
            };
        }

        bool keepsVote = raftServers.Any(server => server.Id == id && server.Suffrage != RaftSuffrage.NonVoter);
        return new()
        {
            Changes =
            [
                .. inTheWay.OrderBy(server => server.Suffrage != RaftSuffrage.Voter).Select(server => Removal(server.Id)),
                new(keepsVote ? MembershipChangeKind.AddVoter : MembershipChangeKind.AddNonVoter, id, address),
            ],
            AsksForPrune = true,
        };
    }

    /// <summary>Plans to remove a server: nothing if it is not there. How many are left is the caller's to judge.</summary>
    /// <param name="raftServers">The latest Raft configuration, committed or not.</param>
    /// <param name="id">Who goes.</param>
    /// <param name="unread">Why the configuration could not be read: that is the error then; empty if it could.</param>
    public static MembershipPlan PlanRemoveServer(IReadOnlyList<RaftServer> raftServers, ServerId id, string unread = "")
    {
        ArgumentNullException.ThrowIfNull(raftServers);
        ArgumentNullException.ThrowIfNull(unread);
        bool isThere = unread.Length == 0 && raftServers.Any(server => server.Id == id);
        return new() { Changes = isThere ? [Removal(id)] : [], Error = unread };
    }

    private static MembershipChange Removal(ServerId id) => new(MembershipChangeKind.Remove, id, default);
}
