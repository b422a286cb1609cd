namespace RaftSim.Simulation;

/// <summary>A decision that came to pass.</summary>
/// <param name="Decision">Which.</param>
/// <param name="At">When, since the start of the world.</param>
/// <param name="Words">What it did, for people.</param>
public sealed record DecisionEntry(Decision Decision, Duration At, string Words);

/// <summary>The decisions that came to pass in a run, in their order: <see cref="SimWorld.Decisions"/>.</summary>
public sealed class DecisionLog
{
    // Enough to know what it was: a storm of a thousand blows is not told blow by blow.
    private const int WordsMax = 90;
    private const string AndMore = ", and so on";

    private readonly List<DecisionEntry> _entries = [];

    /// <summary>All of them.</summary>
    public IReadOnlyList<DecisionEntry> Entries => _entries;

    /// <summary>The blows of ambushes that were there as a whole.</summary>
    internal List<Decision> Parts { get; } = [];

    /// <summary>Adds one; returns its place, for what follows from it.</summary>
    internal int Add(Decision decision, Duration at, string words = "")
    {
        _entries.Add(new DecisionEntry(decision, at, words));
        return _entries.Count - 1;
    }

    /// <summary>A decision does something, at once or later.</summary>
    internal void Tell(int place, Duration at, string words)
    {
        DecisionEntry entry = _entries[place];
        if (entry.Words.EndsWith(AndMore, StringComparison.Ordinal))
        {
            return;
        }

        string what = at == entry.At ? words : $"at {at} {words}";
        string more = entry.Words.Length == 0 ? what : $"{entry.Words}, {what}";
        _entries[place] = entry with { Words = more.Length > WordsMax ? entry.Words + AndMore : more };
    }
}
