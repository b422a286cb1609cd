namespace RaftSim.Simulation;

/// <summary>How a network treats messages. Chances are 0 to 1000 of 1000 messages; all of them 0 by default.</summary>
public sealed record LinkOptions
{
    /// <summary>A quick and faithful network: 100 µs and a little more, in order, nothing lost.</summary>
    public static LinkOptions Calm { get; } = new();

    /// <summary>The shortest way from one server to another. Default 100 µs.</summary>
    public Duration DelayMin { get; init; } = Duration.Microseconds(100);

    /// <summary>What comes on top, on average; now and then it is several times as long. Default 150 µs.</summary>
    public Duration DelayMean { get; init; } = Duration.Microseconds(150);

    /// <summary>Chance that a message is lost.</summary>
    public int DropPerMille { get; init; }

    /// <summary>Chance that a message arrives twice, the second time later.</summary>
    public int DuplicatePerMille { get; init; }

    /// <summary>Chance that a message arrives a second time after <see cref="LateMean"/> on average.</summary>
    public int LateCopyPerMille { get; init; }

    /// <summary>How much later such a copy arrives, on average. Default 10 s.</summary>
    public Duration LateMean { get; init; } = Duration.Seconds(10);

    /// <summary>Chance that a message is damaged on the way, which ends its connection.</summary>
    public int CorruptPerMille { get; init; }

    /// <summary>Chance that a message may overtake others of its lane, or be overtaken.</summary>
    public int ReorderPerMille { get; init; }

    /// <summary>Chance that a message is held up for <see cref="SlowMean"/> on average.</summary>
    public int SlowPerMille { get; init; }

    /// <summary>How long a message that is held up takes in addition, on average. Default 300 ms.</summary>
    public Duration SlowMean { get; init; } = Duration.Milliseconds(300);

    /// <summary>
    /// Throws <see cref="ArgumentOutOfRangeException"/> that names the value and the rule when a chance or a span is out of
    /// range.
    /// </summary>
    public void Validate()
    {
        Rule.RequireNotNegative(DelayMin, nameof(DelayMin));
        Rule.RequireNotNegative(DelayMean, nameof(DelayMean));
        Rule.RequireNotNegative(LateMean, nameof(LateMean));
        Rule.RequireNotNegative(SlowMean, nameof(SlowMean));
        Rule.RequirePerMille(DropPerMille, nameof(DropPerMille));
        Rule.RequirePerMille(DuplicatePerMille, nameof(DuplicatePerMille));
        Rule.RequirePerMille(LateCopyPerMille, nameof(LateCopyPerMille));
        Rule.RequirePerMille(CorruptPerMille, nameof(CorruptPerMille));
        Rule.RequirePerMille(ReorderPerMille, nameof(ReorderPerMille));
        Rule.RequirePerMille(SlowPerMille, nameof(SlowPerMille));
    }
}
