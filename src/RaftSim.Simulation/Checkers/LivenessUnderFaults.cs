using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// While faults last, too, something must be committed within a bound, whenever one server, with a log at least as new as those
/// of a majority of its voters, reaches that majority both ways, and all of them are up, undisturbed, and have working disks:
/// those could do without everybody else, so nobody else may keep them from it (Howard and Abraham, "Raft does not guarantee
/// liveness in the face of network faults", 2020).
/// </summary>
/// <param name="world">The world; somebody must be asking for things to be written. Where there is a leader, which has nothing
/// to commit of its own, the time counts from the third write that a server of that majority was asked for.</param>
internal sealed class LivenessUnderFaults(SimWorld world)
{
    public const string Name = "liveness-under-faults";

    // Pairs grow with the square; worlds of many servers are not made for this.
    private const int ServersMax = 15;

    // Votes may split again and again; each try takes up to two election timeouts.
    private const int ElectionTimeouts = 20;

    // One or two that are on their way to a leader that just went are lost with it.
    private const int WritesWanted = 3;

    private static readonly Duration _lookEvery = Duration.Milliseconds(100);

    private readonly long[] _since = new long[world.ServerCount * world.ServerCount];
    private readonly ulong[] _durable = new ulong[world.ServerCount];
    private readonly long[] _quiet = new long[world.ServerCount];
    private readonly long[] _ledSince = new long[world.ServerCount];
    private readonly int[] _writes = new int[world.ServerCount];
    private readonly long[] _wantedAt = new long[world.ServerCount];
    private readonly ulong[] _slowest = new ulong[world.ServerCount];
    private readonly long[] _caughtUpAt = new long[world.ServerCount];
    private readonly long[] _followedAt = new long[world.ServerCount];
    private readonly bool _isFit = world.ServerCount <= ServersMax && IsBearable(world.Network.Options);
    private readonly Duration _bound = world.Servers[0].Options.ElectionTimeout * ElectionTimeouts;
    private Term _newestTerm;
    private long _newestTermAt;
    private ulong _progress;
    private long _progressAt;

    // When a leader last had nothing to do: without one the time counts from then.
    private long _idleAt;
    private long _lookAt;
    private long _lookedAt;
    private int _requests = world.Requests.Count;

    /// <summary>Looks at the world, if it is time to; before anything happens at <paramref name="now"/>.</summary>
    public void Look(long now)
    {
        if (now < _lookAt || !_isFit)
        {
            return;
        }

        _lookAt = now + _lookEvery.Nanos;
        CountWrites(now);
        _lookedAt = now;
        ulong progress = Progress();
        if (progress > _progress)
        {
            (_progress, _progressAt) = (progress, now);
            Array.Clear(_writes);
        }

        bool isLed = world.Leader is not null;
        _idleAt = isLed && IsDone(world.Status(world.Leader!.Value)) ? now : _idleAt;
        foreach (SimServer server in world.Servers)
        {
            long reached = QuietSince(server, now);
            if (server.Number == world.Leader)
            {
                RequireFollowers(server, Math.Max(reached, _ledSince[server.Number]), now);
            }

            long quiet = Math.Max(reached, _caughtUpAt[server.Number]);
            long since = Math.Max(quiet, isLed ? WantedSince(server, now) : Math.Max(_progressAt, _idleAt));
            if (now - since >= _bound.Nanos)
            {
                throw new ViolationException(Name, $"for {_bound} nothing was committed, although all that time server "
                    + $"{server.Number} reached a majority whose logs are no newer than its own: {Liveness.Describe(world)}");
            }
        }
    }

    /// <summary>
    /// Looks at what a server says of itself: whom a quiet majority follows, nobody deposes who was not in a newer term before
    /// (§4.2.3, §9.6). Only where nobody moves leadership or members: those may. A new leader must first be known: who was told,
    /// just before, that it could win an election goes on to hold it.
    /// </summary>
    public void Observe(in ServerObservation seen, bool isMoved)
    {
        long now = world.Now.Nanos;
        if (seen.Now.Term > _newestTerm)
        {
            (_newestTerm, _newestTermAt) = (seen.Now.Term, now);
        }

        if (seen.BecameLeader)
        {
            _ledSince[seen.Server] = now;
        }

        if (!_isFit || isMoved || seen.Before.Role != RaftRole.Leader || seen.Now.Term == seen.Before.Term)
        {
            return;
        }

        SimServer server = world.Servers[seen.Server];
        long quiet = Math.Max(QuietSince(server, now), _ledSince[seen.Server]) + (server.Options.ElectionTimeout * 2).Nanos;
        if (_newestTermAt >= quiet)
        {
            throw new ViolationException(Name, $"server {seen.Server} led term {seen.Before.Term} and reached a majority, "
                + $"but was deposed by term {_newestTerm}, which somebody began meanwhile: {Liveness.Describe(world)}");
        }
    }

