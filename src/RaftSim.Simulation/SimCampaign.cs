using RaftSim.Simulation.Timing;

namespace RaftSim.Simulation;

/// <summary>
/// What many worlds have shown together: whether a promise was broken in any, what struck, what was reached, how long things
/// took. The order in which results come makes no difference. Not for several threads at once.
/// </summary>
public sealed class SimCampaign
{
    private readonly SortedDictionary<string, ulong> _sometimes = new(StringComparer.Ordinal);

    /// <summary>How many worlds.</summary>
    public ulong Worlds { get; private set; }

    /// <summary>How many of them nobody asked to recover, because more disks were lost than a cluster can do without.</summary>
    public ulong Unrecoverable { get; private set; }

    /// <summary>Virtual time of all of them.</summary>
    public Duration Simulated { get; private set; }

    /// <summary>Events of all of them.</summary>
    public long Events { get; private set; }

    /// <summary>How often each kind of fault happened.</summary>
    public FaultCounts Faults { get; } = new();

    /// <summary>How long callers and leadership took.</summary>
    public RunTimes Times { get; } = new();

    /// <summary>Which states of the catalogue were reached in at least one.</summary>
    public StatesReached Reached { get; private set; }

    /// <summary>In how many worlds each state given to <see cref="SimWorld.Sometimes"/> was reached.</summary>
    public IReadOnlyDictionary<string, ulong> Sometimes => _sometimes;

    /// <summary>The sum of the trace hashes.</summary>
    public UInt128 TraceSum { get; private set; }

    /// <summary>Of the runs that failed the one with the smallest seed; <see langword="null"/> for none.</summary>
    public SimulationResult? Failure { get; private set; }

    /// <summary>Takes in one more run.</summary>
    public void Add(SimulationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Worlds++;
        Unrecoverable += result.IsRecoverable ? 0UL : 1UL;
        Simulated += result.Elapsed;
        Events += result.Events;
        Faults.Add(result.Faults);
        Times.Add(result.Times);
        Reached = Reached.Union(result.Reached);
        TraceSum = unchecked(TraceSum + result.TraceHash);
        foreach (string name in result.Sometimes)
        {
            _sometimes[name] = _sometimes.GetValueOrDefault(name) + 1;
        }

        if (result.Violation is not null && (Failure is null || result.Seed < Failure.Seed))
        {
            Failure = result;
        }
    }

    /// <summary>
    /// Which of these states of your own no world has reached: a campaign that never came to one has shown nothing of it.
    /// </summary>
    public IReadOnlyList<string> NeverReached(params IEnumerable<string> names) =>
        [.. names.Where(name => !_sometimes.ContainsKey(name))];

    /// <summary>Which of these kinds of fault have struck in no world.</summary>
    public IReadOnlyList<FaultKind> NeverStruck(params IEnumerable<FaultKind> kinds) =>
        [.. kinds.Where(kind => Faults[kind] == 0)];
}
