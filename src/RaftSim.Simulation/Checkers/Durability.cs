using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// A write that was acknowledged stays: it was committed when its caller heard of it, and every later log has it.
/// </summary>
public sealed class Durability(CommitHistory history) : IChecker
{
    /// <inheritdoc/>
    public string Name => "durability";

    /// <summary>The highest index that a caller was told of.</summary>
    public LogIndex LastAcknowledged { get; private set; }

    /// <inheritdoc/>
    public void Replied(in ReplyObservation observation)
    {
        if (observation.Reply is not CommandReply reply)
        {
            return;
        }

        if (reply.Index > history.Last)
        {
            throw new ViolationException(Name, $"server {observation.Server} acknowledged a write at index {reply.Index}, "
                + $"but nothing behind {history.Last} is committed");
        }

        LastAcknowledged = LogIndex.Max(LastAcknowledged, reply.Index);
    }

    /// <inheritdoc/>
    public void Observe(in ServerObservation observation)
    {
        // Acknowledged in an earlier term: then a leader that lacks it has lost it.
        LogIndex index = LastAcknowledged;
        if (observation.BecameLeader
            && index != LogIndex.Zero
            && history.CommittedIn(index) < observation.Now.Term
            && !Has(observation.Log, index))
        {
            throw Lost(observation.Server, observation.Log);
        }
    }

    /// <inheritdoc/>
    public void Ended(int server, in RaftStatus status, ReplicaLog log)
    {
        if (status.Role == RaftRole.Leader && !Has(log, LastAcknowledged))
        {
            throw Lost(server, log);
        }
    }

    private bool Has(ReplicaLog log, LogIndex index) =>
        log.LastIndex >= index && log.HashAt(index) == history.HashAt(index);

    private ViolationException Lost(int server, ReplicaLog log) => new(Name, $"server {server} leads, but an acknowledged "
        + $"write is gone: {history.FirstDifference(log, LastAcknowledged)}");
}