    // Nobody is left behind: whoever votes, is undisturbed, and is reached both ways by a leader that a majority follows, follows
    // it, too, after a while.
    private void RequireFollowers(SimServer leader, long quiet, long now)
    {
        foreach (SimServer other in world.Servers)
        {
            ref long followed = ref _followedAt[other.Number];
            followed = other.Status.Leader == leader.Status.Self && other.Status.Term == leader.Status.Term ? now : followed;
            long reached = _since[(leader.Number * world.ServerCount) + other.Number];
            if (other != leader && now - Math.Max(followed, Math.Max(reached, quiet)) >= _bound.Nanos)
            {
                throw new ViolationException(Name, $"for {_bound} server {leader.Number} led and reached server {other.Number}, "
                    + $"which does not follow it: {Liveness.Describe(world)}");
            }
        }
    }

    private static bool IsDone(in RaftStatus leader) => leader.Commit == leader.LastIndex && leader.LastTerm == leader.Term;

    // What is committed, or on its way to it on the disks of most: a backlog is worked off before anything of a new leader's
    // term can be committed.
    private ulong Progress()
    {
        int count = 0;
        foreach (SimServer server in world.Servers)
        {
            if (world.IsHere(server.Number))
            {
                _durable[count++] = server.Status.DurableIndex.Value;
            }
        }

        Array.Sort(_durable, 0, count);
        return world.Committed.Value + _durable[(count - 1) / 2];
    }

    // A server is asked in vain when it is not of the majority that could do without all others.
    private void CountWrites(long now)
    {
        for (; _requests < world.Requests.Count; _requests++)
        {
            SimRequest request = world.Requests[_requests];
            if (request.Request is not ProposeRequest)
            {
                continue;
            }

            foreach (SimServer server in world.Servers)
            {
                if (_since[(server.Number * world.ServerCount) + request.Server] < _lookedAt
                    && ++_writes[server.Number] == WritesWanted)
                {
                    _wantedAt[server.Number] = now;
                }
            }
        }
    }

    private long WantedSince(SimServer server, long now) =>
        _writes[server.Number] >= WritesWanted ? _wantedAt[server.Number] : now;

    // Since when a majority of voters, itself among them, has been undisturbed and within its reach; now for never.
    private long QuietSince(SimServer server, long now)
    {
        Configuration configuration = server.Status.Configuration;
        int count = 0;
        ulong slowest = ulong.MaxValue;
        foreach (SimServer other in world.Servers)
        {
            ref long since = ref _since[(server.Number * world.ServerCount) + other.Number];
            bool isFit = IsVoter(configuration, other) && IsSound(other, now)
                && (other == server || (Reaches(server, other) && Reaches(other, server) && IsAsNew(server, other)));
            since = isFit ? Math.Max(since, other.DisturbedAt) : now;
            if (isFit || other == server)
            {
                _quiet[count++] = since;
                slowest = Math.Min(slowest, other.Status.DurableIndex.Value);
            }
        }

        NoteCatchUp(server, slowest, now);
        if (configuration.VoterCount == 0 || count < configuration.Quorum)
        {
            return now;
        }

        Span<long> quiet = _quiet.AsSpan(0, count);
        quiet.Sort();
        long own = _since[(server.Number * world.ServerCount) + server.Number];
        return Math.Max(own, quiet[configuration.Quorum - 1]);
    }

    // One of them may have far to go, in small steps, before anything more lies on the disks of most.
    private void NoteCatchUp(SimServer server, ulong slowest, long now)
    {
        if (slowest > _slowest[server.Number])
        {
            _caughtUpAt[server.Number] = now;
        }

        _slowest[server.Number] = slowest;
    }

    private static bool IsVoter(Configuration configuration, SimServer server) =>
        configuration.TryFind(server.Status.Self, out ConfiguredServer member)
        && member.Suffrage == Suffrage.Voter
        && member.Disk == server.DiskId;

    private static bool IsSound(SimServer server, long now) => server is
        {
            IsUp: true, IsObserved: true, Handicaps: 0, DiskSlowness: 1, Doom: DiskDoom.None, CrashAtIo: 0, Disk.IsFull: false,
        }
        && server.StepMean == Duration.Zero
        && server.DiskStall == Duration.Zero
        && server.DisturbedAt <= now;

    private bool Reaches(SimServer from, SimServer to) =>
        world.Network.Rule is null && !world.Network.IsBlocked(from.Number, to.Number);

    private static bool IsAsNew(SimServer server, SimServer other) => server.Status.LastTerm > other.Status.LastTerm
        || (server.Status.LastTerm == other.Status.LastTerm && server.Status.LastIndex >= other.Status.LastIndex);

    // With more loss or delay than this an election may fail any number of times.
    private static bool IsBearable(LinkOptions options) =>
        options is { DropPerMille: <= 12, SlowPerMille: <= 8, CorruptPerMille: <= 1 };
}
