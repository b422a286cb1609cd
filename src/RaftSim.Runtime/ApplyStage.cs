using System.Buffers;
using System.Collections.Concurrent;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// Applies committed commands to the user's state machine on a thread of its own, so that a slow command never delays a
/// heartbeat.
/// </summary>
internal sealed class ApplyStage : IApplyStage
{
    private readonly SessionMachine _machine;
    private readonly Inbox _inbox;
    private readonly Action<Exception> _failed;
    private readonly BlockingCollection<Job> _queue = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;
    private (ulong Number, CapturedState State)? _captured;
    private ISnapshotSink? _sink;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">The server's name.</param>
    /// <param name="machine">The state machine; <see langword="null"/> for none.</param>
    /// <param name="inbox">Where what was applied is reported.</param>
    /// <param name="failed">Told when the state machine throws; nothing more is applied then.</param>
    public ApplyStage(string name, IStateMachine? machine, Inbox inbox, Action<Exception> failed)
    {
        _machine = new SessionMachine(machine ?? new NoStateMachine());
        _inbox = inbox;
        _failed = failed;
        new Thread(Run) { Name = $"apply {name}", IsBackground = true }.Start();
    }

    /// <summary>Where durations go.</summary>
    public ServerMetrics? Metrics { get; init; }

    /// <summary>Batches and questions that wait.</summary>
    public int Depth => _queue.Count;

    /// <summary>Client sessions that are open, as far as this server has applied.</summary>
    public int SessionCount => _machine.SessionCount;

    /// <summary>Ends when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public void Submit(ReadOnlyMemory<AppliedEntry> entries, LogIndex through)
    {
        if (!_isStopping)
        {
            _queue.Add(new Job(entries, through, null, default, default));
        }
    }

    /// <inheritdoc/>
    public void Query(ulong number, ReadOnlyMemory<byte> query)
    {
        if (!_isStopping)
        {
            _queue.Add(new Job(default, LogIndex.Zero, number, query, default));
        }
    }

    /// <inheritdoc/>
    public void Submit(in SnapshotOp op)
    {
        if (!_isStopping)
        {
            _queue.Add(new Job(default, LogIndex.Zero, null, default, op));
        }
    }

    /// <summary>Stops after the command under way. Called when nothing is submitted any more.</summary>
    public void Stop()
    {
        _isStopping = true;
        _queue.CompleteAdding();
    }

    private void Run()
    {
        try
        {
            ArrayBufferWriter<byte> result = new();
            foreach (Job job in _queue.GetConsumingEnumerable())
            {
                if (_isStopping)
                {
                    return;
                }

                if (job.Question is { } number)
                {
                    Answer(number, job.Query, result);
                }
                else if (job.Snapshot.Number > 0)
                {
                    CarryOut(job.Snapshot);
                }
                else if (!Apply(job.Entries.Span, job.Through))
                {
                    return;
                }
            }
        }
        finally
        {
            LetGo(() =>
            {
                _sink?.Dispose();
                _captured?.State.Dispose();
            });
            _ended.SetResult();
        }
    }

    private bool Apply(ReadOnlySpan<AppliedEntry> entries, LogIndex through)
    {
        long? startedAt = Metrics?.BeginApply();
        var results = new ApplyResult[entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            if (_isStopping)
            {
                return false;
            }

            try
            {
                results[i] = _machine.Apply(entries[i]);
            }
            catch (Exception e)
            {
                // Its state is anybody's guess from here on: to go on would let the servers' states drift apart.
                _failed(new ServerFailedException($"the state machine failed at index {entries[i].Index}: {e.Message}", e));
                return false;
            }
        }

        Metrics?.EndApply(startedAt);
        _inbox.TryPost(ServerInput.Applied(through, results));
        return true;
    }

    // A question changes nothing, so a failure concerns nobody but its caller.
    private void Answer(ulong number, ReadOnlyMemory<byte> query, ArrayBufferWriter<byte> result)
    {
        result.ResetWrittenCount();
        QueryResult answer;
        try
        {
            _machine.Inner.Query(query, result);
            answer = new QueryResult(result.WrittenSpan.ToArray(), "");
        }
        catch (Exception e)
        {
            answer = new QueryResult(null, $"the state machine did not answer: {e.Message}");
        }

        _inbox.TryPost(ServerInput.Queried(number, answer));
    }

    private void CarryOut(SnapshotOp op)
    {
        if (op.Kind == SnapshotOpKind.Read)
        {
            // On another thread: commands are not to wait for it.
            CapturedState state = _captured!.Value.State;
            ThreadPool.UnsafeQueueUserWorkItem(_ => Report(op, () => state.Read(op)), null);
        }
        else if (op.Kind is SnapshotOpKind.Release or SnapshotOpKind.AbandonRestore)
        {
            LetGo(() => Drop(op));
        }
        else
        {
            Report(op, () => Step(op));
        }
    }

    private int Step(in SnapshotOp op)
    {
        switch (op.Kind)
        {
            case SnapshotOpKind.Capture:
                if (_machine.Capture() is not { } source)
                {
                    return -1;
                }

                _captured = (op.Number, new CapturedState(source));
                break;
            case SnapshotOpKind.BeginRestore:
                _sink?.Dispose();
                _sink = _machine.BeginRestore();
                break;
            case SnapshotOpKind.Restore:
                _sink!.Write(op.Buffer.Span);
                break;
            default:
                _sink!.Commit();
                _sink.Dispose();
                _sink = null;
                break;
        }

        return 0;
    }

    private void Drop(in SnapshotOp op)
    {
        if (op.Kind == SnapshotOpKind.AbandonRestore)
        {
            _sink?.Dispose();
            _sink = null;
        }
        else if (_captured is { } captured && captured.Number == op.Number)
        {
            _captured = null;
            captured.State.Dispose();
        }
    }

    // A state machine that cannot even let go is as broken as one that cannot apply; it must not take the process with it.
    private void LetGo(Action dispose)
    {
        try
        {
            dispose();
        }
        catch (Exception e)
        {
            _failed(new ServerFailedException($"the state machine failed to let go of a snapshot: {e.Message}", e));
        }
    }

    private void Report(in SnapshotOp op, Func<int> step)
    {
        SnapshotOpResult result;
        try
        {
            int length = step();
            bool takesNone = op.Kind == SnapshotOpKind.Capture && length < 0;
            string error = takesNone ? $"{_machine.Inner.GetType().Name} takes no snapshots" : "";
            result = new SnapshotOpResult(op.Kind, length, error);
        }
        catch (Exception e)
        {
            result = new SnapshotOpResult(op.Kind, 0, $"the state machine failed: {e.Message}");
        }

        _inbox.TryPost(ServerInput.SnapshotStep(op.Number, result));
    }

    // Commands to apply, or, when it has a number, a question or a step towards a snapshot.
    private readonly record struct Job(
        ReadOnlyMemory<AppliedEntry> Entries,
        LogIndex Through,
        ulong? Question,
        ReadOnlyMemory<byte> Query,
        SnapshotOp Snapshot);

    // Read by one thread, let go of by another, at any time.
    private sealed class CapturedState(ISnapshotSource source) : IDisposable
    {
        private readonly Lock _gate = new();
        private bool _isReleased;

        public int Read(in SnapshotOp op)
        {
            lock (_gate)
            {
                return _isReleased ? 0 : op.Fill(source);
            }
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (!_isReleased)
                {
                    _isReleased = true;
                    source.Dispose();
                }
            }
        }
    }
}
