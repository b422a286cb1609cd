using System.Globalization;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// Several servers in one process, each with its own listener and data folder: for development, demonstrations and tests.
/// They are real: they talk over TCP and write files, and each can be stopped, killed and started again.
/// </summary>
public sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>Most servers of a local cluster.</summary>
    public const int ServersMax = 9;

    private readonly LocalServer[] _servers;
    private bool _hasStarted;
    private readonly Observers<Action<LocalServer, ServerEvent>> _observers = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// Prepares the servers; nothing is opened before <see cref="StartAsync"/>. Throws
    /// <see cref="ArgumentOutOfRangeException"/> when the number of servers is not 1 to 9.
    /// </summary>
    public LocalCluster(LocalClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Servers is < 1 or > ServersMax)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"Servers {options.Servers}: must be 1 to {ServersMax}");
        }

        _servers = new LocalServer[options.Servers];
        for (int i = 0; i < _servers.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"s{i + 1}");
            RaftServerOptions server = new()
            {
                Name = name,
                DataFolder = options.DataFolder is null ? null : Path.Combine(options.DataFolder, name),
                Bind = options.Bind(i),
            };
            options.Configure?.Invoke(server);
            _servers[i] = new LocalServer(options, server, Raised, Failed);
        }
    }

    /// <summary>The servers, s1 first.</summary>
    public IReadOnlyList<LocalServer> Servers => _servers;

    /// <summary>
    /// A server that leads as far as it knows, that of the newest term; <see langword="null"/> if there is none.
    /// </summary>
    public LocalServer? Leader => _servers
        .Where(server => server is { IsRunning: true, Status.Role: RaftRole.Leader })
        .MaxBy(server => server.Status.Term);

    /// <summary>
    /// Ends when the cluster is disposed. Fails with <see cref="ServerFailedException"/> as soon as one of its servers
    /// stopped because it could not go on.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Starts all servers. Throws <see cref="ServerFailedException"/> with one clear line when one cannot start; the others
    /// are stopped again then. Throws <see cref="InvalidOperationException"/> the second time.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_hasStarted)
        {
            throw new InvalidOperationException("the cluster was started already: start single servers, or make a new cluster");
        }

        _hasStarted = true;
        try
        {
            // All listeners first: a server has to know the addresses of all when it starts.
            foreach (LocalServer server in _servers)
            {
                server.Listen();
            }

            foreach (LocalServer server in _servers)
            {
                foreach (LocalServer peer in _servers)
                {
                    server.Options.Peers.Add(new ListedPeer(peer.Name, peer.Address));
                }
            }

            foreach (LocalServer server in _servers)
            {
                await server.StartAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Calls <paramref name="observer"/> with every event of every server from now on, on that server's own thread, so
    /// possibly for several servers at once: it must be quick and must not wait for a server. Dispose the result to end it.
    /// </summary>
    public IDisposable Subscribe(Action<LocalServer, ServerEvent> observer) => _observers.Add(observer);

    /// <summary>Waits until a server leads. Throws <see cref="ServerFailedException"/> when a server fails meanwhile.</summary>
    public async Task<LocalServer> WaitForLeaderAsync(CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<LocalServer> found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable subscription = Subscribe((_, _) => Look());
        Look();
        Task first = await Task.WhenAny(found.Task, Completion).WaitAsync(cancellationToken).ConfigureAwait(false);
        await first.ConfigureAwait(false);
        return await found.Task.WaitAsync(cancellationToken).ConfigureAwait(false);

        void Look()
        {
            if (Leader is { } leader)
            {
                found.TrySetResult(leader);
            }
        }
    }

    /// <summary>Stops all servers.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_servers.Select(server => server.StopAsync())).ConfigureAwait(false);
        foreach (LocalServer server in _servers)
        {
            await server.CloseListenerAsync().ConfigureAwait(false);
        }

        _completion.TrySetResult();
    }

    private void Raised(LocalServer server, ServerEvent serverEvent)
    {
        foreach (Action<LocalServer, ServerEvent> observer in _observers.All)
        {
            observer(server, serverEvent);
        }
    }

    private void Failed(LocalServer server, ServerFailedException reason)
    {
        _completion.TrySetException(reason);
        _ = _completion.Task.Exception;
    }
}
