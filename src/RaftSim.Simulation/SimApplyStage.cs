using System.Buffers;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>Applies committed commands some time after they were handed over, one batch after the other.</summary>
internal sealed class SimApplyStage(SimWorld world, SimServer server, IStateMachine machine, Draw draw) : IApplyStage
{
    private readonly int _incarnation = server.Incarnation;
    private readonly Queue<Job> _jobs = new();
    private readonly List<ServerInput> _reports = [];
    private readonly ArrayBufferWriter<byte> _answer = new();
    private ulong _count;
    private int _batch;
    private LogIndex _lastApplied;

    private (ulong Number, ISnapshotSource Source)? _captured;
    private ISnapshotSink? _sink;

    private readonly SessionMachine _machine = new(machine);

    public IStateMachine Machine => _machine.Inner;

    public void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through) =>
        Enqueue(new Job(entries, through, null, default, null));

    public void Query(ulong number, ReadOnlyMemory<byte> query) =>
        Enqueue(new Job(default, LogIndex.Zero, number, query, null));

    // Reading, too, waits for its turn here: that later commands never show in it is the state machine's promise to keep.
    public void Submit(in SnapshotOp op) => Enqueue(new Job(default, LogIndex.Zero, null, default, new(op)));

    /// <summary>
    /// Carries out what was waiting when the stage last had time; returns what to report. Valid until the next call.
    /// </summary>
    public IReadOnlyList<ServerInput> CarryOut()
    {
        int entries = 0;
        foreach (Job job in _jobs)
        {
            entries += job.Entries.Length;
        }

        List<ApplyResult> results = new(entries);
        LogIndex reached = default;
        _reports.Clear();
        for (; _batch > 0; _batch--)
        {
            Job job = _jobs.Dequeue();
            if (job.Question is { } number)
            {
                _reports.Add(ServerInput.Queried(number, Answer(job.Query)));
                continue;
            }

            if (job.Snapshot is { } step)
            {
                CarryOut(step.Op);
                continue;
            }

            reached = job.Through;
            foreach (ref readonly AppliedEntry entry in job.Entries.Span)
            {
                ApplyResult result = _machine.Apply(entry);
                _lastApplied = entry.Index;
                results.Add(result);
                if (SessionMachine.IsForMachine(entry, result))
                {
                    world.Observe(server, entry, result.Result);
                }
            }
        }

        if (_jobs.Count > 0)
        {
            Begin();
        }

        if (reached > LogIndex.Zero)
        {
            _reports.Insert(0, ServerInput.Applied(reached, results));
        }

        return _reports;
    }

    private void CarryOut(in SnapshotOp op)
    {
        int length = 0;
        string error = "";
        switch (op.Kind)
        {
            case SnapshotOpKind.Capture:
                ISnapshotSource? source = _machine.Capture();
                _captured = source is null ? null : (op.Number, source);
                error = source is null ? $"{Machine.GetType().Name} takes no snapshots" : "";
                length = source is null ? -1 : 0;
                break;
            case SnapshotOpKind.Read:
                length = op.Fill(_captured!.Value.Source);
                break;
            case SnapshotOpKind.Release:
                if (_captured is { } captured && captured.Number == op.Number)
                {
                    captured.Source.Dispose();
                    _captured = null;
                }

                return;
            case SnapshotOpKind.BeginRestore:
                _sink?.Dispose();
                _sink = _machine.BeginRestore();
                break;
            case SnapshotOpKind.Restore:
                _sink!.Write(op.Buffer.Span);
                break;
            case SnapshotOpKind.CommitRestore:
                _sink!.Commit();
                _sink.Dispose();
                _sink = null;
                _lastApplied = op.Through;
                world.Observe(server, op.Through);
                break;
            default:
                _sink?.Dispose();
                _sink = null;
                return;
        }

        _reports.Add(ServerInput.SnapshotStep(op.Number, new SnapshotOpResult(op.Kind, length, error)));
    }

    private QueryResult Answer(ReadOnlyMemory<byte> query)
    {
        _answer.ResetWrittenCount();
        try
        {
            Machine.Query(query, _answer);
        }
        catch (Exception e) when (e is not SimulationFailedException)
        {
            return new QueryResult(null, $"the state machine did not answer: {e.Message}");
        }

        byte[] result = _answer.WrittenSpan.ToArray();
        world.Observe(server, query, _lastApplied, result);
        return new QueryResult(result, "");
    }

    private void Enqueue(in Job job)
    {
        _jobs.Enqueue(job);
        if (_batch == 0)
        {
            Begin();
        }
    }

    // Everything that waits goes together, so that a slow stage falls behind by one batch and no further.
    private void Begin()
    {
        _batch = _jobs.Count;
        Duration mean = server.ApplyTime(world.Options.ApplyMean);
        world.Timeline.Schedule(
            world.Timeline.Now + draw.At(++_count).Around(1, mean).Nanos,
            SimEventKind.Applied,
            server.Number,
            _incarnation);
    }

    // Commands to apply, or, when it has a number, a question or a step towards a snapshot.
    private readonly record struct Job(
        ReadOnlyMemory<AppliedEntry> Entries,
        LogIndex Through,
        ulong? Question,
        ReadOnlyMemory<byte> Query,
        Step? Snapshot);

    // Large, and rare among jobs.
    private sealed record Step(SnapshotOp Op);
}
