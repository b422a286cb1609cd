using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// Runs one server in this process: a thread that hands inputs to its <see cref="ServerNode"/> and sleeps until the next
/// input or deadline, a thread for the user's state machine, a transport and a data folder. Thread-safe. Starts once.
/// </summary>
public sealed partial class ServerHost : IOperator, IAsyncDisposable
{
    /// <summary>
    /// The category under which events are logged, and why a server failed: the rest is logged under this type's name.
    /// </summary>
    public const string EventLogCategory = "RaftSim.Events";

    // Enough for several rounds of a large cluster; what is lost beyond it is sent again.
    private const int ReceivedMax = 4_096;

    private readonly RaftServerOptions _options;
    private readonly IStateMachine? _stateMachine;
    private readonly ILogger _logger;
    private readonly ILogger _eventLogger;
    private readonly TimeProvider _time;
    private readonly ServerParts _parts;
    private readonly MonotonicClock _clock;
    private readonly Inbox _inbox;
    private readonly ServerMetrics _metrics;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _loopEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lifecycle = new();

    private ITransport? _transport;
    private IDisk? _disk;
    private ApplyStage? _apply;
    private ServerNode? _node;
    private bool _hasStarted;
    private volatile bool _isKilled;

    /// <summary>Prepares a server; nothing is opened before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Settings; must not change any more.</param>
    /// <param name="stateMachine">The user's own state machine, a fresh one; <see langword="null"/> for none.</param>
    /// <param name="time">Where time comes from; <see langword="null"/>: the system.</param>
    /// <param name="loggers">Where it logs; <see langword="null"/>: nowhere.</param>
    /// <param name="meters">Makes the meter; <see langword="null"/>: the server makes its own.</param>
    public ServerHost(
        RaftServerOptions options,
        IStateMachine? stateMachine = null,
        TimeProvider? time = null,
        ILoggerFactory? loggers = null,
        IMeterFactory? meters = null)
        : this(options, stateMachine, time, loggers, meters, ServerParts.Of(options, loggers))
    {
    }

    internal ServerHost(
        RaftServerOptions options,
        IStateMachine? stateMachine,
        TimeProvider? time,
        ILoggerFactory? loggers,
        IMeterFactory? meters,
        ServerParts parts)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _stateMachine = stateMachine;
        _time = time ?? TimeProvider.System;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<ServerHost>();
        _eventLogger = (loggers ?? NullLoggerFactory.Instance).CreateLogger(EventLogCategory);
        _parts = parts;
        _clock = new MonotonicClock(_time);
        _inbox = new Inbox(_clock, ReceivedMax);
        _metrics = new ServerMetrics(meters, options, _time, new MeasuredParts(
            () => Status, () => _clock.Now, () => _inbox.Depth, CountCalls,
            () => _disk as FileDisk, () => _apply, () => _transport as TcpTransport));
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public string Region => _options.Region;

    /// <summary>The Raft address that others reach it at; none before <see cref="StartAsync"/> was called.</summary>
    public ServerAddress Address { get; private set; }

    /// <summary>How the server last stood.</summary>
    public ServerStatus Status => Volatile.Read(ref _status);

    /// <summary>
    /// Ends when the server has stopped and let go of everything. Fails with <see cref="ServerFailedException"/> when it
    /// stopped because it could not go on.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Opens transport and data folder and starts the server; returns when it has read its folder and takes part.
    /// Throws <see cref="ServerFailedException"/> with one clear line when a setting is wrong, the address or the folder is
    /// in use, or the folder cannot be read. Cancelling stops it again.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        lock (_lifecycle)
        {
            if (_hasStarted || _isStopping)
            {
                throw new InvalidOperationException($"{Name} was started or stopped already: make a new host");
            }

            _hasStarted = true;
        }

        try
        {
            Open();
        }
        catch (Exception e)
        {
            Fail(e as ServerFailedException ?? new ServerFailedException(ServerLog.LineOf(e), e));
            await CloseAsync().ConfigureAwait(false);
            throw _failure!;
        }

        lock (_calling)
        {
            _isClosedToCalls = false;
        }

