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
    /// Asked before every event whether to end the run, as after a Ctrl+C: when it is true, <see cref="RunFor"/>,
    /// <see cref="RunUntil"/> and <see cref="Run"/> throw <see cref="OperationCanceledException"/>. No event is lost: the world
    /// can go on where it was, but that a <see cref="Run"/> is over. Default: nobody is asked.
    /// </summary>
    public Func<bool>? IsCancelled { get; set; }

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
            while (TryAdvance(until, out SimEvent next))
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
            while (!holds && TryAdvance(until, out SimEvent next))
            {
                Dispatch(next);
                holds = condition();
            }
        });
        return holds;
    }

    private bool TryAdvance(long until, out SimEvent next)
    {
        if (IsCancelled?.Invoke() == true)
        {
            throw new OperationCanceledException($"the run was cancelled after {Now}");
        }

        return Timeline.TryAdvance(until, out next);
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
                Deliver(server, next);
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

    private void Deliver(SimServer server, in SimEvent next)
    {
        if (Network.TryReceive(next.Slot, out int from, out Envelope envelope) && server.IsUp)
        {
            Note(next, Describe(from, envelope));
            TellMessage(server, from, envelope);
            Take(server, ServerInput.Received(envelope));
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
            Step(server, new ReadOnlySpan<ServerInput>(in input));
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

        // The autopilot may have moved where Raft has not.
        if (!TryObserve(server) && server.IsObserved)
        {
            _health.Look(server.Number, server.Status, server.Log);
        }

        ScheduleDeadline(server);
    }
}
