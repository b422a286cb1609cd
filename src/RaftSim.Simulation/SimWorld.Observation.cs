using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation;

// What the checkers are shown: messages, steps, and what was applied.
public sealed partial class SimWorld
{
    internal void Observe(SimServer server, in AppliedEntry entry, ReadOnlyMemory<byte> result)
    {
        AppliedObservation observation = new(server.Number, server.Incarnation, entry, result);
        foreach (IChecker checker in _listeners.Applied)
        {
            checker.Applied(observation);
        }
    }

    internal void Observe(SimServer server, ReadOnlyMemory<byte> query, LogIndex applied, ReadOnlyMemory<byte> result)
    {
        QueryObservation observation = new(server.Number, query, applied, result);
        foreach (IChecker checker in _listeners.Queried)
        {
            checker.Queried(observation);
        }
    }

    internal void Observe(SimServer server, LogIndex restored)
    {
        foreach (IChecker checker in _checkers)
        {
            checker.Restored(server.Number, server.Incarnation, restored);
        }
    }

    private void Observe(int from, in Envelope envelope)
    {
        foreach (IChecker checker in _listeners.Sent)
        {
            checker.Sent(from, envelope);
        }
    }

    private void NoteContacts(SimServer server, ReadOnlySpan<ServerInput> inputs)
    {
        foreach (ref readonly ServerInput input in inputs)
        {
            if (input.Kind != ServerInputKind.Received)
            {
                continue;
            }

            ref readonly Envelope envelope = ref input.Envelope;
            foreach (IChecker checker in _listeners.Received)
            {
                checker.Received(server.Number, envelope);
            }

            if (server.Node is { IsStarted: true } node)
            {
                _contacts.Deliver(server.Number, node, envelope);
            }
        }
    }

    // False when it stands as it stood when it was last looked at, or has not started.
    private bool TryObserve(SimServer server)
    {
        if (server.Node is not { IsStarted: true, Raft: { } raft } node
            || (server.IsObserved && !raft.HasMovedSince(server.Status)))
        {
            return false;
        }

        // What it says of itself is large, and nearly every step changes it: copied once, and looked at in place.
        ref readonly RaftStatus before = ref server.IsObserved ? ref server.Status : ref Unknown;
        RaftStatus now = raft.Status;
        RaftChanges changes = Compare(before, now);
        LogIndex changedFrom = (changes & (RaftChanges.Appended | RaftChanges.Truncated)) == RaftChanges.None
            && before.LogStart == now.LogStart
            ? now.LastIndex.Next
            : server.Log.Follow(raft, now, _history);
        if (!server.IsObserved && server.Doom == DiskDoom.Rotten && server.RottenSince < server.Incarnation)
        {
            // It has read all of it, and found nothing wrong.
            server.Doom = DiskDoom.None;
        }

        _hash.Add(server.Log.HashAt(now.LastIndex));
        ServerObservation observation = new(
            server.Number, server.Incarnation, node.Disk, before, now, changes, server.Log, changedFrom);
        server.IsObserved = true;
        server.Saw(now);
        server.DiskId = node.Disk;
        if (observation.BecameLeader)
        {
            Audit(server);
        }

        TellChange(server, observation);
        foreach (IChecker checker in _listeners.Observe)
        {
            checker.Observe(observation);
        }

        _underFaults?.Observe(observation, _isMoved);
        _injector?.Noticed(observation);
        return true;
    }

    private static RaftChanges Compare(in RaftStatus before, in RaftStatus now)
    {
        RaftChanges changes = RaftChanges.None;
        changes |= before.Role == now.Role ? RaftChanges.None : RaftChanges.Role;
        changes |= before.Term == now.Term ? RaftChanges.None : RaftChanges.Term;
        changes |= before.Commit == now.Commit ? RaftChanges.None : RaftChanges.Commit;
        changes |= before.Vote == now.Vote ? RaftChanges.None : RaftChanges.Vote;
        changes |= before.Leader == now.Leader ? RaftChanges.None : RaftChanges.Leader;
        changes |= before.ConfigurationIndex == now.ConfigurationIndex ? RaftChanges.None : RaftChanges.Configuration;
        changes |= before.LastIndex == now.LastIndex && before.LastTerm == now.LastTerm
            ? RaftChanges.None
            : RaftChanges.Appended;
        changes |= now.LastIndex < before.LastIndex ? RaftChanges.Truncated : RaftChanges.None;
        changes |= before.TransferTarget == now.TransferTarget ? RaftChanges.None : RaftChanges.Transfer;
        return changes;
    }

    // The whole log, entry by entry: observation follows only what changed at its end.
    private static void Audit(SimServer server)
    {
        LogIndex differs = server.Log.Audit(server.Node!.Raft!, server.Status);
        if (differs <= server.Status.LastIndex)
        {
            throw new ViolationException(
                "log-matching", $"server {server.Number} changed index {differs} in the middle of its log");
        }
    }
}
