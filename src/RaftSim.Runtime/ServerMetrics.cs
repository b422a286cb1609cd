using System.Diagnostics.Metrics;
using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Storage;

namespace RaftSim.Runtime;

/// <summary>
/// The measurements of one server, as instruments of the meter <see cref="MeterName"/>, each tagged with the server's
/// name. Durations are in seconds. What nobody listens to is not measured. Every instrument: docs/METRICS.md.
/// </summary>
public sealed partial class ServerMetrics : IDisposable
{
    /// <summary>The name of the meter: what to subscribe to.</summary>
    public const string MeterName = "RaftSim";

    // From what memory does to what a dying disk does. The usual default begins at 5 and is made for milliseconds.
    private static readonly InstrumentAdvice<double> _seconds = new()
    {
        HistogramBucketBoundaries =
        [
            0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005,
            0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
    };

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly TimeProvider _time;
    private readonly KeyValuePair<string, object?> _server;
    private readonly CommitTimes _commits = new();
    private readonly Counter<long> _events;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _received;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Histogram<double> _roundSeconds;
    private readonly Histogram<double> _commitSeconds;
    private readonly Histogram<double> _applySeconds;
    private readonly Histogram<double> _syncSeconds;
    private volatile bool _isDisposed;

    internal ServerMetrics(IMeterFactory? factory, RaftServerOptions options, TimeProvider time, MeasuredParts parts)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _time = time;
        _options = options;
        _parts = parts;
        _server = new KeyValuePair<string, object?>("server", options.Name);
        _events = _meter.CreateCounter<long>("raftsim.events", "{event}", "What an operator was told, by kind.");
        _sent = _meter.CreateCounter<long>("raftsim.messages.sent", "{message}", "Messages handed to the transport.");
        _received = _meter.CreateCounter<long>(
            "raftsim.messages.received", "{message}", "Messages taken from the transport.");
        _dropped = _meter.CreateCounter<long>(
            "raftsim.messages.dropped", "{message}", "Messages that were not taken, by direction.");
        _requests = _meter.CreateCounter<long>(
            "raftsim.requests", "{request}", "Requests answered, by kind and outcome.");
        _requestSeconds = Time("raftsim.request.duration", "From request to answer.");
        _roundSeconds = Time("raftsim.round.duration", "One round of the server's loop.");
        _commitSeconds = Time("raftsim.commit.duration",
            "On the leader, for each entry: from being taken by the loop to being known to be committed.");
        _applySeconds = Time("raftsim.apply.duration", "One batch of commands in the state machine.");
        _syncSeconds = Time("raftsim.disk.sync.duration", "One sync of a file or of the data folder.");
        ObserveLog();
        ObserveQueues();
        _followerGauges = ObserveFollowers();
        _autopilotGauges = ObserveAutopilot();
    }

    /// <summary>Ends the measurements.</summary>
    public void Dispose()
    {
        // A meter that others made lives on, and so do the gauges in it.
        _isDisposed = true;
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }

    internal void Raised(ServerEventKind kind)
    {
        if (_events.Enabled)
        {
            _events.Add(1, _server, new("kind", Enum.GetName(kind)));
        }
    }

    internal void Sent(ServerMessage message, bool isQueued)
    {
        if (!_sent.Enabled && !_dropped.Enabled)
        {
            return;
        }

        var kind = new KeyValuePair<string, object?>("kind", KindOf(message));
        if (isQueued)
        {
            _sent.Add(1, _server, kind);
        }
        else
        {
            _dropped.Add(1, _server, kind, new("direction", "out"));
        }
    }

    internal void Received(ServerMessage message, bool isQueued)
    {
        if (!_received.Enabled && !_dropped.Enabled)
        {
            return;
        }

        var kind = new KeyValuePair<string, object?>("kind", KindOf(message));
        if (isQueued)
        {
            _received.Add(1, _server, kind);
        }
        else
        {
            _dropped.Add(1, _server, kind, new("direction", "in"));
        }
    }

    internal long? BeginRequest() => Start(_requestSeconds.Enabled);

    internal void Answered(ServerRequest request, ServerReply reply, long? askedAt)
    {
        if (!_requests.Enabled && askedAt is null)
        {
            return;
        }

        var kind = new KeyValuePair<string, object?>("kind", request.GetType().Name);
        string? outcome = reply is ErrorReply error ? Enum.GetName(error.Kind) : "Done";
        _requests.Add(1, _server, kind, new("outcome", outcome));
        if (askedAt is { } at)
        {
            _requestSeconds.Record(_time.GetElapsedTime(at).TotalSeconds, _server, kind);
        }
    }

    /// <summary>A round of the loop begins. Nothing when nobody wants to know how long it takes.</summary>
    internal long? BeginRound() => Start(_roundSeconds.Enabled || _commitSeconds.Enabled);

    /// <summary>The server handled what the round brought; on the loop's thread, before anybody is answered.</summary>
    internal void Handled(ServerNode node, long? startedAt)
    {
        PublishLeading(node);
        if (!_commitSeconds.Enabled || startedAt is not { } takenAt || node.Raft is not { } raft)
        {
            _commits.Forget();
            return;
        }

        RaftStatus status = raft.Status;
        _commits.Note(raft, status, takenAt);
        if (!_commits.HasCommitted(status.Commit))
        {
            return;
        }

        long now = _time.GetTimestamp();
        while (_commits.TryTakeCommitted(status.Commit, out takenAt))
        {
            _commitSeconds.Record(_time.GetElapsedTime(takenAt, now).TotalSeconds, _server);
        }
    }

    internal void EndRound(long? startedAt)
    {
        if (startedAt is { } at && _roundSeconds.Enabled)
        {
            _roundSeconds.Record(_time.GetElapsedTime(at).TotalSeconds, _server);
        }
    }

    internal long? BeginApply() => Start(_applySeconds.Enabled);

    internal void EndApply(long? startedAt)
    {
        if (startedAt is { } at)
        {
            _applySeconds.Record(_time.GetElapsedTime(at).TotalSeconds, _server);
        }
    }

    internal long? BeginSync() => Start(_syncSeconds.Enabled);

    internal void EndSync(DiskOpKind kind, long? startedAt)
    {
        if (startedAt is { } at)
        {
            string of = kind == DiskOpKind.SyncDirectory ? "folder" : "file";
            _syncSeconds.Record(_time.GetElapsedTime(at).TotalSeconds, _server, new("kind", of));
        }
    }

    // Not ToString: that would box the value.
    private static string? KindOf(ServerMessage message) =>
        message.Kind == ServerMessageKind.Raft ? Enum.GetName(message.Raft.Kind) : Enum.GetName(message.Kind);

    private long? Start(bool isEnabled) => isEnabled ? _time.GetTimestamp() : null;

    private Histogram<double> Time(string name, string description) =>
        _meter.CreateHistogram(name, "s", description, tags: null, _seconds);
}
