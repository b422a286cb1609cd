using System.Globalization;
using System.Text;
using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation;

/// <summary>A promise that was broken in a world.</summary>
/// <param name="Checker">Which checker saw it.</param>
/// <param name="Time">When, since the start of the world.</param>
/// <param name="Explanation">What happened.</param>
public sealed record Violation(string Checker, Duration Time, string Explanation);

/// <summary>What became of a run.</summary>
public sealed record SimulationResult
{
    /// <summary>The seed of the world.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How many servers it has.</summary>
    public required int Servers { get; init; }

    /// <summary>A hash of everything that happened: the same seed and program always give the same.</summary>
    public required UInt128 TraceHash { get; init; }

    /// <summary>Virtual time at the end.</summary>
    public required Duration Elapsed { get; init; }

    /// <summary>How many events took place.</summary>
    public required long Events { get; init; }

    /// <summary>How many messages were sent.</summary>
    public required long MessagesSent { get; init; }

    /// <summary>How many messages arrived.</summary>
    public required long MessagesDelivered { get; init; }

    /// <summary>In how many terms there was a leader.</summary>
    public required int Elections { get; init; }

    /// <summary>The highest committed index.</summary>
    public required LogIndex Committed { get; init; }

    /// <summary>How many requests were made.</summary>
    public required int Requests { get; init; }

    /// <summary>How many of them got an answer; the others went to a server that stopped.</summary>
    public required int Answered { get; init; }

    /// <summary>How many commands of callers were acknowledged.</summary>
    public required int Acknowledged { get; init; }

    /// <summary>How often each kind of fault happened.</summary>
    public required FaultCounts Faults { get; init; }

    /// <summary>The kinds of fault that were to strike, after what the seed left out.</summary>
    public required IReadOnlyList<FaultKind> Asked { get; init; }

    /// <summary>What the world is made of, as drawn from the seed, in a line for people.</summary>
    public required string Traits { get; init; }

    /// <summary>
    /// Whether a majority of disks was left at the end. If not, which only worlds of a swarm that risk it come to, nobody was
    /// asked to recover.
    /// </summary>
    public bool IsRecoverable { get; init; } = true;

    /// <summary>How long callers and leadership took, up to the end of the faults.</summary>
    public RunTimes Times { get; init; } = new();

    /// <summary>Which states of the catalogue were reached.</summary>
    public StatesReached Reached { get; init; }

    /// <summary>The names given to <see cref="SimWorld.Sometimes"/>, in ordinal order.</summary>
    public IReadOnlyList<string> Sometimes { get; init; } = [];

    /// <summary>The first broken promise; <see langword="null"/> for none.</summary>
    public Violation? Violation { get; init; }

    /// <summary>How to repeat the run: the command, or words when it was a script or had options of its own.</summary>
    public required string ReplayCommand { get; init; }

    /// <summary>Throws <see cref="SimulationFailedException"/> when a promise was broken; returns itself otherwise.</summary>
    public SimulationResult RequireSuccess() => Violation is null ? this : throw new SimulationFailedException(this);

    /// <summary>What became of it, in a few lines for people: all but what the world is made of.</summary>
    public string Outcome => Describe("");

    /// <summary>A few lines for people.</summary>
    public override string ToString() => Describe($"made of: {Traits}\n");

    private string Describe(string traits)
    {
        StringBuilder text = new();
        CultureInfo culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"{Servers} servers, {Elapsed} of virtual time, {Events} events, ")
            .Append(culture, $"{MessagesDelivered} of {MessagesSent} messages delivered\n")
            .Append(culture, $"{Elections} elections, {Committed} entries committed, {Answered} of {Requests} requests ")
            .Append(culture, $"answered, {Acknowledged} commands acknowledged\n")
            .Append(culture, $"{traits}{Times}\n")
            .Append(culture, $"faults: {Faults.Describe(Asked)}\n")
            .Append(culture, $"reached {Reached}");
        if (Sometimes.Count > 0)
        {
            text.Append(culture, $", and {string.Join(", ", Sometimes)}");
        }

        if (!IsRecoverable)
        {
            text.Append("\nmore disks are lost than the cluster can do without: it was not asked to recover");
        }

        if (Violation is not null)
        {
            text.Append(culture, $"\nFAILED after {Violation.Time}: {Violation.Checker}: {Violation.Explanation}")
                .Append(culture, $"\nreplay: {ReplayCommand}");
        }

        return text.ToString();
    }
}

/// <summary>A promise was broken in a world; the message says which, when, and how to see it again.</summary>
public sealed class SimulationFailedException : Exception
{
    /// <summary>Tells of a failed run.</summary>
    public SimulationFailedException(SimulationResult result) : base($"seed {result.Seed}: {result}") => Result = result;

    /// <summary>An unnamed failure.</summary>
    public SimulationFailedException() { }

    /// <summary>A failure without a result.</summary>
    public SimulationFailedException(string message) : base(message) { }

    /// <summary>A failure without a result, caused by something else.</summary>
    public SimulationFailedException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The run, as far as it came.</summary>
    public SimulationResult? Result { get; }
}
