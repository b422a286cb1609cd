using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation;

// One event after the other: to whom it goes, what the server makes of it, and what the checkers say.
public sealed partial class SimWorld
{
    // Hundreds of requests at once are a few thousand.
    private const int EventsOfMomentMax = 100_000;

    private long _moment;
    private int _eventsOfMoment;

    /// <summary>
    /// Lets the world run for a while; throws <see cref="SimulationFailedException"/> when a promise is broken.
    /// </summary>
    public void RunFor(Duration span)
    {
        Rule.RequireNotNegative(span, nameof(span));
        long until = checked(Timeline.Now + span.Nanos);
        RequireIntact();
        Watched(() =>
        {
            while (Timeline.TryAdvance(until, out SimEvent next))
            {
                Dispatch(next);
            }
        });
    }

    /// <summary>
    /// Lets the world run until something is so, looking after every event; false when it is not within
    /// <paramref name="limit"/>. Throws <see cref="SimulationFailedException"/> when a promise is broken.
    /// </summary>
    public bool RunUntil(Func<bool> condition, Duration limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        Rule.RequireNotNegative(limit, nameof(limit));
        long until = checked(Timeline.Now + limit.Nanos);
        RequireIntact();
        bool holds = condition();
        Watched(() =>
        {
            while (!holds && Timeline.TryAdvance(until, out SimEvent next))
            {
                Dispatch(next);
                holds = condition();
            }
        });
        return holds;
    }

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
        foreach (IChecker checker in _checkers)
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

    private void Dispatch(in SimEvent next)
    {
        RequireThatTimePasses(next.Time);
        _underFaults?.Look(next.Time);
        SimServer server = _servers[next.Server];
        bool isCurrent = server.IsUp && server.Incarnation == next.Incarnation;
        switch (next.Kind)
        {
            case SimEventKind.Deliver:
                if (Network.TryReceive(next.Slot, out int from, out Envelope envelope) && server.IsUp)
                {
                    Note(next, Describe(from, envelope));
                    TellMessage(server, from, envelope);
                    Take(server, ServerInput.Received(envelope));
                }

                break;
            case SimEventKind.Disk:
                CompleteDisk(server, next);
                break;
            case SimEventKind.Restart when server.RestartAt == next.Time:
                Restart(server.Number);
                break;
            case SimEventKind.Applied when isCurrent:
                Note(next, 0);
                IReadOnlyList<ServerInput> reports = CarryOut(server);
                for (int i = 0; i < reports.Count; i++)
                {
                    Take(server, reports[i]);
                }

                break;
            case SimEventKind.Deadline when isCurrent:
                MeetDeadline(server, next);
                break;
            case SimEventKind.Resume when isCurrent:
                Resume(server, next);
                break;
            case SimEventKind.Workload:
                _workload!.Next();
                break;
            case SimEventKind.Fault:
                _injector!.Strike(next.Slot);
                break;
            case SimEventKind.FaultEnd:
                _injector!.Due(next.Slot);
                break;
        }
    }

    // A server that is never done with a moment would keep the world busy in it for ever.
    private void RequireThatTimePasses(long time)
    {
        _eventsOfMoment = time == _moment ? _eventsOfMoment + 1 : 0;
        _moment = time;
        if (_eventsOfMoment > EventsOfMomentMax)
        {
            throw new ViolationException(
                "time-passes", $"more than {EventsOfMomentMax} events in one moment: somebody is never done with it");
        }
    }

    private static IReadOnlyList<ServerInput> CarryOut(SimServer server)
    {
        try
        {
            return server.Apply!.CarryOut();
        }
        catch (Exception exception) when (exception is not ViolationException)
        {
            throw Thrown(server, exception);
        }
    }

    private static ViolationException Thrown(SimServer server, Exception exception) =>
        new("no-exceptions", $"server {server.Number} threw {exception}");

    // Everything that counts goes into the hash: when, what kind, to whom, and the gist of it.
    private void Note(in SimEvent happened, ulong gist)
    {
        _events++;
        _hash.Add(happened.Time);
        _hash.Add(((ulong)happened.Kind << 32) | (uint)happened.Server);
        _hash.Add(gist);
    }

