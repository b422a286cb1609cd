using System.Buffers;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>Applies committed commands some time after they were handed over, one batch after the other.</summary>
internal sealed class SimApplyStage(SimWorld world, SimServer server, IStateMachine machine, Draw draw) : IApplyStage
{
    private readonly int _incarnation = server.Incarnation;
    private readonly Queue<(ReadOnlyMemory<AppliedEntry> Entries, LogIndex Through)> _jobs = new();
    private readonly ArrayBufferWriter<byte> _answer = new();
    private ulong _count;
    private int _batch;

    public IStateMachine Machine { get; } = machine;

    public void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through)
    {
        _jobs.Enqueue((entries, through));
        if (_batch == 0)
        {
            Begin();
        }
    }

    /// <summary>Carries out what was waiting when the stage last had time; returns what to report.</summary>
    public ServerInput CarryOut()
    {
        List<ApplyResult> results = [];
        LogIndex reached = default;
        for (; _batch > 0; _batch--)
        {
            (ReadOnlyMemory<AppliedEntry> entries, reached) = _jobs.Dequeue();
            foreach (ref readonly AppliedEntry entry in entries.Span)
            {
                _answer.ResetWrittenCount();
                Machine.Apply(entry, _answer);
                results.Add(new ApplyResult(entry.Index, _answer.WrittenSpan.ToArray()));
                world.Observe(server, entry, results[^1].Result);
            }
        }

        if (_jobs.Count > 0)
        {
            Begin();
        }

        return ServerInput.Applied(reached, results);
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
}
