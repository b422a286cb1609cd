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

    public IStateMachine Machine { get; } = machine;

    public void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through) =>
        Enqueue(new Job(entries, through, null, default));

    public void Query(ulong number, ReadOnlyMemory<byte> query) =>
        Enqueue(new Job(default, LogIndex.Zero, number, query));

    /// <summary>
    /// Carries out what was waiting when the stage last had time; returns what to report. Valid until the next call.
    /// </summary>
    public IReadOnlyList<ServerInput> CarryOut()
    {
        List<ApplyResult> results = [];
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

            reached = job.Through;
            foreach (ref readonly AppliedEntry entry in job.Entries.Span)
            {
                _answer.ResetWrittenCount();
                Machine.Apply(entry, _answer);
                _lastApplied = entry.Index;
                results.Add(new ApplyResult(entry.Index, _answer.WrittenSpan.ToArray()));
                world.Observe(server, entry, results[^1].Result);
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

    private QueryResult Answer(ReadOnlyMemory<byte> query)
    {
        world.Observe(server, query, _lastApplied);
        _answer.ResetWrittenCount();
        try
        {
            Machine.Query(query, _answer);
            return new QueryResult(_answer.WrittenSpan.ToArray(), "");
        }
        catch (Exception e) when (e is not SimulationFailedException)
        {
            return new QueryResult(null, $"the state machine did not answer: {e.Message}");
        }
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
        world.Timeline.Schedule(
            world.Timeline.Now + draw.At(++_count).Around(1, world.Options.ApplyMean).Nanos,
            SimEventKind.Applied,
            server.Number,
            _incarnation);
    }

    // Commands to apply, or, when it has a number, a question.
    private readonly record struct Job(
        ReadOnlyMemory<AppliedEntry> Entries, LogIndex Through, ulong? Question, ReadOnlyMemory<byte> Query);
}
