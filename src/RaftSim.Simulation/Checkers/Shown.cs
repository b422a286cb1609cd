namespace RaftSim.Simulation.Checkers;

/// <summary>
/// The last place in the log that a caller was shown. Whatever is asked from now on comes behind it: the real-time order of
/// a history, in one number.
/// </summary>
internal sealed class Shown
{
    /// <summary>The place; 0 while nobody has an answer.</summary>
    public LogIndex Last { get; private set; }

    /// <summary>A caller has an answer that has this place.</summary>
    public void Note(LogIndex place) => Last = LogIndex.Max(Last, place);
}
