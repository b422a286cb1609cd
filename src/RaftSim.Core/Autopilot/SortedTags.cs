using System.Collections.ObjectModel;

namespace RaftSim.Autopilot;

/// <summary>Tags of a server: text by text, in ordinal order of the keys.</summary>
public static class SortedTags
{
    /// <summary>No tags.</summary>
    public static IReadOnlyDictionary<string, string> Empty { get; } =
        new ReadOnlyDictionary<string, string>(new SortedDictionary<string, string>(StringComparer.Ordinal));
}
