using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// A client session: its commands are applied once, although it repeats them, through one server after the other, until
/// it has their results. Thread-safe; up to <see cref="Limits.SessionWindow"/> commands are under way at a time, further ones
/// wait for their turn. Source: dissertation §6.3.
/// </summary>
public sealed class ClientSession : IAsyncDisposable
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<IOperator> _servers;
    private readonly ClientSessionOptions _options;
    private readonly SessionNumbers _numbers = new();
    private readonly CancellationTokenSource _isEnding = new();
    private readonly Task _keeping;
    private long _usedAt;
    private int _server;

    private ClientSession(IReadOnlyList<IOperator> servers, ClientSessionOptions options, LogIndex id)
    {
        _servers = servers;
        _options = options;
        Id = id;
        _usedAt = options.Time.GetTimestamp();
        _keeping = options.KeepsAlive ? KeepAliveAsync() : Task.CompletedTask;
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

        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        // One that was opened unheard stays unused, and expires.
        ClientSession opener = new(servers, options with { KeepsAlive = false }, LogIndex.Zero);
        OpenSessionRequest open = new(options.Lifetime);
        ServerReply opened =
            await opener.AskAsync(() => open, options.Time.GetTimestamp(), cancellationToken).ConfigureAwait(false);
        return opened switch
        {
            SessionReply reply => new ClientSession(servers, options, reply.Session),
            ErrorReply error => throw new ServerFailedException($"no session could be opened: {error.Text}"),
            _ => throw new InvariantException($"a session is not opened by {opened}"),
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

        long startedAt = _options.Time.GetTimestamp();
        ulong number = await _numbers.TakeAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskAsync(
                () => new ProposeRequest(payload) { Session = new SessionNumber(Id, number, _numbers.OldestOpen) },
                startedAt,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Answered or given up: nobody will ask for it again, and what is still on its way is not applied any more once
            // a later command was.
            _numbers.End(number);
        }
    }

    /// <summary>
    /// Keeps the session from expiring for another lifetime. Answer: <see cref="DoneReply"/> or <see cref="ErrorReply"/>.
    /// </summary>
    public Task<ServerReply> KeepAsync(CancellationToken cancellationToken = default) => AskAsync(
        () => new KeepSessionRequest(Id, _numbers.OldestOpen), _options.Time.GetTimestamp(), cancellationToken);

    /// <summary>
    /// Ends the session: asks each server once, until one has done it, which takes as long as a server waits for a leader.
    /// Without success the session expires, in its time.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_isEnding.IsCancellationRequested)
        {
            return;
        }

        await _isEnding.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        int first = Volatile.Read(ref _server);
        for (int i = 0; i < _servers.Count; i++)
        {
            IOperator server = _servers[(first + i) % _servers.Count];
            if (await server.RequestAsync(new CloseSessionRequest(Id)).ConfigureAwait(false) is not ErrorReply)
            {
                break;
            }
        }

        _isEnding.Dispose();
    }

    // The same request, through one server after the other, until one has a result.
    private async Task<ServerReply> AskAsync(
        Func<ServerRequest> request, long startedAt, CancellationToken cancellationToken)
    {
        TimeSpan pause = _firstPause;
        ErrorReply? unknown = null;
        while (true)
        {
            int asked = Volatile.Read(ref _server);
            long askedAt = _options.Time.GetTimestamp();
            ServerReply reply = await _servers[asked].RequestAsync(request(), cancellationToken).ConfigureAwait(false);
            if (reply is not ErrorReply error)
            {
                NoteUse(askedAt);
                return reply;
            }

            unknown = error.Kind == ServerErrorKind.OutcomeUnknown ? error : unknown;
            if (error.Kind == ServerErrorKind.SessionGone)
            {
                return error;
            }

            if (_options.Time.GetElapsedTime(startedAt) >= ToTimeSpan(_options.RepeatFor))
            {
                return unknown ?? error;
            }

            Interlocked.CompareExchange(ref _server, (asked + 1) % _servers.Count, asked);
            await Task.Delay(pause, _options.Time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
        }
    }

    // The leader has stamped it no earlier than it was asked for.
    private void NoteUse(long askedAt)
    {
        long before = Volatile.Read(ref _usedAt);
        while (askedAt > before)
        {
            before = Interlocked.CompareExchange(ref _usedAt, askedAt, before) is var seen && seen == before ? askedAt : seen;
        }
    }

    // Whenever it was not used for a third of its lifetime, until it ends; one keep at a time.
    private async Task KeepAliveAsync()
    {
        TimeSpan third = ToTimeSpan(_options.Lifetime / 3);
        try
        {
            while (true)
            {
                TimeSpan left = third - _options.Time.GetElapsedTime(Volatile.Read(ref _usedAt));
                if (left > TimeSpan.Zero)
                {
                    await Task.Delay(left, _options.Time, _isEnding.Token).ConfigureAwait(false);
                    continue;
                }

                ServerReply reply = await KeepAsync(_isEnding.Token).ConfigureAwait(false);
                if (reply is ErrorReply { Kind: ServerErrorKind.SessionGone })
                {
                    // Whoever uses the session next is told.
                    return;
                }

                if (reply is ErrorReply)
                {
                    await Task.Delay(_longestPause, _options.Time, _isEnding.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_isEnding.IsCancellationRequested)
        {
            // It is being disposed of.
        }
    }

    private static TimeSpan ToTimeSpan(Duration duration) => TimeSpan.FromTicks(duration.Nanos / TimeSpan.NanosecondsPerTick);
}
