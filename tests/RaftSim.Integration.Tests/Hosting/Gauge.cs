using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RaftSim.Runtime;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>One measurement that a listener was told of.</summary>
internal sealed record Measured(string Name, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    public string Server => (string)Tags["server"]!;
}

/// <summary>
/// Listens to the servers whose names begin with a prefix: tests run side by side in one process, and every listener
/// hears all of them.
/// </summary>
internal sealed class Gauge : IDisposable
{
    private readonly string _prefix;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _told = new();
    private readonly ConcurrentQueue<Instrument> _instruments = new();

    public Gauge(string prefix)
    {
        _prefix = prefix;
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ServerMetrics.MeterName)
            {
                _instruments.Enqueue(instrument);
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((what, value, tags, _) => Take(what, value, tags));
        _listener.SetMeasurementEventCallback<long>((what, value, tags, _) => Take(what, value, tags));
        _listener.SetMeasurementEventCallback<double>((what, value, tags, _) => Take(what, value, tags));
        _listener.Start();
    }

    /// <summary>Every instrument of every server, of this test and of others.</summary>
    public IEnumerable<Instrument> Instruments => _instruments;

    /// <summary>Everything told so far by an instrument.</summary>
    public IReadOnlyList<Measured> Of(string name) => [.. _told.Where(measured => measured.Name == name)];

    /// <summary>What the gauges show now, all of them together; and what was counted meanwhile.</summary>
    public IReadOnlyList<Measured> Collect()
    {
        int before = _told.Count;
        _listener.RecordObservableInstruments();
        return [.. _told.Skip(before)];
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Measured measured = new(instrument.Name, value, new Dictionary<string, object?>(tags.ToArray()));
        if (measured.Server.StartsWith(_prefix, StringComparison.Ordinal))
        {
            _told.Enqueue(measured);
        }
    }
}
