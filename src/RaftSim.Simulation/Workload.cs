using System.Buffers.Binary;
using RaftSim.Server;

namespace RaftSim.Simulation;

/// <summary>
/// What callers do to a world while it runs: mostly commands, some reads, some in sessions, each through a random server.
/// </summary>
public sealed record Workload
{
    /// <summary>Nobody asks for anything.</summary>
    public static Workload None { get; } = new() { Gap = Duration.Zero };

    /// <summary>Whether it keeps asking for something to be written.</summary>
    internal bool Writes => Gap > Duration.Zero && Gap <= Duration.Seconds(1) && ReadsPerMille <= 900;

    /// <summary>Time between two requests, on average; 0 for no requests. Default 50 ms.</summary>
    public Duration Gap { get; init; } = Duration.Milliseconds(50);

    /// <summary>How many of 1000 requests are reads. Default 200.</summary>
    public int ReadsPerMille { get; init; } = 200;

    /// <summary>How many of 1000 requests callers with sessions make. Default 0.</summary>
    public int SessionsPerMille { get; init; }

    /// <summary>How many callers have sessions. At least 1; default 3.</summary>
    public int SessionClients { get; init; } = 3;

    /// <summary>Most bytes of a command. At least 8; default 64. One command in 32 is up to 64 times as long.</summary>
    public int PayloadBytesMax { get; init; } = 64;

    /// <summary>
    /// Throws <see cref="ArgumentOutOfRangeException"/> that names the value and the rule when a chance, a number or the gap is
    /// out of range.
    /// </summary>
    public void Validate()
    {
        Rule.RequireNotNegative(Gap, nameof(Gap));
        Rule.RequirePerMille(ReadsPerMille, nameof(ReadsPerMille));
        Rule.RequirePerMille(SessionsPerMille, nameof(SessionsPerMille));
        Rule.Require(SessionClients >= 1, nameof(SessionClients), SessionClients, "must be at least 1");
        Rule.Require(PayloadBytesMax >= sizeof(ulong), nameof(PayloadBytesMax), PayloadBytesMax, "must be at least 8");
    }
}

/// <summary>Makes the requests of a workload: what the n-th is follows from the seed and n alone.</summary>
internal sealed class WorkloadDriver(SimWorld world, Workload workload)
{
    private readonly Draw _draw = Draw.Of(world.Seed, Concern.Workload);
    private readonly SessionClient[] _clients = Enumerable.Range(0, workload.SessionClients)
        .Select(_ => new SessionClient(world))
        .ToArray();

    private ulong _count;
    private bool _isStopped;

    public void Begin()
    {
        if (workload.Gap > Duration.Zero)
        {
            Schedule();
        }
    }

    public void Stop() => _isStopped = true;

    public void Next()
    {
        if (_isStopped)
        {
            return;
        }

        Draw draw = _draw.At(_count);
        if (Choose(draw) is int server && world.Begins(Decision.Request(_count)))
        {
            if (draw.PerMille(8, workload.SessionsPerMille))
            {
                _clients[draw.Below(9, _clients.Length)].Act(draw.At(0), server, () => Payload(draw));
            }
            else
            {
                world.Request(server, Make(draw));
            }

            world.Follows(null);
        }

        Schedule();
    }

    private void Schedule()
    {
        _count++;
        world.Timeline.Schedule(
            world.Timeline.Now + _draw.At(_count).Around(1, workload.Gap).Nanos, SimEventKind.Workload);
    }

    // The first that is up from a random one on; null when all are down.
    private int? Choose(Draw draw)
    {
        int first = draw.Below(2, world.ServerCount);
        for (int i = 0; i < world.ServerCount; i++)
        {
            int server = (first + i) % world.ServerCount;
            if (world.IsUp(server))
            {
                return server;
            }
        }

        return null;
    }

    private ServerRequest Make(Draw draw)
    {
        if (draw.PerMille(3, workload.ReadsPerMille))
        {
            bool stale = draw.PerMille(4, 300);
            byte[] question = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(question, _count);
            return draw.Below(5, 6) switch
            {
                0 => new GetRaftConfigurationRequest(stale),
                1 => new GetAutopilotConfigRequest(stale),
                2 => new GetAutopilotHealthRequest(),
                _ => new QueryRequest(question, stale),
            };
        }

        return new ProposeRequest(Payload(draw));
    }

    private byte[] Payload(Draw draw)
    {
        int longest = workload.PayloadBytesMax * (draw.Below(6, 32) == 0 ? 64 : 1);
        byte[] payload = new byte[sizeof(ulong) + draw.Below(7, Math.Max(1, longest - sizeof(ulong) + 1))];

        // Every command is another: what becomes of it can be told from its bytes.
        BinaryPrimitives.WriteUInt64LittleEndian(payload, _count);
        return payload;
    }
}
