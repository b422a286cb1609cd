using System.Reflection;

namespace RaftSim.Simulation.Checkers;

/// <summary>
/// Who listens to what happens all the time: most checkers have use for little of it, and asking all of them cost more than
/// their checks.
/// </summary>
internal sealed class Listeners
{
    /// <summary>Looks once which parts of <see cref="IChecker"/> each checker has of its own.</summary>
    public Listeners(IReadOnlyList<IChecker> checkers)
    {
        InterfaceMapping[] maps = [.. checkers.Select(checker => checker.GetType().GetInterfaceMap(typeof(IChecker)))];
        Observe = To(nameof(IChecker.Observe));
        Sent = To(nameof(IChecker.Sent));
        Received = To(nameof(IChecker.Received));
        Applied = To(nameof(IChecker.Applied));
        Requested = To(nameof(IChecker.Requested));
        Queried = To(nameof(IChecker.Queried));
        Replied = To(nameof(IChecker.Replied));

        IChecker[] To(string happening) => [.. checkers.Where((_, i) => Has(maps[i], happening))];
    }

    public IChecker[] Observe { get; }

    public IChecker[] Sent { get; }

    public IChecker[] Received { get; }

    public IChecker[] Applied { get; }

    public IChecker[] Requested { get; }

    public IChecker[] Queried { get; }

    public IChecker[] Replied { get; }

    // What a checker leaves out is done by the interface itself, and does nothing.
    private static bool Has(InterfaceMapping map, string happening)
    {
        int at = Array.FindIndex(map.InterfaceMethods, method => string.Equals(method.Name, happening, StringComparison.Ordinal));
        return map.TargetMethods[at].DeclaringType != typeof(IChecker);
    }
}
