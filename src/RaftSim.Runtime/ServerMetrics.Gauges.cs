using System.Diagnostics.Metrics;
using RaftSim.Autopilot;
using RaftSim.Raft;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>Where the gauges of a server look. Called by whoever collects, on any thread.</summary>
/// <param name="Status">How the server last stood.</param>
/// <param name="Now">The server's clock.</param>
/// <param name="InboxDepth">Inputs that wait for the loop.</param>
/// <param name="Waiting">Callers that wait for an answer.</param>
/// <param name="Disk">The disk, when it has a queue.</param>
/// <param name="Apply">The apply stage, once there is one.</param>
/// <param name="Transport">The transport, when its queues can be seen.</param>
internal sealed record MeasuredParts(
    Func<ServerStatus> Status,
    Func<MonoTime> Now,
    Func<int> InboxDepth,
    Func<int> Waiting,
    Func<FileDisk?> Disk,
    Func<ApplyStage?> Apply,
    Func<TcpTransport?> Transport);

// What is looked at when somebody collects. Nothing here touches the server: the loop leaves what it shows behind.
public sealed partial class ServerMetrics
{
    // What the leader knows of the others changes with every message, and is laid out anew at most this often.
    private static readonly TimeSpan _leadingInterval = TimeSpan.FromMilliseconds(10);

    private readonly RaftServerOptions _options;
    private readonly MeasuredParts _parts;
    private readonly Instrument[] _followerGauges;
    private readonly Instrument[] _autopilotGauges;
    private LeaderView? _leading;
    private long _leadingAt;

    private void ObserveLog()
    {
        OfStatus("raftsim.term", "{term}", "Raft term.", status => (long)status.Term.Value);
        OfStatus("raftsim.role", "{role}", "0 follower, 1 pre-candidate, 2 candidate, 3 leader.",
            status => (long)status.Role);
        OfStatus("raftsim.log.last_index", "{entry}", "Last index of the log.", status => (long)status.LastIndex.Value);
        OfStatus("raftsim.log.commit_index", "{entry}", "Last committed index.", status => (long)status.Commit.Value);
        OfStatus("raftsim.log.applied_index", "{entry}", "Last applied index.", status => (long)status.Applied.Value);
        OfStatus("raftsim.log.start_index", "{entry}", "The index before the first entry of the log.",
            status => (long)status.LogStart.Index.Value);
        OfStatus("raftsim.log.snapshot_index", "{entry}", "Last index in the latest snapshot; 0 for none.",
            status => (long)status.Snapshot.Index.Value);
        OfStatus("raftsim.servers", "{server}", "Servers in the configuration.",
            status => status.Configuration.Servers.Length);
        OfStatus("raftsim.voters", "{server}", "Servers in the configuration that vote.",
            status => status.Configuration.VoterCount);
    }

    private void ObserveQueues()
    {
        Observe("raftsim.inbox.depth", "{input}", "Inputs that wait for the server's loop.", () => _parts.InboxDepth());
        Observe("raftsim.requests.waiting", "{request}", "Callers that wait for an answer.", () => _parts.Waiting());
        Observe("raftsim.disk.queue.depth", "{operation}", "Operations that wait for the disk's thread.",
            () => _parts.Disk()?.Depth);
        Observe("raftsim.apply.queue.depth", "{batch}", "Batches and queries that wait for the state machine's thread.",
            () => _parts.Apply()?.Depth);
        Observe("raftsim.sessions", "{session}", "Client sessions that are open.", () => _parts.Apply()?.SessionCount);
        _meter.CreateObservableGauge("raftsim.transport.queue.depth", MeasureTransport, "{message}",
            "Messages that wait for a connection, by peer and lane.");
    }

    private Instrument[] ObserveFollowers() =>
    [
        OfFollowers<long>("raftsim.follower.match_index", "{entry}", "Last index known to be durable there.",
            (_, follower) => (long)follower.Match.Value),
        OfFollowers<long>("raftsim.follower.next_index", "{entry}", "Next index to send there.",
            (_, follower) => (long)follower.Next.Value),
        OfFollowers<long>("raftsim.follower.lag", "{entry}", "Entries of the log not known to be durable there.",
            (leading, follower) => (long)leading.LastIndex.Value - (long)follower.Match.Value),
        OfFollowers<long>("raftsim.follower.state", "{state}", "0 probed, 1 replicated to, 2 told to fetch a snapshot.",
            (_, follower) => (long)follower.State),
        OfFollowers<double>("raftsim.follower.last_contact", "s", "Time since it last answered in this term.",
            (_, follower) => follower.LastContact is { } heard ? (_parts.Now() - heard).Nanos / 1e9 : null),
    ];

