using RaftSim.Conformance;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Transport;

public sealed class LoopbackTransportTests : TransportConformance
{
    // Goal: an address belongs to one server at a time.
    [Fact]
    public async Task Address_in_use_is_refused_by_name()
    {
        LoopbackHub hub = new();
        await using LoopbackTransport first = hub.Connect(new("s1"), _ => { });
        TransportStartException fault =
            Assert.Throws<TransportStartException>(() => hub.Connect(new("s1"), _ => { }));
        Assert.Equal("cannot listen at s1: another server has it", fault.Message);
    }

    protected override TransportHarness Create() => new Harness(encodes: false);

    internal sealed class Harness(bool encodes) : RealTimeTransportHarness
    {
        private readonly LoopbackHub _hub = new() { EncodesMessages = encodes, QueueMessagesMax = 600 };
        private int _count;

        public override ServerAddress Nowhere => new("nowhere");

        protected override Task<ITransport> OpenTransportAsync(TransportEndpoint endpoint)
        {
            if (endpoint.Address.IsNone)
            {
                endpoint.Address = new($"loopback-{++_count}");
            }

            return Task.FromResult<ITransport>(_hub.Connect(endpoint.Address, endpoint.Accept));
        }

        protected override async Task CloseTransportAsync(ITransport transport) =>
            await ((LoopbackTransport)transport).DisposeAsync();
    }
}

/// <summary>The same, with every message turned into bytes and back.</summary>
public sealed class EncodingLoopbackTransportTests : TransportConformance
{
    protected override TransportHarness Create() => new LoopbackTransportTests.Harness(encodes: true);
}
