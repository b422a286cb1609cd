using RaftSim.Server;

namespace RaftSim.Conformance;

/// <summary>A <see cref="TransportHarness"/> whose world runs by itself, on the machine's clock.</summary>
public abstract class RealTimeTransportHarness : TransportHarness
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);

    private readonly SemaphoreSlim _pulse = new(0);
    private readonly List<TransportEndpoint> _endpoints = [];

    public sealed override async Task<bool> RunUntilAsync(Func<bool> condition, Action? meanwhile = null)
    {
        using CancellationTokenSource limit = new(Limit);
        // The beat is what drives a server's repetitions; arrivals wake the waiter at once.
        await using Timer beat = new(_ => Pulse(), null, TimeSpan.Zero, meanwhile is null ? Timeout.InfiniteTimeSpan : Beat);
        while (!condition())
        {
            meanwhile?.Invoke();
            try
            {
                await _pulse.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                return condition();
            }
        }

        return true;
    }

    public sealed override async Task OpenAsync(TransportEndpoint endpoint)
    {
        if (!_endpoints.Contains(endpoint))
        {
            _endpoints.Add(endpoint);
            endpoint.Arrival = Pulse;
        }

        endpoint.Transport = await OpenTransportAsync(endpoint);
    }

    public sealed override async Task CloseAsync(TransportEndpoint endpoint)
    {
        if (endpoint.Transport is { } transport)
        {
            endpoint.Transport = null;
            endpoint.Release();
            await CloseTransportAsync(transport);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (TransportEndpoint endpoint in _endpoints)
        {
            await CloseAsync(endpoint);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes a transport that listens at the endpoint's address, or sets that if it has none yet.</summary>
    protected abstract Task<ITransport> OpenTransportAsync(TransportEndpoint endpoint);

    /// <summary>Ends a transport.</summary>
    protected abstract Task CloseTransportAsync(ITransport transport);

    private void Pulse() => _pulse.Release();
}