    private Instrument[] ObserveAutopilot() =>
    [
        Observe("raftsim.autopilot.healthy", "{state}", "1 when autopilot takes every server for healthy, else 0.",
            () => Volatile.Read(ref _leading)?.Autopilot is { } state ? Convert.ToInt64(state.Healthy) : null),
        Observe("raftsim.autopilot.failure_tolerance", "{server}", "Healthy voters that may fail, a quorum remaining.",
            () => Volatile.Read(ref _leading)?.Autopilot?.FailureTolerance),
    ];

    // On the loop's thread. A leader's rounds come with its heartbeats at the least: what is shown is hardly older.
    private void PublishLeading(ServerNode node)
    {
        bool isWanted = Array.Exists(_followerGauges, gauge => gauge.Enabled)
            || Array.Exists(_autopilotGauges, gauge => gauge.Enabled);
        if (!isWanted || node.Raft is not { Status: { Role: RaftRole.Leader } status } raft)
        {
            if (_leading is not null)
            {
                Volatile.Write(ref _leading, null);
            }

            return;
        }

        long now = _time.GetTimestamp();
        if (_leading is not null && _leading.Term == status.Term
            && _time.GetElapsedTime(_leadingAt, now) < _leadingInterval)
        {
            return;
        }

        _leadingAt = now;
        Volatile.Write(ref _leading, new LeaderView(
            status.Term, status.LastIndex, status.Configuration, raft.GetProgress(), node.AutopilotState));
    }

    private void OfStatus(string name, string unit, string description, Func<ServerStatus, long> read) =>
        Observe(name, unit, description, () => _parts.Status() is { IsStarted: true } status ? read(status) : null);

    private ObservableGauge<long> Observe(string name, string unit, string description, Func<long?> read) =>
        _meter.CreateObservableGauge(name, () => Measure(read), unit, description);

    private IEnumerable<Measurement<long>> Measure(Func<long?> read) =>
        !_isDisposed && read() is { } value ? [new Measurement<long>(value, _server)] : [];

    private ObservableGauge<T> OfFollowers<T>(
        string name, string unit, string description, Func<LeaderView, ProgressStatus, T?> read)
        where T : struct =>
        _meter.CreateObservableGauge(name, () => MeasureFollowers(read), unit, description);

    private IEnumerable<Measurement<T>> MeasureFollowers<T>(Func<LeaderView, ProgressStatus, T?> read)
        where T : struct
    {
        if (_isDisposed || Volatile.Read(ref _leading) is not { } leading)
        {
            yield break;
        }

        foreach (ProgressStatus follower in leading.Followers)
        {
            if (read(leading, follower) is not { } value)
            {
                continue;
            }

            KeyValuePair<string, object?> id = new("follower.id", follower.Server.Value);
            yield return NameOf(leading.Configuration, follower.Server) is { } name
                ? new Measurement<T>(value, _server, id, new("follower.name", name))
                : new Measurement<T>(value, _server, id);
        }
    }

    // By the list of the operator, which has addresses.
    private string? NameOf(Configuration configuration, ServerId id)
    {
        ServerAddress address = configuration.TryFind(id, out ConfiguredServer server) ? server.Address : default;
        string? name = address.IsNone ? null : _options.Peers.FirstOrDefault(peer => peer.Address == address).Name;
        return string.IsNullOrEmpty(name) ? null : name;
    }

    private IEnumerable<Measurement<int>> MeasureTransport()
    {
        if (_isDisposed || _parts.Transport() is not { } transport)
        {
            return [];
        }

        return transport.Queues().Select(queue => new Measurement<int>(
            queue.Messages, _server, new("peer.address", queue.Peer.Value), new("lane", queue.Lane.ToString())));
    }

    // As the leader last laid it out.
    private sealed record LeaderView(
        Term Term,
        LogIndex LastIndex,
        Configuration Configuration,
        IReadOnlyList<ProgressStatus> Followers,
        AutopilotState? Autopilot);
}
