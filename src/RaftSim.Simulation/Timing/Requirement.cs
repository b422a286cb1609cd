using System.Globalization;

namespace RaftSim.Simulation.Timing;

/// <summary>What <see cref="Requirement"/> is about.</summary>
public enum RunMeasure : byte
{
    /// <summary><see cref="RunTimes.Commands"/>.</summary>
    Commands,

    /// <summary><see cref="RunTimes.Failovers"/>.</summary>
    Failovers,

    /// <summary><see cref="RunTimes.Standstill"/>.</summary>
    Standstill,
}

/// <summary>A bound on how long something may take in a run, or in many together, while faults strike.</summary>
/// <param name="Measure">What it is about.</param>
/// <param name="Percent">Of how many of 100 it is required: 1 to 100; of the standstill there is only 100.</param>
/// <param name="Limit">What they may take at most.</param>
public readonly record struct Requirement(RunMeasure Measure, int Percent, Duration Limit)
{
    /// <summary>How one is written.</summary>
    internal const string Form = "must be commands, failovers or standstill, then p1 to p99 or max, then <= and a time above 0, "
        + "such as 'commands p99 <= 200ms' or 'standstill max <= 5s'";

    /// <summary>
    /// Reads such as <c>commands p99 &lt;= 200ms</c>, <c>failovers max &lt;= 5s</c>, <c>standstill max &lt;= 5s</c>; false, with
    /// the rule, when it is not right.
    /// </summary>
    public static bool TryParse(string? text, out Requirement requirement, out string error)
    {
        requirement = default;
        error = Form;
        string[] words = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [string measure, string statistic, "<=", string limit]
            || !TryReadMeasure(measure, out RunMeasure what)
            || !TryReadPercent(statistic, out int percent)
            || !Duration.TryParse(limit, out Duration most, out _) || most <= Duration.Zero)
        {
            return false;
        }

        if (what == RunMeasure.Standstill && percent < 100)
        {
            error = "of the standstill there is only the longest: 'standstill max <= TIME'";
            return false;
        }

        requirement = new(what, percent, most);
        error = "";
        return true;
    }

    /// <summary>Null when it is met; otherwise what is the case instead. What never came about has shown nothing.</summary>
    public string? Breach(RunTimes times)
    {
        ArgumentNullException.ThrowIfNull(times);
        Duration took = Measure switch
        {
            RunMeasure.Commands => times.Commands.Percentile(Percent),
            RunMeasure.Failovers => times.Failovers.Percentile(Percent),
            _ => times.Standstill,
        };
        if (took > Limit)
        {
            return $"{this} was asked for, but it was {took}";
        }

        return Measure switch
        {
            RunMeasure.Commands when times.Commands.Count == 0 => $"{this} was asked for, but no command was acknowledged",
            RunMeasure.Failovers when times.Failovers.Count == 0 => $"{this} was asked for, but there was no failover",
            _ => null,
        };
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{FaultCounts.Kebab(Measure.ToString())} {(Percent == 100 ? "max" : $"p{Percent}")} <= {Limit}");

    private static bool TryReadMeasure(string name, out RunMeasure measure)
    {
        foreach (RunMeasure one in Enum.GetValues<RunMeasure>())
        {
            if (string.Equals(FaultCounts.Kebab(one.ToString()), name, StringComparison.Ordinal))
            {
                measure = one;
                return true;
            }
        }

        measure = default;
        return false;
    }

    private static bool TryReadPercent(string statistic, out int percent)
    {
        percent = 100;
        return string.Equals(statistic, "max", StringComparison.Ordinal)
            || (statistic.StartsWith('p')
                && int.TryParse(statistic.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out percent)
                && percent is >= 1 and <= 99);
    }
}
