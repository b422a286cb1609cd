using System.Threading.Channels;
using RaftSim.Autopilot;
using RaftSim.Runtime;
using RaftSim.Server;

namespace RaftSim.Integration.Tests.Hosting;

/// <summary>What the hosting tests share: short timings, temporary folders, and waiting for events instead of time.</summary>
internal static class Quick
{
    /// <summary>Far longer than anything takes: it only keeps a broken test from hanging.</summary>
    public static readonly TimeSpan SafetyNet = TimeSpan.FromSeconds(90);

    /// <summary>Time between autopilot's states.</summary>
    public static readonly TimeSpan StateInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Timings in which a cluster lives ten times as fast as by default; but elections come as late, so that a busy machine
    /// causes none that a test has not caused.
    /// </summary>
    public static void Configure(RaftServerOptions options)
    {
        options.ElectionTimeout = Duration.Seconds(1);
        options.HeartbeatInterval = Duration.Milliseconds(50);
        options.AnnounceInterval = Duration.Milliseconds(100);
        options.FailureTimeout = Duration.Milliseconds(1_000);
        options.AutopilotStateInterval = Duration.Milliseconds((long)StateInterval.TotalMilliseconds);
        options.AutopilotReconcileInterval = Duration.Milliseconds(200);
        options.InitialAutopilot = AutopilotConfig.Default with
        {
            LastContactThreshold = Duration.Milliseconds(500),
            ServerStabilizationTime = Duration.Milliseconds(200),
        };
    }

    /// <summary>Starts a cluster; over TCP unless it is given a hub.</summary>
    public static async Task<LocalCluster> StartAsync(
        int servers = 3,
        string? folder = null,
        LoopbackHub? hub = null,
        Func<string, IStateMachine>? stateMachine = null,
        Action<RaftServerOptions>? configure = null)
    {
        LocalCluster cluster = new(new LocalClusterOptions
        {
            Servers = servers,
            DataFolder = folder,
            StateMachine = stateMachine,
            Configure = options =>
            {
                Configure(options);
                configure?.Invoke(options);
                if (hub is not null)
                {
                    ServerAddress address = new($"{options.Name}:1");
                    options.Address = address;
                    options.Transport = received => hub.Connect(address, received);
                }
            },
        });
        await cluster.StartAsync().WaitAsync(SafetyNet);
        return cluster;
    }

    /// <summary>One server alone, in memory, without a network.</summary>
    public static ServerHost Alone(IStateMachine? stateMachine = null, Action<RaftServerOptions>? configure = null)
    {
        RaftServerOptions options = new() { Name = "s1", Address = new ServerAddress("s1:1") };
        Configure(options);
        LoopbackHub hub = new();
        options.Transport = received => hub.Connect(options.Address, received);
        configure?.Invoke(options);
        return new ServerHost(options, stateMachine);
    }

    // Looks after every event of the cluster until what it looks for is there, and as often as autopilot computes a state,
    // which is no event.
    public static async Task<T> UntilAsync<T>(LocalCluster cluster, Func<Task<T?>> look)
        where T : class
    {
        Channel<bool> events = Channel.CreateUnbounded<bool>();
        using IDisposable subscription = cluster.Subscribe((_, _) => events.Writer.TryWrite(true));
        await using Timer states = new(_ => events.Writer.TryWrite(true), null, StateInterval, StateInterval);
        using CancellationTokenSource net = new(SafetyNet);
        while (true)
        {
            if (await look() is { } found)
            {
                return found;
            }

            await events.Reader.ReadAsync(net.Token);
        }
    }

    /// <summary>Asks for the health until it is as wished.</summary>
    public static Task<AutopilotState> HealthAsync(
        LocalCluster cluster, IOperator through, Func<AutopilotState, bool> isWished) =>
        UntilAsync(cluster, async () =>
            await through.RequestAsync(new GetAutopilotHealthRequest()) is AutopilotHealthReply { State: { } state }
            && isWished(state) ? state : null);
}
