using RaftSim.Raft;
using RaftSim.Server;
using RaftSim.Simulation.Checkers;

namespace RaftSim.Simulation;

/// <summary>What a world is made of. The defaults are a calm one.</summary>
public sealed record SimOptions
{
    /// <summary>How the network treats messages at first. Default: <see cref="LinkOptions.Calm"/>.</summary>
    public LinkOptions Network { get; init; } = LinkOptions.Calm;

    /// <summary>Whether messages travel as bytes, by the real codec. Default: no, which is faster.</summary>
    public bool EncodesMessages { get; init; }

    /// <summary>How long applying a batch of commands takes, on average. Not negative; default 50 µs.</summary>
    public Duration ApplyMean { get; init; } = Duration.Microseconds(50);

    /// <summary>
    /// How long a server is busy after each step, on average; what arrives meanwhile is handed over together. Not negative;
    /// default 0: every input is a step of its own.
    /// </summary>
    public Duration StepMean { get; init; }

    /// <summary>
    /// How much a clock may run fast or slow, in millionths. 0 to <see cref="RaftOptions.ClockDriftPpmLimit"/>; default 0.
    /// </summary>
    public int DriftPpmMax { get; init; }

    /// <summary>How much a wall clock may be ahead or behind. Not negative; default 0.</summary>
    public Duration WallSkewMax { get; init; }

    /// <summary>How disks behave at first.</summary>
    public SimDiskOptions Disk { get; init; } = new();

    /// <summary>Makes the state machine of a server. Default: <see cref="TallyMachine"/>.</summary>
    public Func<IStateMachine> StateMachine { get; init; } = () => new TallyMachine();

    /// <summary>Changes the options of a server, by its number, before it starts. Default: leaves them as they are.</summary>
    public Func<int, ServerOptions, ServerOptions> Configure { get; init; } = (_, options) => options;

    /// <summary>
    /// How many of the servers, the last ones, are not there at first: those before them form the cluster without them. They
    /// come in the course of <see cref="SimWorld.Run"/>, or with <see cref="SimWorld.Admit()"/>. Fewer than all; default 0.
    /// </summary>
    public int Newcomers { get; init; }

    /// <summary>Checkers to run besides the built-in ones.</summary>
    public IReadOnlyList<IChecker> Checkers { get; init; } = [];

    /// <summary>
    /// Throws <see cref="ArgumentOutOfRangeException"/> that names the value and the rule when a value, or one of the network or
    /// the disk, is out of range.
    /// </summary>
    public void Validate()
    {
        Network.Validate();
        Disk.Validate();
        Rule.RequireNotNegative(ApplyMean, nameof(ApplyMean));
        Rule.RequireNotNegative(StepMean, nameof(StepMean));
        Rule.RequireNotNegative(WallSkewMax, nameof(WallSkewMax));
        Rule.Require(DriftPpmMax is >= 0 and <= RaftOptions.ClockDriftPpmLimit,
            nameof(DriftPpmMax), DriftPpmMax, $"must be 0 to {RaftOptions.ClockDriftPpmLimit}");
        Rule.Require(Newcomers >= 0, nameof(Newcomers), Newcomers, "must not be negative");
    }
}