    private static ulong Describe(int from, in Envelope envelope)
    {
        ulong gist = ((ulong)envelope.Message.Kind << 40) | ((ulong)envelope.Lane << 32) | (uint)from;
        if (envelope.Message.Kind != ServerMessageKind.Raft)
        {
            return gist;
        }

        ref readonly RaftMessage raft = ref envelope.Message.Raft;
        gist = Prng.Hash(gist, ((ulong)raft.Kind << 1) | (raft.Reject ? 1UL : 0UL));
        gist = Prng.Hash(gist, raft.Term.Value ^ (raft.LogTerm.Value << 32));
        gist = Prng.Hash(gist, raft.Index.Value ^ (raft.Commit.Value << 32));
        return Prng.Hash(gist, raft.Hint.Value ^ ((ulong)raft.Entries.Length << 40) ^ (raft.AddedAt.Value << 20));
    }

    private void Take(SimServer server, in ServerInput input)
    {
        if (!server.IsUp)
        {
            return;
        }

        if (server.BusyUntil <= Timeline.Now && server.InboxCount == 0)
        {
            _one[0] = input;
            Step(server, _one);
            _one[0] = default;
            return;
        }

        server.Enqueue(input);
        ScheduleResume(server);
    }

    private void ScheduleResume(SimServer server)
    {
        server.Hold(Timeline.Now);
        if (!server.IsResumeScheduled)
        {
            server.IsResumeScheduled = true;
            Timeline.Schedule(server.BusyUntil, SimEventKind.Resume, server.Number, server.Incarnation);
        }
    }

    private void Resume(SimServer server, in SimEvent next)
    {
        server.IsResumeScheduled = false;
        if (server.BusyUntil > Timeline.Now)
        {
            ScheduleResume(server);
            return;
        }

        Note(next, (ulong)server.InboxCount);
        Step(server, server.Inbox);
        server.ClearInbox();
    }

    private void MeetDeadline(SimServer server, in SimEvent next)
    {
        if (server.DeadlineAt != next.Time)
        {
            // An earlier one took its place, or it was met already.
            return;
        }

        server.DeadlineAt = long.MaxValue;
        if (server.Node!.NextDeadline > server.Clock.At(Timeline.Now))
        {
            ScheduleDeadline(server);
        }
        else if (server.BusyUntil > Timeline.Now || server.InboxCount > 0)
        {
            ScheduleResume(server);
        }
        else
        {
            Note(next, 0);
            Step(server, []);
        }
    }

    // A deadline usually moves on before it is met: only one that comes sooner needs an event of its own.
    private void ScheduleDeadline(SimServer server)
    {
        long due = server.Clock.WhenShows(server.Node!.NextDeadline);
        due = Math.Max(due, Timeline.Now);
        if (due < server.DeadlineAt && due != long.MaxValue)
        {
            server.DeadlineAt = due;
            Timeline.Schedule(due, SimEventKind.Deadline, server.Number, server.Incarnation);
        }
    }

    private void Step(SimServer server, ReadOnlySpan<ServerInput> inputs)
    {
        server.Steps++;
        NoteContacts(server, inputs);
        try
        {
            server.Node!.Handle(inputs, server.Clock.At(Timeline.Now));
        }
        catch (Exception exception) when (exception is not (ViolationException or SimulationFailedException))
        {
            throw Thrown(server, exception);
        }

        Duration busy = server.StepTime(Options.StepMean);
        if (busy > Duration.Zero)
        {
            Draw draw = Draw.Of(Seed, Concern.Pace).At(server.Number).At(server.Incarnation);
            server.BusyUntil = Math.Max(server.BusyUntil, Timeline.Now + draw.At(server.Steps).Around(1, busy).Nanos);
        }

        if (server.Failure is { } failure)
        {
            server.Failure = null;
            Fall(server, failure);
            return;
        }

        Observe(server);
        if (server.IsObserved)
        {
            _health.Look(server.Number, server.Status, server.Log);
        }

        ScheduleDeadline(server);
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

    private void Observe(SimServer server)
    {
        if (server.Node is not { IsStarted: true, Raft: { } raft } node)
        {
            return;
        }

        if (server.IsObserved && !raft.HasMovedSince(server.Status))
        {
            return;
        }

        RaftStatus before = server.IsObserved ? server.Status : Unknown;
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
        server.IsObserved = true;
        server.Saw(now);
        server.DiskId = node.Disk;
        ServerObservation observation = new(
            server.Number, server.Incarnation, node.Disk, before, now, changes, server.Log, changedFrom);
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
