using RaftSim.Conformance;
using RaftSim.Server;

namespace RaftSim.Simulation.Tests;

/// <summary>The simulated network keeps the promises of a transport, messages handed over as they are.</summary>
public sealed class SimTransportTests : TransportConformance
{
    protected override TransportHarness Create() => new SimTransportHarness(encodes: false);
}

/// <summary>The simulated network keeps the promises of a transport, messages as bytes.</summary>
public sealed class EncodingSimTransportTests : TransportConformance
{
    protected override TransportHarness Create() => new SimTransportHarness(encodes: true);
}

/// <summary>A calm simulated network with places for a few servers.</summary>
internal sealed class SimTransportHarness : TransportHarness
{
    private const int Places = 10;
    private const long Limit = 60_000_000_000;

    private readonly Timeline _timeline = new(new EventHeap());
    private readonly SimNetwork _network;
    private readonly TransportEndpoint?[] _listening = new TransportEndpoint?[Places];
    private int _taken;

    public SimTransportHarness(bool encodes) => _network = new SimNetwork(
        _timeline, seed: 11, [.. Enumerable.Range(0, Places).Select(Address)], new FaultCounts())
    {
        EncodesMessages = encodes,
    };

    public override bool FeelsStuckReceivers => false;

    public override ServerAddress Nowhere { get; } = new("nowhere:1");

    public override Task OpenAsync(TransportEndpoint endpoint)
    {
        if (endpoint.Address.IsNone)
        {
            endpoint.Address = Address(_taken++);
        }

        int place = Enumerable.Range(0, Places).First(place => Address(place) == endpoint.Address);
        endpoint.Transport = _network.Transport(place);
        _listening[place] = endpoint;
        return Task.CompletedTask;
    }

    public override Task CloseAsync(TransportEndpoint endpoint)
    {
        _listening[Array.IndexOf(_listening, endpoint)] = null;
        return Task.CompletedTask;
    }

    public override Task<bool> RunUntilAsync(Func<bool> condition, Action? meanwhile = null)
    {
        long until = _timeline.Now + Limit;
        while (!condition())
        {
            meanwhile?.Invoke();
            if (!_timeline.TryAdvance(until, out SimEvent next))
            {
                return Task.FromResult(condition());
            }

            if (_network.TryReceive(next.Slot, out _, out Envelope envelope))
            {
                _listening[next.Server]?.Accept(envelope);
            }
        }

        return Task.FromResult(true);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ServerAddress Address(int place) => new($"s{place}:1");
}
