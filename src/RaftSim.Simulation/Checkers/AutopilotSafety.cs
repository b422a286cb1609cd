using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// What a leader's autopilot does to the configuration, held against who was heard by that leader: it removes whom it has not
/// heard for the failure timeout, while the clean-up is on, so that MinQuorum voters stay and a majority of those who stay is
/// alive (docs/decisions/0004); it gives a vote to whom it has heard all through the stabilization time. Nothing of autopilot's
/// own arithmetic is used. What operators and joining servers change is left out.
/// </summary>
/// <param name="world">The world.</param>
internal sealed class AutopilotSafety(SimWorld world) : IChecker
{
    // Clocks drift; what is said here is measured by none of them.
    private const int TolerancePercent = 12;

    // As long as a request can be under way, and more.
    private static readonly Duration _requestTime = Duration.Seconds(30);

    private readonly Hearing _hearing = new(world.ServerCount);
    private readonly long[] _leadsSince = new long[world.ServerCount];
    private readonly long[] _readySince = new long[world.ServerCount];
    private readonly Lookup<(ServerId Id, DiskId Disk), long> _seenSince = new();
    private readonly List<(string? Id, string? Address)> _removals = [];
    private long _configuredUntil;

    /// <inheritdoc/>
    public string Name => "autopilot-safety";

    /// <inheritdoc/>
    public void Received(int server, in Envelope envelope) =>
        _hearing.Heard(server, envelope.FromDisk, world.Now.Nanos, GapOf(server).Nanos);

    /// <inheritdoc/>
    public void Stopped(int server) => _hearing.Forget(server);

    /// <inheritdoc/>
    public void Requested(int server, ServerRequest request)
    {
        if (request is RemoveServerRequest removal)
        {
            _removals.Add((removal.Id, removal.Address));
        }
        else if (request is SetAutopilotConfigRequest)
        {
            // Until then it may take effect, and a shorter time of before may be what counted.
            _configuredUntil = (world.Now + _requestTime).Nanos;
        }
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        long now = world.Now.Nanos;
        if (observation.BecameLeader)
        {
            _leadsSince[observation.Server] = now;
        }

        if (observation.Now.HasCommittedThisTerm && (observation.BecameLeader || !observation.Before.HasCommittedThisTerm))
        {
            _readySince[observation.Server] = now;
        }

        if (observation.Now.ConfigurationIndex == observation.Before.ConfigurationIndex)
        {
            return;
        }

        foreach (ConfiguredServer member in observation.Now.Configuration.Servers)
        {
            _seenSince.Add((member.Id, member.Disk), now);
        }

        // One change in flight: what differs by more was not made by this server in one step.
        bool isOwn = observation.Now.Role == RaftRole.Leader && observation.Before.Role == RaftRole.Leader
            && observation.Now.Term == observation.Before.Term;
        if (isOwn && world.Node(observation.Server).State.Autopilot is { } config)
        {
            Judge(observation, config, now);
        }
    }

    private void Judge(in ServerObservation seen, AutopilotConfig config, long now)
    {
        Configuration after = seen.Now.Configuration;
        foreach (ConfiguredServer member in seen.Before.Configuration.Servers)
        {
            if (!after.TryFind(member.Id, out ConfiguredServer still))
            {
                if (!IsOthersDoing(member))
                {
                    JudgeRemoval(seen, member, config, now);
                }
            }
            else if (member.Suffrage == Suffrage.NonVoter && still.Suffrage == Suffrage.Voter)
            {
                JudgePromotion(seen, still, config, now);
            }
        }
    }

