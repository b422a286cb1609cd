namespace RaftSim.Simulation.Checkers;

/// <summary>
/// When all is quiet, each zone has one voter, whoever has no zone votes, and read replicas do not. In an upgrade that is so of
/// the new servers; while they are too few for it, of the old ones and those that vote already.
/// </summary>
internal static class OneVoterPerZone
{
    public const string Name = "one-voter-per-zone";

    /// <summary>What is not as it should be in the end; empty when all is.</summary>
    public static string WhyNot(QuietView view)
    {
        foreach (QuietServer replica in view.Replicas.Where(view.Votes))
        {
            return $"s{replica.True.Number} is a read replica and votes";
        }

        // Fewer new ones than that may do, when some of them voted before it began.
        bool isDone = view.IsEnough || !view.Old.Any(view.Votes);
        QuietServer[] pool = isDone && view.Old.Count > 0
            ? [.. view.New]
            : [.. view.Eligible.Where(server => view.Old.Count == 0 || view.Old.Contains(server) || view.Votes(server))];
        foreach (IGrouping<string, QuietServer> zone in pool.GroupBy(view.ZoneOf, StringComparer.Ordinal))
        {
            int voters = zone.Count(view.Votes);
            int wanted = zone.Key.Length == 0 ? zone.Count() : 1;
            if (voters != wanted)
            {
                return zone.Key.Length == 0
                    ? $"only {voters} of the {wanted} servers vote that have no zone"
                    : $"zone {zone.Key} has {voters} voters";
            }
        }

        return "";
    }
}
