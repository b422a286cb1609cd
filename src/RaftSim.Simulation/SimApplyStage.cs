using System.Buffers;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>Applies committed commands some time after they were handed over, one job after the other.</summary>
internal sealed class SimApplyStage(SimWorld world, SimServer server, IStateMachine machine, Draw draw) : IApplyStage
{
    private readonly int _incarnation = server.Incarnation;
    private readonly Queue<(ReadOnlyMemory<AppliedEntry> Entries, LogIndex Through)> _jobs = new();
    private readonly ArrayBufferWriter<byte> _answers = new();
    private ulong _count;
    private long _freeAt;

    public IStateMachine Machine { get; } = machine;

    public void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through)
    {
        _jobs.Enqueue((entries, through));
        long start = Math.Max(_freeAt, world.Timeline.Now);
        _freeAt = start + draw.At(++_count).Around(1, world.Options.ApplyMean).Nanos;
        world.Timeline.Schedule(_freeAt, SimEventKind.Applied, server.Number, _incarnation);
    }

    /// <summary>Carries out the oldest job; returns what to report.</summary>
    public ServerInput CarryOut()
    {
        (ReadOnlyMemory<AppliedEntry> entries, LogIndex through) = _jobs.Dequeue();
        ApplyResult[] results = new ApplyResult[entries.Length];
        int[] ends = new int[entries.Length];
        _answers.ResetWrittenCount();
        for (int i = 0; i < results.Length; i++)
        {
            Machine.Apply(entries.Span[i], _answers);
            ends[i] = _answers.WrittenCount;
        }

        byte[] answers = _answers.WrittenSpan.ToArray();
        for (int i = 0, start = 0; i < results.Length; start = ends[i++])
        {
            results[i] = new ApplyResult(entries.Span[i].Index, answers.AsMemory(start, ends[i] - start));
            world.Observe(server, entries.Span[i], results[i].Result);
        }

        return ServerInput.Applied(through, results);
    }
}
