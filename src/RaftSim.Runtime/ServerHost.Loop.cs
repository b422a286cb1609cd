using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Runtime;

// The loop: the one thread that touches the server. What the server says is collected while it works and delivered when it
// is done, so that an observer always finds a status that is as new as what it is told.
public sealed partial class ServerHost
{
    private readonly List<(ulong RequestId, ServerReply Reply)> _replies = [];
    private readonly List<ServerEvent> _events = [];
    private readonly Observers<Action<ServerEvent>> _observers = new();
    private ServerStatus _status = ServerStatus.Unknown;
    private ServerFailedException? _failure;

    /// <summary>
    /// Calls <paramref name="observer"/> with every event from now on, on the server's own thread: it must be quick and
    /// must not wait for this server. Dispose the result to end it.
    /// </summary>
    public IDisposable Subscribe(Action<ServerEvent> observer) => _observers.Add(observer);

    private void Run()
    {
        try
        {
            while (_inbox.TryTake(_node!.NextDeadline, out ReadOnlySpan<ServerInput> inputs))
            {
                long? startedAt = _metrics.BeginRound();

                // Read behind the inbox: neither a promise nor an answer that rests on a lease is older than what
                // asked for it.
                _node.Handle(inputs, _clock.Now);
                PublishStatus();
                _metrics.Handled(_node, startedAt);
                DeliverReplies();
                DeliverEvents();
                _metrics.EndRound(startedAt);
            }
        }
        catch (Exception e)
        {
            // A broken invariant, or a fault nobody thought of: the state is not to be trusted, so nothing more leaves.
            Fail(new ServerFailedException($"{Name} is broken: {ServerLog.LineOf(e)}", e));
        }
        finally
        {
            _loopEnded.SetResult();
        }
    }

    // From any thread; the first reason stays.
    private void Fail(Exception reason)
    {
        lock (_lifecycle)
        {
            _failure ??= reason as ServerFailedException ?? new ServerFailedException(ServerLog.LineOf(reason), reason);
            _isStopping = true;
            _inbox.Close();
        }
    }

    private void PublishStatus()
    {
        if (_node!.Raft is not { } raft)
        {
            return;
        }

        RaftStatus now = raft.Status;
        ServerStatus last = _status;
        if (last.Role != now.Role || last.Term != now.Term || last.Leader != now.Leader || last.Commit != now.Commit
            || last.LastIndex != now.LastIndex || last.Applied != now.Applied || last.Cluster != _node.Cluster
            || last.LogStart != now.LogStart || last.Snapshot != now.Snapshot
            || last.ConfigurationIndex != now.ConfigurationIndex || last.IsStarted != _node.IsStarted)
        {
            Volatile.Write(ref _status, new ServerStatus
            {
                IsStarted = _node.IsStarted,
                Id = _node.Id,
                Disk = _node.Disk,
                Cluster = _node.Cluster,
                Role = now.Role,
                Term = now.Term,
                Leader = now.Leader,
                LogStart = now.LogStart,
                Snapshot = now.Snapshot,
                LastIndex = now.LastIndex,
                Commit = now.Commit,
                Applied = now.Applied,
                ConfigurationIndex = now.ConfigurationIndex,
                Configuration = now.Configuration,
            });
        }

        if (_node.IsStarted)
        {
            _started.TrySetResult();
        }
    }

    private void DeliverReplies()
    {
        foreach ((ulong requestId, ServerReply reply) in _replies)
        {
            Answer(requestId, reply);
        }

        _replies.Clear();
    }

    private void DeliverEvents()
    {
        foreach (ServerEvent serverEvent in _events)
        {
            _metrics.Raised(serverEvent.Kind);
            if (serverEvent.Kind == ServerEventKind.Fatal)
            {
                Fail(new ServerFailedException(serverEvent.Text));
            }
            else
            {
                ServerLog.Raised(_eventLogger, Name, serverEvent);
            }

            foreach (Action<ServerEvent> observer in _observers.All)
            {
                try
                {
                    observer(serverEvent);
                }
                catch (Exception e)
                {
                    ServerLog.ObserverFailed(_logger, Name, serverEvent.Text, e);
                }
            }
        }

        _events.Clear();
    }

    private sealed class Outcomes(ServerHost host) : IServerEvents
    {
        public void Replied(ulong requestId, ServerReply reply) => host._replies.Add((requestId, reply));

        public void Raised(in ServerEvent serverEvent) => host._events.Add(serverEvent);
    }
}
