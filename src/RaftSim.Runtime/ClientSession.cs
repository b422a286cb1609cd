using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// A client session: its commands are applied once, although it repeats them, through one server after the other, until
/// it has their results. Thread-safe; up to <see cref="Limits.SessionWindow"/> commands are under way at a time, further ones
/// wait. Source: dissertation §6.3.
/// </summary>
public sealed class ClientSession : IAsyncDisposable
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<IOperator> _servers;
    private readonly ClientSessionOptions _options;
    private readonly ITimer? _keeper;
    private readonly Lock _numbering = new();
    private readonly SortedSet<ulong> _open = [];
    private TaskCompletionSource _oneIsOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _last;
    private int _server;
    private volatile bool _isUsed;

    private ClientSession(IReadOnlyList<IOperator> servers, ClientSessionOptions options, LogIndex id)
    {
        _servers = servers;
        _options = options;
        Id = id;
        TimeSpan third = ToTimeSpan(options.Lifetime / 3);
        _keeper = options.KeepsAlive ? options.Time.CreateTimer(_ => _ = KeepIfUnusedAsync(), null, third, third) : null;
    }

    /// <summary>The session's name: the index of the entry that opened it.</summary>
    public LogIndex Id { get; }

    /// <summary>
    /// Opens a session. Throws <see cref="ArgumentException"/> without servers or for a setting out of its range, and
    /// <see cref="ServerFailedException"/> when none could be opened, as long as it was tried.
    /// </summary>
    /// <param name="servers">Servers of one cluster, to be asked in turn; requests find the leader by themselves.</param>
    /// <param name="options">Settings.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ClientSession> OpenAsync(
        IReadOnlyList<IOperator> servers,
        ClientSessionOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(servers);
        options ??= new ClientSessionOptions();
        if (servers.Count == 0)
        {
            throw new ArgumentException("no servers: at least one is needed", nameof(servers));
        }

        if (options.Lifetime < OpenSessionRequest.LifetimeMin || options.Lifetime > OpenSessionRequest.LifetimeMax)
        {
            throw new ArgumentException(
                $"Lifetime {options.Lifetime}: must be {OpenSessionRequest.LifetimeMin} to {OpenSessionRequest.LifetimeMax}",
                nameof(options));
        }

        if (options.RepeatFor < Duration.Zero)
        {
            throw new ArgumentException($"RepeatFor {options.RepeatFor}: must not be negative", nameof(options));
        }

        ClientSession opener = new(servers, options with { KeepsAlive = false }, LogIndex.Zero);

        // One that was opened unheard stays unused, and expires.
        OpenSessionRequest open = new(options.Lifetime);
        return await opener.AskAsync(() => open, cancellationToken).ConfigureAwait(false) switch
        {
            SessionReply reply => new ClientSession(servers, options, reply.Session),
            ErrorReply error => throw new ServerFailedException($"no session could be opened: {error.Text}"),
            ServerReply other => throw new InvariantException($"a session is not opened by {other}"),
        };
    }

    /// <summary>
    /// Has a command applied once. Answer: <see cref="CommandReply"/>; or <see cref="ErrorReply"/>: refused because it is too
    /// large, <see cref="ServerErrorKind.SessionGone"/>, or, after <see cref="ClientSessionOptions.RepeatFor"/>, why it did
    /// not come through, <see cref="ServerErrorKind.OutcomeUnknown"/> if it may be applied all the same.
    /// Cancelling gives the command up: whether it is applied remains unknown.
    /// </summary>
    /// <param name="payload">The command; must not change before the answer is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ServerReply> ProposeAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default)
    {
        if (payload.Length > Limits.CommandBytesMax)
        {
            return new ErrorReply(
                ServerErrorKind.Refused, $"command of {payload.Length} bytes: at most {Limits.CommandBytesMax} are allowed");
        }

        ulong number = await TakeNumberAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskAsync(
                () => new ProposeRequest(payload) { Session = new SessionNumber(Id, number, OldestOpen()) }, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            // Answered or given up: nobody will ask for it again, and what is still on its way is not applied any more once
            // a later command was.
            End(number);
        }
    }

    /// <summary>
    /// Keeps the session from expiring for another lifetime. Answer: <see cref="DoneReply"/> or <see cref="ErrorReply"/>.
    /// </summary>
    public Task<ServerReply> KeepAsync(CancellationToken cancellationToken = default)
    {
        KeepSessionRequest keep = new(Id);
        return AskAsync(() => keep, cancellationToken);
    }

    /// <summary>Ends the session: asks for it once. Without success it expires, in its time.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_keeper is not null)
        {
            await _keeper.DisposeAsync().ConfigureAwait(false);
        }

        await Current().RequestAsync(new CloseSessionRequest(Id)).ConfigureAwait(false);
    }

    // The same request, through one server after the other, until one has a result.
    private async Task<ServerReply> AskAsync(Func<ServerRequest> request, CancellationToken cancellationToken)
    {
        long startedAt = _options.Time.GetTimestamp();
        TimeSpan pause = _firstPause;
        ErrorReply? unknown = null;
        while (true)
        {
            _isUsed = true;
            int asked = Volatile.Read(ref _server);
            ServerReply reply = await _servers[asked].RequestAsync(request(), cancellationToken).ConfigureAwait(false);
            if (reply is not ErrorReply { Kind: not ServerErrorKind.SessionGone } error)
            {
                return reply;
            }

            unknown = error.Kind == ServerErrorKind.OutcomeUnknown ? error : unknown;
            if (_options.Time.GetElapsedTime(startedAt) >= ToTimeSpan(_options.RepeatFor))
            {
                return unknown ?? error;
            }

            Interlocked.CompareExchange(ref _server, (asked + 1) % _servers.Count, asked);
            await Task.Delay(pause, _options.Time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
        }
    }

    private async Task<ulong> TakeNumberAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task oneIsOver;
            lock (_numbering)
            {
                if (_open.Count == 0 || _last + 1 - _open.Min < Limits.SessionWindow)
                {
                    _open.Add(++_last);
                    return _last;
                }

                oneIsOver = _oneIsOver.Task;
            }

            await oneIsOver.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private ulong OldestOpen()
    {
        lock (_numbering)
        {
            return _open.Min;
        }
    }

    private void End(ulong number)
    {
        lock (_numbering)
        {
            _open.Remove(number);
            _oneIsOver.TrySetResult();
            _oneIsOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task KeepIfUnusedAsync()
    {
        if (!_isUsed)
        {
            // Whoever uses the session next learns what became of it.
            await KeepAsync().ConfigureAwait(false);
        }

        _isUsed = false;
    }

    private IOperator Current() => _servers[Volatile.Read(ref _server)];

    private static TimeSpan ToTimeSpan(Duration duration) => TimeSpan.FromTicks(duration.Nanos / TimeSpan.NanosecondsPerTick);
}