    private void JudgeRemoval(in ServerObservation seen, in ConfiguredServer removed, AutopilotConfig config, long now)
    {
        Configuration after = seen.Now.Configuration;
        Duration timeout = world.Servers[seen.Server].Options.FailureTimeout;
        if (!config.CleanupDeadServers)
        {
            throw Broken(seen, $"removed {removed.Id}, but the clean-up of dead servers is off");
        }

        long silent = now - Math.Max(_leadsSince[seen.Server], _hearing.LastOf(seen.Server, removed.Disk));
        if (silent < Least(timeout).Nanos)
        {
            throw Broken(seen, $"removed {removed.Id}, of which it has been the leader, or heard, {new Duration(silent)} ago");
        }

        if (removed.Suffrage != Suffrage.Voter)
        {
            return;
        }

        if ((ulong)after.VoterCount < config.MinQuorum)
        {
            throw Broken(
                seen, $"removed {removed.Id}: {after.VoterCount} voters are left, fewer than MinQuorum {config.MinQuorum}");
        }

        int alive = 0;
        foreach (ConfiguredServer member in after.Servers)
        {
            bool mayBe = member.Id == seen.Now.Self || MayBeAlive(seen.Server, member, now);
            alive += member.Suffrage == Suffrage.Voter && mayBe ? 1 : 0;
        }

        if (alive < after.Quorum)
        {
            throw Broken(
                seen, $"removed {removed.Id}: of the {after.VoterCount} voters left it can have heard only {alive} lately");
        }
    }

    private void JudgePromotion(in ServerObservation seen, in ConfiguredServer promoted, AutopilotConfig config, long now)
    {
        ServerOptions options = world.Servers[seen.Server].Options;
        if (!MayBeAlive(seen.Server, promoted, now))
        {
            throw Broken(seen, $"gave a vote to {promoted.Id}, of which it has heard nothing lately");
        }

        // A new leader cannot have seen anybody for so long; it does not let everybody wait for that.
        Duration stable = Least(config.ServerStabilizationTime);
        long enough = (Most(config.ServerStabilizationTime) + (options.AutopilotStateInterval * 3)).Nanos;
        if (now - Math.Max(_readySince[seen.Server], _configuredUntil) <= enough)
        {
            return;
        }

        if (now - _seenSince[(promoted.Id, promoted.Disk)] < stable.Nanos)
        {
            throw Broken(seen, $"gave a vote to {promoted.Id}, which it has known for less than the stabilization time of "
                + $"{config.ServerStabilizationTime}");
        }

        // Who slept itself does not know that there was a silence.
        bool hasSlept = world.Servers[seen.Server].DisturbedAt > now - stable.Nanos;
        if (!hasSlept && now - _hearing.GapOf(seen.Server, promoted.Disk) < stable.Nanos)
        {
            throw Broken(seen, $"gave a vote to {promoted.Id}, of which it had heard nothing for "
                + $"{GapOf(seen.Server)} within the stabilization time of {config.ServerStabilizationTime}");
        }
    }

    private bool MayBeAlive(int leader, in ConfiguredServer member, long now)
    {
        Duration timeout = world.Servers[leader].Options.FailureTimeout;
        return now - Math.Max(_leadsSince[leader], _hearing.LastOf(leader, member.Disk)) <= Most(timeout).Nanos;
    }

    // An operator asked for it, or its former self makes way for a server with another disk.
    private bool IsOthersDoing(in ConfiguredServer removed)
    {
        foreach ((string? id, string? address) in _removals)
        {
            if (string.Equals(id, removed.Id.Value, StringComparison.Ordinal)
                || string.Equals(address, removed.Address.Value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        foreach (SimServer server in world.Servers)
        {
            if (server.DiskId == removed.Disk)
            {
                return false;
            }
        }

        return true;
    }

    // A silence that no round of the autopilot can have missed.
    private Duration GapOf(int server)
    {
        ServerOptions options = world.Servers[server].Options;
        return Most(options.FailureTimeout) + (options.AutopilotStateInterval * 3);
    }

    private static Duration Least(Duration span) => span * (100 - TolerancePercent) / 100;

    private static Duration Most(Duration span) => span * (100 + TolerancePercent) / 100;

    private ViolationException Broken(in ServerObservation seen, string what) => new(Name, $"server {seen.Server} {what}");
}
