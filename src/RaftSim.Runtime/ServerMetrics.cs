using System.Diagnostics.Metrics;
using RaftSim.Server;

namespace RaftSim.Runtime;

/// <summary>
/// The measurements of one server, as instruments of the meter <see cref="MeterName"/>, each tagged with the server's name.
/// </summary>
public sealed class ServerMetrics : IDisposable
{
    /// <summary>The name of the meter: what to subscribe to.</summary>
    public const string MeterName = "RaftSim";

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly KeyValuePair<string, object?> _server;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _received;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Histogram<double> _roundSeconds;

    internal ServerMetrics(
        IMeterFactory? factory, string server, Func<ServerStatus> status, Func<int> inboxDepth, Func<int> waiting)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _server = new KeyValuePair<string, object?>("server", server);
        _sent = _meter.CreateCounter<long>("raftsim.messages.sent", "{message}", "Messages handed to the transport.");
        _received = _meter.CreateCounter<long>("raftsim.messages.received", "{message}", "Messages taken from the transport.");
        _dropped = _meter.CreateCounter<long>(
            "raftsim.messages.dropped", "{message}", "Messages lost because a queue of this server was full, by direction.");
        _requests = _meter.CreateCounter<long>("raftsim.requests", "{request}", "Requests answered, by kind and outcome.");
        _requestSeconds = _meter.CreateHistogram<double>("raftsim.request.duration", "s", "Time from request to answer.");
        _roundSeconds = _meter.CreateHistogram<double>("raftsim.round.duration", "s", "Time in one round of the server's loop.");
        Observe("raftsim.term", "{term}", "Raft term.", () => (long)status().Term.Value);
        Observe("raftsim.role", "{role}", "0 follower, 1 pre-candidate, 2 candidate, 3 leader.", () => (long)status().Role);
        Observe("raftsim.log.last_index", "{entry}", "Last index of the log.", () => (long)status().LastIndex.Value);
        Observe("raftsim.log.commit_index", "{entry}", "Last committed index.", () => (long)status().Commit.Value);
        Observe("raftsim.log.applied_index", "{entry}", "Last applied index.", () => (long)status().Applied.Value);
        Observe("raftsim.servers", "{server}", "Servers in the configuration.",
            () => status().Configuration.Servers.Length);
        Observe("raftsim.inbox.depth", "{input}", "Inputs that wait for the server's loop.", () => inboxDepth());
        Observe("raftsim.requests.waiting", "{request}", "Callers that wait for an answer.", () => waiting());
    }

    /// <summary>Ends the measurements.</summary>
    public void Dispose()
    {
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }

    internal void Sent(in ServerMessage message, bool isQueued)
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

    internal void Received(in ServerMessage message, bool isQueued)
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

    internal void Answered(ServerRequest request, ServerReply reply, TimeSpan duration)
    {
        var kind = new KeyValuePair<string, object?>("kind", request.GetType().Name);
        string outcome = reply is ErrorReply error ? error.Kind.ToString() : "Done";
        _requests.Add(1, _server, kind, new("outcome", outcome));
        _requestSeconds.Record(duration.TotalSeconds, _server, kind);
    }

    internal void Round(TimeSpan duration) => _roundSeconds.Record(duration.TotalSeconds, _server);

    private static string KindOf(in ServerMessage message) =>
        message.Kind == ServerMessageKind.Raft ? message.Raft.Kind.ToString() : message.Kind.ToString();

    private void Observe(string name, string unit, string description, Func<long> read) =>
        _meter.CreateObservableGauge(name, () => new Measurement<long>(read(), _server), unit, description);
}
