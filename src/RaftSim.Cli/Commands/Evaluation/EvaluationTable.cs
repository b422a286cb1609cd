using System.Text.Json;

namespace RaftSim.Cli.Commands.Evaluation;

/// <summary>One kind of question to the engine of autopilot.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="What">What it answers, for people.</param>
/// <param name="Answer">
/// Writes the answer to an input as one JSON object. Returns what people should know besides; empty for nothing.
/// </param>
internal sealed record EvaluationTable(string Name, string What, Func<Given, Utf8JsonWriter, string> Answer)
{
    /// <summary>Every table.</summary>
    public static IReadOnlyList<EvaluationTable> All { get; } =
    [
        new("next-state", "the whole state that follows from what is known", StateAnswers.NextState),
        new("stable-promoter", "who is promoted", PromotionAnswers.StablePromoter),
        new("reconcile", "which calls a round of promotions, demotions and leadership makes", RoundAnswers.Reconcile),
        new("policy", "what the whole policy wants of a state: zones, replicas, versions", PolicyAnswers.Policy),
        new("prune-dead-servers", "which dead servers a round removes, and how", RoundAnswers.PruneDeadServers),
        new("failure-tolerance", "how many voters may fail", StateAnswers.FailureTolerance),
        new("voter-order", "in which order voters are listed", StateAnswers.VoterOrder),
        new("is-healthy", "whether a server is healthy", StateAnswers.IsHealthy),
    ];

    /// <summary>The names of all, for people.</summary>
    public static string Names => string.Join(", ", All.Select(table => table.Name));

    /// <summary>Finds one by its name.</summary>
    public static EvaluationTable Find(string? name)
    {
        if (name is null)
        {
            throw new UsageException($"--table: must be given; there are {Names}");
        }

        return All.FirstOrDefault(table => string.Equals(table.Name, name, StringComparison.Ordinal))
            ?? throw new UsageException($"--table \"{name}\": must be one of {Names}");
    }
}
