using System.Buffers.Binary;
using RaftSim.Server;

namespace RaftSim.Simulation.Faults;

/// <summary>One blow of a fault: whom it hits and how hard follows from its draw alone.</summary>
internal sealed class FaultStrike(
    SimWorld world, FaultInjector injector, FaultBudget budget, Decision decision, Draw draw)
{
    private const int FirstOfSide = 16;
    private const int FloodBytes = 3 * sizeof(ulong);
    private static readonly Duration _questionGap = Duration.Milliseconds(5);
    private static readonly Duration _lookEvery = Duration.Milliseconds(100);
    private static readonly Duration _questionsMax = Duration.Seconds(3);

    // To whom is told what follows.
    private readonly int? _cause = world.Cause;

    public SimWorld World { get; } = world;

    public FaultBudget Budget { get; } = budget;

    public Draw Draw { get; } = draw;

    public Decision Decision { get; } = decision;

    /// <summary>A random server.</summary>
    public int Server => Draw.Below(2, World.ServerCount);

    /// <summary>A random server, in half of all cases the leader.</summary>
    public int LeaderOrServer => Draw.PerMille(10, 500) && World.Leader is int leader ? leader : Server;

    /// <summary>A random server other than the given one; there must be one.</summary>
    public int Other(int server) => (server + 1 + Draw.Below(4, World.ServerCount - 1)) % World.ServerCount;

    /// <summary>How long it lasts: 3 s on average, in some worlds a tenth of that, in some many times as long.</summary>
    public Duration Span => Draw.Around(3, injector.SpanMean);

    /// <summary>A random proper part of the servers.</summary>
    public int[] Side()
    {
        int size = 1 + Draw.Below(4, World.ServerCount - 1);
        return Shuffled()[..size];
    }

    /// <summary>All servers in a random order.</summary>
    public int[] Shuffled()
    {
        int[] servers = [.. Enumerable.Range(0, World.ServerCount)];
        for (ushort i = 0; i < servers.Length; i++)
        {
            int other = i + Draw.Below((ushort)(FirstOfSide + i), servers.Length - i);
            (servers[i], servers[other]) = (servers[other], servers[i]);
        }

        return servers;
    }

    /// <summary>Whether its kind was asked for by name and has not struck yet.</summary>
    public bool IsOverdue => injector.IsOverdue(Decision.Fault);

    /// <summary>
    /// Whether zones, replicas or upgrades are what it is about: where there are none it leaves the world as it was before there
    /// were such faults, unless it was asked for by name.
    /// </summary>
    public bool IsAboutPolicy => World.IsShaped || injector.IsByName;

    /// <summary>Counts this strike, once: for whatever may come to have an effect.</summary>
    public Action Bite { get; } = world.Once(decision.Fault);

    /// <summary>Another one, for a strike that comes in several blows, each of which counts.</summary>
    public Action NextBite() => World.Once(Decision.Fault);

    /// <summary>It has had an effect; of several blows each counts.</summary>
    public void Fired() => World.Count(Decision.Fault);

    /// <summary>Starts a server again after <see cref="Span"/>, if not said.</summary>
    public void RestartLater(int server, Duration? span = null) => injector.RestartLater(server, span ?? Span, _cause);

    /// <summary>
    /// Callers that are still connected to a server ask it again and again for a while: if others have a new leader meanwhile, it
    /// must not answer. No two questions are the same if no two draws are: else the answers could not be told apart.
    /// </summary>
    public void Interrogate(int server, Duration span, Draw draw)
    {
        Duration end = World.Now + (span < _questionsMax ? span : _questionsMax);
        ulong count = 0;
        Ask();

        void Ask()
        {
            byte[] question = new byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(question, Prng.Hash(draw.Key, ++count));
            this.Ask(server, new QueryRequest(question));
            if (World.Now < end)
            {
                Later(draw.At(count).Around(9, _questionGap), Ask);
            }
        }
    }

    /// <summary>
    /// Asks a server that is up for many commands at once, each with so many bytes more than it needs. No two of them are the
    /// same, and none is one of the workload's.
    /// </summary>
    public void Flood(int server, int count, int bytes)
    {
        for (int i = 0; i < count && World.IsUp(server); i++)
        {
            byte[] payload = new byte[FloodBytes + bytes];
            BinaryPrimitives.WriteUInt64LittleEndian(payload, ulong.MaxValue);
            BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(sizeof(ulong)), Draw.Key);
            BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(2 * sizeof(ulong)), (ulong)i);
            Ask(server, new ProposeRequest(payload));
        }
    }

    /// <summary>Something follows in a while, unless the world is at peace by then.</summary>
    public void Later(Duration span, Action action) => injector.Later(span, _cause, action);

    /// <summary>
    /// Something follows as soon as something is so, unless that takes longer than a limit or peace comes first.
    /// </summary>
    public void When(Func<bool> isSo, Duration limit, Action action)
    {
        Duration end = World.Now + limit;
        Look();

        void Look()
        {
            if (isSo())
            {
                action();
            }
            else if (World.Now < end)
            {
                Later(_lookEvery, Look);
            }
        }
    }

    /// <summary>
    /// The given servers may seem dead until it ends: after <see cref="Span"/>, if not said, or when peace comes. With
    /// <paramref name="isCut"/> it is by links that are cut as long, and by nothing else.
    /// </summary>
    public void Impairs(ReadOnlySpan<int> servers, Action end, Duration? span = null, bool isCut = false)
    {
        int[] impaired = servers.ToArray();
        World.Impair(impaired, isCut);
        injector.EndLater(span ?? Span, _cause, () =>
        {
            end();
            World.Recover(impaired, isCut);
        });
    }

    /// <summary>Lies in wait for 15 s on average, or until peace comes.</summary>
    public void Set(ILookout lookout)
    {
        injector.Add(lookout);
        lookout.Provoke();
        injector.EndLater(Draw.Around(9, Duration.Seconds(15)), _cause, () => injector.Remove(lookout));
    }

    /// <summary>Something follows in a while, or when peace comes.</summary>
    public void EndLater(Duration span, Action action) => injector.EndLater(span, _cause, action);

    /// <summary>
    /// Crashes a server that is up, as one of its disk's ways to lose data has it, and starts it again later; false when it is
    /// down.
    /// </summary>
    public bool CrashAndRestart(int server, Duration down, SimDiskCrash loss = SimDiskCrash.Any)
    {
        bool isUp = World.IsUp(server);
        if (isUp)
        {
            World.Crash(server, loss);
            injector.RestartLater(server, down, _cause);
        }

        return isUp;
    }

    /// <summary>Kills a server that is up, and starts it again later; false when it is down.</summary>
    public bool KillAndRestart(int server, Duration down)
    {
        bool isUp = World.IsUp(server);
        if (isUp)
        {
            World.Kill(server);
            injector.RestartLater(server, down, _cause);
        }

        return isUp;
    }

    /// <summary>Asks for something through a server, if that is up.</summary>
    public SimRequest? Ask(int server, ServerRequest request) => World.IsUp(server) ? World.Request(server, request) : null;
}
