namespace RaftSim.Core.Tests.Raft;

/// <summary>
/// The clocks of a cluster on which leases may rest: time passes for all servers, faster or slower by no more than a
/// bound. Each is as fast or as slow as the bound allows, or right: what is wrong shows there.
/// </summary>
internal sealed class DriftingClocks(TestCluster cluster, Prng prng, int driftPpmMax)
{
    private const int Million = 1_000_000;

    private readonly SortedDictionary<ServerId, int> _driftPpm = [];
    private Duration _elapsed;

    /// <summary>Lets true time pass, and looks at no timer.</summary>
    public void Pass(Duration span)
    {
        _elapsed += span;
        foreach (TestServer server in cluster.Servers.Values)
        {
            server.PassTo(new MonoTime((long)((Int128)_elapsed.Nanos * (Million + DriftOf(server)) / Million)));
        }
    }

    /// <summary>Lets time pass until one server's clock has moved on by a span, if that is positive.</summary>
    public void PassOn(TestServer server, Duration span)
    {
        long nanos = (long)((Int128)span.Nanos * Million / (Million + DriftOf(server)));
        Pass(new Duration(Math.Max(0, nanos + 1)));
    }

    private int DriftOf(TestServer server)
    {
        if (!_driftPpm.TryGetValue(server.Id, out int ppm))
        {
            ppm = ((int)prng.Below(3) - 1) * driftPpmMax;
            _driftPpm.Add(server.Id, ppm);
        }

        return ppm;
    }
}
