namespace RaftSim;

/// <summary>A place in the log: an index and the term of the entry there. (0, 0) is the place before the first entry.</summary>
/// <param name="Index">The index.</param>
/// <param name="Term">The term of its entry.</param>
public readonly record struct LogPosition(LogIndex Index, Term Term);