        new Thread(Run) { Name = $"raft {Name}", IsBackground = true }.Start();
        _ = CloseWhenEndedAsync();
        try
        {
            await _started.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Stops the server: whoever waits is answered, threads end, transport and data folder are let go. Does nothing the
    /// second time, and does not throw for a server that had failed. Cancelling stops waiting, not stopping.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => StopAsync(isKilled: false, cancellationToken);

    /// <summary>
    /// Stops the server as a crash would: from this moment it sends nothing more and hands no further
    /// write to its disk.
    /// </summary>
    internal Task KillAsync(CancellationToken cancellationToken = default) => StopAsync(isKilled: true, cancellationToken);

    /// <summary>Stops the server.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task StopAsync(bool isKilled, CancellationToken cancellationToken)
    {
        bool isRunning;
        lock (_lifecycle)
        {
            isRunning = _hasStarted;
            _isKilled |= isKilled;
            if (!_isStopping)
            {
                _isStopping = true;
                _inbox.Close();
            }
        }

        if (!isRunning)
        {
            await CloseAsync().ConfigureAwait(false);
        }

        await Completion.WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Open()
    {
        if (_options.Problems() is [string problem, ..])
        {
            throw new ServerFailedException(problem);
        }

        (_transport, Address) = _parts.OpenTransport(TakeReceived);
        _disk = _parts.OpenDisk(completion => _inbox.TryPost(ServerInput.DiskCompleted(completion)));
        (_disk as FileDisk)?.Measure(_metrics);
        _apply = new ApplyStage(Name, _stateMachine, _inbox, Fail) { Metrics = _metrics };
        ServerLog.Starting(_logger, Name, Address, _options.DataFolder ?? "memory");
        _node = new ServerNode(
            _options.ToServerOptions(Address, _clock.WallClockOrigin),
            new Outbox(this, _transport),
            new Severable(this, _disk),
            _apply,
            new Outcomes(this),
            new Prng(BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)))),
            _clock.Now);
    }

    private void TakeReceived(Envelope envelope) =>
        _metrics.Received(envelope.Message, _inbox.TryPostReceived(envelope));

    private async Task CloseWhenEndedAsync()
    {
        await _loopEnded.Task.ConfigureAwait(false);
        await CloseAsync().ConfigureAwait(false);
    }

    // The transport first: others see at once that nobody is here. The folder last: it may be opened again from then on.
    private async Task CloseAsync()
    {
        AnswerEverybody();
        await DisposeAsync(_transport, "the transport").ConfigureAwait(false);
        if (_apply is not null)
        {
            _apply.Stop();
            await _apply.Ended.ConfigureAwait(false);
        }

        await DisposeAsync(_disk, "the data folder").ConfigureAwait(false);
        _metrics.Dispose();
        if (_failure is null)
        {
            ServerLog.Stopped(_logger, Name);
            _started.TrySetException(new ServerFailedException($"{Name} was stopped before it had started"));
            _completion.TrySetResult();
        }
        else
        {
            ServerLog.Failed(_eventLogger, Name, _failure.Message, _failure.InnerException);
            _started.TrySetException(_failure);
            _completion.TrySetException(_failure);
        }

        // Looked at here: what nobody awaits must not come up again in a finalizer.
        _ = _started.Task.Exception;
        _ = _completion.Task.Exception;
    }

    private async Task DisposeAsync(object? part, string name)
    {
        try
        {
            if (part is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (part as IDisposable)?.Dispose();
            }
        }
        catch (Exception e)
        {
            ServerLog.DisposeFailed(_logger, Name, name, e);
        }
    }

    // Counts what leaves; nothing does after a crash.
    private sealed class Outbox(ServerHost host, ITransport transport) : ITransport
    {
        public bool TrySend(in Envelope envelope)
        {
            bool isQueued = !host._isKilled && transport.TrySend(envelope);
            host._metrics.Sent(envelope.Message, isQueued);
            return isQueued;
        }
    }

    private sealed class Severable(ServerHost host, IDisk disk) : IDisk
    {
        public void Submit(in DiskOp op)
        {
            if (!host._isKilled)
            {
                disk.Submit(op);
            }
        }
    }
}
