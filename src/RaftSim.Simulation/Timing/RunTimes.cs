using System.Globalization;

namespace RaftSim.Simulation.Timing;

/// <summary>
/// How long callers and leadership took in a run, or in many: from its start to the end of the faults, in virtual time. What
/// happens while a world recovers for the liveness checks does not count.
/// </summary>
public sealed class RunTimes
{
    /// <summary>From asking for a command to its acknowledgement. What never got one is not among them.</summary>
    public Spans Commands { get; } = new();

    /// <summary>
    /// From the last moment in which a leader was heard by a majority of the voters, itself among them, to the first entry that
    /// a later leader committed in its own term. The first leader of a world has none.
    /// </summary>
    public Spans Failovers { get; } = new();

    /// <summary>The longest time in which nothing was committed although some caller or other waited for a command.</summary>
    public Duration Standstill { get; private set; }

    /// <summary>Takes in those of another run.</summary>
    public void Add(RunTimes others)
    {
        ArgumentNullException.ThrowIfNull(others);
        Commands.Add(others.Commands);
        Failovers.Add(others.Failovers);
        StoodStill(others.Standstill);
    }

    /// <summary>Two lines for people.</summary>
    public override string ToString() =>
        $"commands: {Tell(Commands, " acknowledged")}\n"
        + $"failovers: {Tell(Failovers, "")}; longest standstill {Spans.Rounded(Standstill)}";

    private static string Tell(Spans spans, string what) =>
        spans.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{spans.Count}{what}, {spans}");

    internal void StoodStill(Duration span) => Standstill = span > Standstill ? span : Standstill;
}
