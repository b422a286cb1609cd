using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Who has a vote and hears no leader asks for an election: in its first step behind two election timeouts of its own clock, at
/// the latest (dissertation §3.4). Who has one goes by its latest configuration, or, while a change is not known to be
/// committed, by the one before (§4.2.2; docs/RAFT.md, "Where we depart"). Somebody else may get the cluster going all the
/// same, which makes it hard to see by a cluster that stands still.
/// </summary>
/// <param name="clock">A server's clock, by its number.</param>
/// <param name="timeoutOf">A server's election timeout.</param>
public sealed class ElectionsBegin(Func<int, MonoTime> clock, Func<int, Duration> timeoutOf) : IChecker
{
    private readonly PerServer<Follower> _followers = new(_ => new Follower());

    /// <inheritdoc/>
    public string Name => "elections-begin";

    /// <inheritdoc/>
    public void Stopped(int server) => _followers[server].Incarnation = 0;

    /// <inheritdoc/>
    public void Received(int server, in Envelope envelope)
    {
        Follower follower = _followers[server];
        if (follower.Incarnation == 0)
        {
            return;
        }

        MonoTime at = clock(server);
        RequireBegun(server, follower, at);
        follower.SteppedAt = at;

        // Whether it heeds a leader, or gives its vote, is not looked at: who is asked waits anew.
        bool isCall = envelope.Message.Kind == ServerMessageKind.Raft && envelope.Message.Raft.Kind is RaftMessageKind.Append
            or RaftMessageKind.Heartbeat or RaftMessageKind.Snapshot or RaftMessageKind.Vote or RaftMessageKind.TimeoutNow;
        follower.QuietSince = isCall ? at : follower.QuietSince;
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        Follower follower = _followers[observation.Server];
        MonoTime at = clock(observation.Server);
        ref readonly RaftStatus now = ref observation.Now;
        RaftStatus before = follower.Status;
        if (follower.Incarnation == observation.Incarnation)
        {
            RequireBegun(observation.Server, follower, at);
            bool isSame = (now.Role, now.Term, now.Vote, now.Leader, now.ConfigurationIndex)
                == (before.Role, before.Term, before.Vote, before.Leader, before.ConfigurationIndex);
            follower.QuietSince = isSame ? follower.QuietSince : at;
            if (now.ConfigurationIndex != before.ConfigurationIndex)
            {
                follower.Previous = IsNext(observation.Log, before, now) ? before.Configuration : null;
            }
        }
        else
        {
            (follower.Incarnation, follower.QuietSince, follower.Previous) = (observation.Incarnation, at, null);
        }

        (follower.Status, follower.SteppedAt) = (now, at);
    }

    // Of a configuration in between, which came in the same step, nothing is known here.
    private static bool IsNext(ReplicaLog log, in RaftStatus before, in RaftStatus now)
    {
        LogIndex index = before.ConfigurationIndex.Next;
        while (index < now.ConfigurationIndex && log.EntryAt(index).Kind != EntryKind.Configuration)
        {
            index = index.Next;
        }

        return index == now.ConfigurationIndex;
    }

    // The last step is over when time has passed, and then it stands as it was last seen.
    private void RequireBegun(int server, Follower follower, MonoTime at)
    {
        Duration most = timeoutOf(server) * 2;
        bool isLate = at > follower.SteppedAt && follower.SteppedAt >= follower.QuietSince + most;
        if (isLate && follower.Status.Role == RaftRole.Follower && follower.MayCampaign)
        {
            throw new ViolationException(Name, $"server {server} has heard no leader for "
                + $"{follower.SteppedAt - follower.QuietSince} by its clock, and has a vote in term {follower.Status.Term}, but "
                + "asks for no election");
        }
    }

    private sealed class Follower
    {
        /// <summary>Which life of it; 0: it is down, or was not seen yet.</summary>
        public int Incarnation { get; set; }

        public RaftStatus Status { get; set; }

        /// <summary>The configuration before the latest; none when that is not known.</summary>
        public Configuration? Previous { get; set; }

        /// <summary>When it last heard a leader, was asked for its vote, or changed.</summary>
        public MonoTime QuietSince { get; set; }

        public MonoTime SteppedAt { get; set; }

        public bool MayCampaign => Status.Configuration.IsVoter(Status.Self)
            || (Status.ConfigurationIndex > Status.Commit && Previous?.IsVoter(Status.Self) == true);
    }
}
