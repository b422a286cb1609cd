namespace RaftSim.Simulation;

/// <summary>What callers may ask for: what breaks a rule is refused with its name, the value and the rule.</summary>
internal static class Rule
{
    public static void Require(bool holds, string name, object value, string rule)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} {value}: {rule}");
        }
    }

    public static void RequireNotNegative(Duration value, string name) =>
        Require(value >= Duration.Zero, name, value, "must not be negative");

    public static void RequirePerMille(int value, string name) =>
        Require(value is >= 0 and <= 1_000, name, value, "must be 0 to 1000");

    public static void RequirePerMillion(uint value, string name) =>
        Require(value <= 1_000_000, name, value, "must be 0 to 1000000");

    /// <summary>The number of one of so many servers.</summary>
    public static void RequireServer(int server, int servers, string name)
    {
        if (server < 0 || server >= servers)
        {
            throw new ArgumentOutOfRangeException(name, server, $"servers are 0 to {servers - 1}");
        }
    }

    /// <summary>How long a run lasts.</summary>
    public static void RequireLength(Duration value, string name) => Require(
        value > Duration.Zero && value <= SimWorld.DurationMax, name, value, "must be above 0 and up to 8760h");
}
