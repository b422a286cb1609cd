using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// One server of a <see cref="LocalCluster"/>. It can be stopped, killed and started again; as an <see cref="IOperator"/>
/// it stands for whichever incarnation runs. Thread-safe, but one start or stop at a time.
/// </summary>
public sealed class LocalServer : IOperator
{
    private readonly LocalClusterOptions _cluster;
    private readonly Action<LocalServer, ServerEvent> _raised;
    private readonly Action<LocalServer, ServerFailedException> _failed;
    private readonly MemoryDisk _memory = new();
    private OpenTransport? _opened;
    private ServerHost? _host;

    internal LocalServer(
        LocalClusterOptions cluster,
        RaftServerOptions options,
        Action<LocalServer, ServerEvent> raised,
        Action<LocalServer, ServerFailedException> failed)
    {
        _cluster = cluster;
        Options = options;
        _raised = raised;
        _failed = failed;
    }

    /// <inheritdoc/>
    public string Name => Options.Name;

    /// <inheritdoc/>
    public string Region => Options.Region;

    /// <summary>The Raft address; the same after every start.</summary>
    public ServerAddress Address => Options.Address;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => _host is { Completion.IsCompleted: false };

    /// <summary>How the latest incarnation last stood.</summary>
    public ServerStatus Status => _host?.Status ?? ServerStatus.Unknown;

    internal RaftServerOptions Options { get; }

    /// <inheritdoc/>
    public Task<ServerReply> RequestAsync(ServerRequest request, CancellationToken cancellationToken = default) =>
        _host is { } host
            ? host.RequestAsync(request, cancellationToken)
            : Task.FromResult<ServerReply>(new ErrorReply(ServerErrorKind.Refused, $"{Name} is not running"));

    /// <summary>
    /// Starts it, or starts it again with the data it had. Throws <see cref="ServerFailedException"/> with one clear line
    /// when it cannot, and <see cref="InvalidOperationException"/> when it runs.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException($"{Name} runs already");
        }

        Listen();
        OpenTransport opened = _opened!;
        _opened = null;
        ServerHost host = new(
            Options,
            _cluster.StateMachine?.Invoke(Name),
            _cluster.Time,
            _cluster.Loggers,
            null,
            new ServerParts(
                opened.HandOver,
                completed => ServerParts.OpenDiskOf(Options, _memory, completed)));
        host.Subscribe(serverEvent => _raised(this, serverEvent));
        _host = host;
        await host.StartAsync(cancellationToken).ConfigureAwait(false);
        _ = WatchAsync(host);
    }

    /// <summary>Stops it; whoever waits for an answer is told so. Does nothing when it does not run.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) =>
        _host?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>
    /// Stops it as a crash would: from this moment it sends and writes nothing more, not even what it was about to.
    /// </summary>
    public Task KillAsync(CancellationToken cancellationToken = default) =>
        _host?.KillAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Opens the listener, so that the address is known before any server starts.</summary>
    internal void Listen()
    {
        if (_opened is null)
        {
            if (Options.Problems() is [string problem, ..])
            {
                throw new ServerFailedException(problem);
            }

            _opened = OpenTransport.Of(Options, _cluster.Loggers);
            Options.Address = _opened.Address;
            if (_opened.Transport is TcpTransport tcp)
            {
                // Started again, it has to be where it was.
                Options.Bind = tcp.BoundEndPoint;
            }
        }
    }

    /// <summary>Closes a listener that no server took over.</summary>
    internal async ValueTask CloseListenerAsync()
    {
        if (_opened is { } opened)
        {
            _opened = null;
            await opened.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task WatchAsync(ServerHost host)
    {
        try
        {
            await host.Completion.ConfigureAwait(false);
        }
        catch (ServerFailedException e)
        {
            _failed(this, e);
        }
    }
}
